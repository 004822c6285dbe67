"""The first part of ``pool-kill``: a ProcessPoolExecutor that loses a worker.

One worker's death breaks the pool, and every future that was not done fails with BrokenProcessPool,
whoever's it was. Worse: a worker that is killed while it writes a large result leaves half a message in
the pipe that all share. The parent waits for the other half. It would be told of the pipe's end if there
were one, but the parent holds a write end of it, too. Such a program never ends: its interpreter waits
for the pool's thread at exit.
"""

import os
import random
import signal
import threading
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor, wait

from crawler.lab.experiments.limits import fork_server
from crawler.lab.sandbox_process import Outcome, run_alone

WATCHDOG = 0.8
"""Seconds after which futures, and then the end of their program, are taken never to come."""
TASKS, RESULT = 12, 2_000_000
"""Tasks given to the executor, and the bytes that each returns."""


def large_result(_: int) -> bytes:
    """A task whose result does not fit into a pipe at once."""
    time.sleep(0.002)
    return bytes(RESULT)


def kill_in_executor(seed: int) -> dict[str, int]:
    """One program: two workers, some tasks, one kill; which futures failed. It may never end by itself."""
    context = fork_server(__name__)
    chance = random.Random(seed)  # noqa: S311 - must be repeatable
    executor = ProcessPoolExecutor(2, mp_context=context)
    wait([executor.submit(time.sleep, 0.02) for _ in range(2)])
    # Do not copy this: an executor does not tell who works for it, and somebody has to be killed here.
    victim = chance.choice(list(executor._processes))
    futures = [executor.submit(large_result, number) for number in range(TASKS)]
    time.sleep(chance.uniform(0.0, 0.015))
    os.kill(victim, signal.SIGKILL)
    wait(futures, timeout=WATCHDOG)
    executor.shutdown(wait=False)
    watchdog = threading.Timer(WATCHDOG, os.killpg, (0, signal.SIGTERM))
    watchdog.daemon = True  # it bites only if something else keeps the program from ending
    watchdog.start()
    done = [future for future in futures if future.done()]
    return {"broken": sum(future.exception() is not None for future in done), "waiting": TASKS - len(done)}


def kill_executors(kills: int) -> list[Outcome]:
    """Each in a program of its own, some at a time, since those that hang do nothing else."""
    with ThreadPoolExecutor(3) as threads:
        return list(threads.map(lambda seed: run_alone(kill_in_executor, seed, timeout=30), range(kills)))


def hangs(program: Outcome) -> bool:
    """Futures that never came, and an interpreter that did not end."""
    return (
        program.exit_code == -signal.SIGTERM and program.answer is not None and program.answer["waiting"] > 0
    )
