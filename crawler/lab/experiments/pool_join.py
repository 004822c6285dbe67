"""A program that gives work to a pool and ends: what becomes of that work, and what is said of it.

What is said: the main process has to wait for its Pool, with ``close()`` and ``join()``. So it is. A Pool's
workers are daemons, and at the end of the program the pool is terminated: what they had in hand and what
was still to do is dropped, without output, without an error, and with exit code 0. Nobody asked for the
results, so nobody hears of it. Leaving ``with Pool()`` does the same sooner.

Not everything that has workers is like that: the end of a program waits for what was given to a
``ProcessPoolExecutor``, and for each ``Process`` that is no daemon.

In this program: nobody is left to the end of the program. A child is stopped, waited for and, if it must
be, killed by whoever started it (``Child.stop`` in ``crawler/plumbing/child_process.py``).

The programs are in ``pool_join_programs.py`` beside this file.
"""

from collections.abc import Callable

from crawler.lab.experiments.pool_join_programs import DONE, PROGRAMS, TASKS, WORK, WORKERS
from crawler.lab.finding import Finding, Scale, Verdict
from crawler.lab.sandbox_process import run_alone
from crawler.lab.tables.pool_join import End, table
from crawler.lab.tables.units import ms


def one_end(program: Callable[[], None]) -> End:
    """What came of the tasks when the program had ended."""
    ended = run_alone(program, timeout=60)
    lines = ended.errors.splitlines(keepends=True)
    done = lines.count(DONE.decode())
    return {"done": done, "exit_code": ended.exit_code, "complaints": len(lines) - done}


def run(_scale: Scale) -> Finding:
    """Both scales do the same. Raises NotPossible where there are no process groups."""
    found = {how: one_end(program) for how, program in PROGRAMS.items()}
    left, joined = found["Pool, left alone"], found["Pool, close() and join()"]
    alone = [
        how.partition(",")[0] for how, end in found.items() if end["done"] == TASKS and end is not joined
    ]
    return Finding(
        claim="The main process must close() and join() its Pool.",
        done=f"Programs give {TASKS} tasks of {ms(WORK)} ms, each of which prints a line, to {WORKERS} "
        "workers, and come to their end.",
        tables=[table(found, TASKS)],
        verdict=Verdict.of([left["done"] < joined["done"], joined["done"] == TASKS]),
        because=f"Left alone, {left['done']} of {TASKS} tasks were done; the program printed "
        f"{left['complaints']} lines about that, and ended with exit code {left['exit_code']}. With both, "
        f"{joined['done']} were done. The end of a program waited by itself for: "
        f"{', '.join(alone) or 'nobody'}.",
        figures={"programs": found, "tasks": TASKS, "task_s": WORK, "workers": WORKERS},
    )
