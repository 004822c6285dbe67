"""The chaos run: one crawl, several nodes, many faults, and the judgement."""

import asyncio
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from crawler.cluster.standing import Standing
from crawler.lab.nodes.inflicting import Done
from crawler.lab.nodes.judging import Outcome, judged
from crawler.lab.nodes.plan import Chaos
from crawler.lab.nodes.running import Running
from crawler.lab.nodes.scene import scene
from crawler.model.errors import UsageError
from crawler.plumbing.stop_signal import interrupted_by_all

OnDone = Callable[[Done, Standing], None]


def break_nodes(
    chaos: Chaos, on_done: OnDone = lambda _done, _standing: None, keep: Path | None = None
) -> Outcome:
    """Crawl an internet with nodes to which ``chaos`` happens; blocks, for a minute or for half an hour.

    ``keep``: a folder for everything that the nodes have written; by default it is thrown away. Left by an
    exception (Ctrl-C too), no process is left. Raises UsageError where there is no ``/proc``, or no
    PostgreSQL to be started.
    """
    if not Path("/proc/self/stat").exists():
        raise UsageError("this experiment finds the processes it kills in /proc, which is not here")
    with interrupted_by_all(), tempfile.TemporaryDirectory(prefix="crawler-nodes-") as temporary:
        folder = keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        return asyncio.run(_run(chaos, on_done, folder))


async def _run(chaos: Chaos, on_done: OnDone, folder: Path) -> Outcome:
    started = time.monotonic()
    async with scene(chaos, folder) as made:
        running = Running(made, on_done)
        await running.to_the_end()
        seconds = time.monotonic() - started
        if running.state != "finished":
            running.wrongs.append(f"the crawl did not end: it is {running.state}")
        return await judged(made, running.done, running.missed, running.wrongs, seconds)
