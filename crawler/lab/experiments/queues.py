"""One producer, two consumers and a ``multiprocessing.Queue`` between them: how to end them, and how not to.

::

  producer ──▶ [queue] ─┬▶ consumer 1
                        └▶ consumer 2

The consumers cannot know that nothing more will come. Two ways to tell them:

- *a sentinel*: after its last item, the producer puts one ``None`` for each consumer; who gets it ends.
- ``terminate()`` when the producer has ended, as many tutorials do. But the end of the producer is not
  the end of the work: what is in the queue, and in the consumers' hands, is lost.

With a bound (``maxsize``) the producer waits when it is too far ahead; without one, all waits in memory.

``queues_join.py`` beside this file shows what else may go wrong at the end: ``join`` before ``get``.
"""

import time
from typing import Any

from crawler.lab.experiments.limits import fork_server, need_fork_server
from crawler.lab.experiments.queues_join import TIMEOUT, deadlock
from crawler.lab.finding import Finding, Scale, Verdict, needs
from crawler.lab.sandbox_process import measured
from crawler.lab.tables.queues import ends_table, joins_table
from crawler.lab.tables.units import ms

ITEMS, BOUND = 40, 4
"""Items to be done, and the bound of the bounded queue."""
MAKE, WORK = 0.001, 0.006
"""Seconds that it takes to make an item, and to do it: two consumers are slower than the producer."""
UNBOUNDED = 0


def produce(queue: Any, made: Any, done: Any, sentinels: int) -> None:
    """Put all items, then the sentinels; note how far ahead of the consumers this is, at most."""
    for item in range(ITEMS):
        time.sleep(MAKE)
        queue.put(item)
        made[0] = max(made[0], item + 1 - sum(done))
    for _ in range(sentinels):
        queue.put(None)


def consume(queue: Any, done: Any, me: int) -> None:
    """Do item after item until a sentinel comes. Each consumer counts in a place of its own."""
    while queue.get() is not None:
        time.sleep(WORK)
        done[me] += 1


def one_run(bound: int, by_sentinel: bool) -> dict[str, int]:
    """All items through the queue; how many were done when the consumers had ended."""
    context = fork_server(__name__)
    queue, done, made = context.Queue(bound), context.RawArray("i", 2), context.RawArray("i", 1)
    consumers = [context.Process(target=consume, args=(queue, done, me)) for me in range(2)]
    producer = context.Process(target=produce, args=(queue, made, done, 2 if by_sentinel else 0))
    for process in (*consumers, producer):
        process.start()
    producer.join()
    if not by_sentinel:
        for consumer in consumers:
            consumer.terminate()
    for consumer in consumers:
        consumer.join()
    return {"lost": ITEMS - sum(done), "ahead": made[0]}


def end_them(repeats: int) -> list[dict[str, Any]]:
    """Both bounds and both ends, some times each."""
    found = []
    for bound in (BOUND, UNBOUNDED):
        for by_sentinel in (True, False):
            runs = [one_run(bound, by_sentinel) for _ in range(repeats)]
            found.append(
                {
                    "bound": bound,
                    "by_sentinel": by_sentinel,
                    "lost": [run["lost"] for run in runs],
                    "ahead": max(run["ahead"] for run in runs),
                }
            )
    return found


@needs(need_fork_server)
def run(scale: Scale) -> Finding:
    """QUICK ends them fewer times. Raises NotPossible where there is no fork server."""
    ends = measured(end_them, 2 if scale is Scale.QUICK else 5)
    joins = measured(deadlock)
    lost = {
        how: [n for one in ends if one["by_sentinel"] is how for n in one["lost"]] for how in (True, False)
    }
    lossy, runs = sum(n > 0 for n in lost[False]), len(lost[False])
    stuck = [one for one in joins if one["stuck_before"]]
    return Finding(
        claim="When the producer has ended, terminate the consumers.",
        done=f"{ITEMS} items, {ms(WORK)} ms of work each, go from one producer to two consumers, which "
        "are ended by a sentinel or by terminate(). Then a producer is joined before its item is taken.",
        tables=[ends_table(ends, ITEMS), joins_table(joins, TIMEOUT)],
        verdict=Verdict.of(n == 0 for n in lost[False]),
        because=f"terminate() lost items in {lossy} of {runs} runs, up to {max(lost[False])} of {ITEMS}; "
        f"sentinels lost {sum(lost[True])} in {len(lost[True])} runs. "
        + (f"join() before get() was stuck with an item of {stuck[0]['bytes']:,} bytes." if stuck else ""),
        figures={"ends": ends, "joins": joins, "items": ITEMS, "work_s": WORK},
    )
