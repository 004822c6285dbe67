"""``kill -9`` of one worker, many times, under three arrangements: what becomes of the others' work.

*ProcessPoolExecutor*: one worker's death breaks the pool, and every future that was not done fails with
BrokenProcessPool, whoever's it was. Worse: a worker that is killed while it writes a large result leaves
half a message in the pipe that all share. The parent waits for the other half. It would be told of the
pipe's end if there were one, but the parent holds a write end of it, too. Such a program never ends:
its interpreter waits for the pool's thread at exit.

*A shared Queue*: ``get`` holds the queue's lock while it waits. Who is killed then takes the lock along:
the other consumers wait for it for ever, while items pile up.

*This crawler* (``pool_kill_here.py`` beside this file): one executor with one worker for each core, so
nobody else's work is in a broken pool; pages and results travel on pipes that only this worker has,
whose far ends the parent has closed, so that a death is an end of file and never half a message. What was
in the dead one's hands is parsed again by its successor.
"""

import multiprocessing
import os
import random
import signal
import threading
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor, wait
from typing import Any

from crawler.lab.experiments.limits import need_cores, need_fork_server
from crawler.lab.finding import Finding, Scale, Table, Verdict
from crawler.lab.sandbox_process import Outcome, measured, run_alone

WATCHDOG = 0.8
"""Seconds after which futures, and then the end of their program, are taken never to come."""
TASKS, RESULT = 12, 2_000_000
"""Tasks given to the executor, and the bytes that each returns."""
PATIENCE = 0.25
"""Seconds in which a consumer that lives has taken an item."""


def large_result(_: int) -> bytes:
    """A task whose result does not fit into a pipe at once."""
    time.sleep(0.002)
    return bytes(RESULT)


def kill_in_executor(seed: int) -> dict[str, int]:
    """One program: two workers, some tasks, one kill; which futures failed. It may never end by itself."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    chance = random.Random(seed)  # noqa: S311 - must be repeatable
    executor = ProcessPoolExecutor(2, mp_context=context)
    wait([executor.submit(time.sleep, 0.02) for _ in range(2)])
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


def consume(queue: Any, ready: Any, taken: Any) -> None:
    """A consumer; what it has taken is counted."""
    ready.release()
    while True:
        queue.get()
        taken.release()


def kill_at_queue(context: Any, victim: int) -> bool:
    """Kill one of two consumers that wait at a queue; whether the other one still gets an item."""
    queue, ready, taken = context.Queue(), context.Semaphore(0), context.Semaphore(0)
    consumers = [context.Process(target=consume, args=(queue, ready, taken)) for _ in range(2)]
    for consumer in consumers:
        consumer.start()
        ready.acquire()
    time.sleep(0.03)  # now one of them holds the lock and waits for an item; the other waits for the lock
    consumers[victim].kill()
    consumers[victim].join()
    queue.put("item")
    went_on = taken.acquire(timeout=PATIENCE)
    for consumer in consumers:
        consumer.kill()
        consumer.join()
    queue.cancel_join_thread()
    return bool(went_on)


def kill_at_queues(kills: int) -> int:
    """How many of so many kills left the other consumer stuck. The victims take turns."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    return sum(not kill_at_queue(context, number % 2) for number in range(kills))


def run(scale: Scale) -> Finding:
    """QUICK kills less often. Raises NotPossible on one core, and where there is no fork server."""
    # Imported here, since the many programs that hold a pool need nothing of the crawler.
    from crawler.lab.experiments.pool_kill_here import kill_parsers

    need_cores(2)
    need_fork_server()
    quick = scale is Scale.QUICK
    programs = kill_executors(3 if quick else 15)
    broken = [program.answer["broken"] for program in programs if program.exit_code == 0]
    queue_kills = 4 if quick else 12
    found: dict[str, Any] = {
        "executor": {"kills": len(programs), "hung": sum(map(hangs, programs)), "broken": broken},
        "queue": {"kills": queue_kills, "stuck": measured(kill_at_queues, queue_kills)},
        "ours": measured(kill_parsers, 3 if quick else 15),
    }
    executor, queue, ours = found["executor"], found["queue"], found["ours"]
    harmed = [
        executor["hung"] + sum(n > 1 for n in broken) > 0,
        queue["stuck"] > 0,
        ours["again"] > ours["killed"],
    ]
    return Finding(
        claim="When one worker is killed, only its own task is lost.",
        done="One of two workers is killed (SIGKILL) again and again: in a ProcessPoolExecutor, each time "
        "in a program of "
        "its own under a watchdog; at a shared Queue; in this crawler's own pool.",
        tables=[table(found)],
        verdict={0: Verdict.BORNE_OUT, len(harmed): Verdict.NOT_BORNE_OUT}.get(sum(harmed), Verdict.HALF),
        because=f"ProcessPoolExecutor: {sum(n > 1 for n in broken)} of {executor['kills']} kills failed "
        "several futures (up to "
        f"{max(broken, default=0)} of {TASKS}), {executor['hung']} left the program hanging for ever. "
        f"Shared Queue: {queue['stuck']} of "
        f"{queue['kills']} kills left the other consumer stuck. This crawler: {ours['killed']} kills, "
        f"{ours['again']} pages had to "
        f"be parsed again, {ours['parsed']:,} came through.",
        figures=found,
    )


def table(found: dict[str, Any]) -> Table:
    """A row for each arrangement."""
    executor, queue, ours = found["executor"], found["queue"], found["ours"]
    broken = executor["broken"]
    rows = [
        (
            "ProcessPoolExecutor, 2 workers",
            str(executor["kills"]),
            f"{executor['hung']} programs",
            f"{max(broken, default=0)} of {TASKS} futures failed",
        ),
        (
            "one Queue, 2 consumers",
            str(queue["kills"]),
            f"{queue['stuck']} consumers",
            "every item that came later",
        ),
        (
            "this crawler's pool, 2 parsers",
            str(ours["killed"]),
            "0: every page was parsed",
            f"{'1 page' if ours['again'] else 'no page'}, parsed again",
        ),
    ]
    return Table(("arrangement", "kills", "hang for ever", "at most, for one kill"), tuple(rows))
