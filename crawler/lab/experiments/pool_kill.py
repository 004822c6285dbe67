"""``kill -9`` of one worker, many times, under three arrangements: what becomes of the others' work.

*ProcessPoolExecutor* (``pool_kill_executor.py``): a dead worker breaks the pool for all, and now and then
its program never ends.

*A shared Queue* (``pool_kill_consumers.py``): a dead consumer may take the queue's lock along.

*This crawler* (``pool_kill_here.py``): one executor with one worker for each core, so nobody else's work
is in a broken pool; pages and results travel on pipes that only this worker has, whose far ends the
parent has closed, so that a death is an end of file and never half a message. What was in the dead one's
hands is parsed again by its successor.
"""

from typing import Any

from crawler.lab.experiments.limits import need_fork_server, need_two_cores
from crawler.lab.experiments.pool_kill_consumers import kill_at_queues
from crawler.lab.experiments.pool_kill_executor import TASKS, hangs, kill_executors
from crawler.lab.experiments.pool_kill_here import kill_parsers
from crawler.lab.finding import Finding, Scale, Verdict, needs
from crawler.lab.sandbox_process import measured
from crawler.lab.tables.pool_kill import table


@needs(need_two_cores, need_fork_server)
def run(scale: Scale) -> Finding:
    """QUICK kills less often. Raises NotPossible on one core, and where there is no fork server."""
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
    several = sum(n > 1 for n in broken)
    unharmed = [executor["hung"] + several == 0, queue["stuck"] == 0, ours["again"] <= ours["killed"]]
    return Finding(
        claim="When one worker is killed, only its own task is lost.",
        done="One of two workers is killed (SIGKILL) again and again: in a ProcessPoolExecutor, each time "
        "in a program of its own under a watchdog; at a shared Queue; in this crawler's own pool.",
        tables=[table(found, TASKS)],
        verdict=Verdict.of(unharmed),
        because=f"ProcessPoolExecutor: {several} of {executor['kills']} kills failed several futures (up to "
        f"{max(broken, default=0)} of {TASKS}), {executor['hung']} left the program hanging for ever. "
        f"Shared Queue: {queue['stuck']} of {queue['kills']} kills left the other consumer stuck. "
        f"This crawler: {ours['killed']} kills, {ours['again']} pages had to be parsed again, "
        f"{ours['parsed']:,} came through.",
        figures=found,
    )
