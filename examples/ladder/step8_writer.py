"""Step 8, a writer: a process writes the records as they come, and a Queue brings them to it.

What failed before: up to step 7 all records wait in memory for the end; kill the program a moment before,
and there is nothing. Here they are on their way to the disk at once. But on their way only: the loop
cannot tell whether a record is in the queue, in the pipe below it, in the file's buffer, or on the disk.
Put LADDER_KILL_AT=40 into the environment, and the writer is killed (``kill -9``) once it has written 40
records: nobody notices before the end, and what was on its way is lost. Who hands all of them over again,
to be safe, has some of them twice. The ninth step, crawler/engine/street.py, does neither.
"""

import asyncio
import multiprocessing
import os
import signal
import sys
from collections.abc import Iterator
from multiprocessing.queues import Queue
from pathlib import Path

from command import main
from page import Record, load, save
from step7_executor import find

SPAWN = multiprocessing.get_context("spawn")
KILL_AT = int(os.environ.get("LADDER_KILL_AT", "0"))


def arriving(queue: "Queue[Record | None]") -> Iterator[Record]:
    """Record after record, until there is a sentinel."""
    for number, record in enumerate(iter(queue.get, None), 1):  # get(), until it gives None
        yield record
        if number == KILL_AT:
            os.kill(os.getpid(), signal.SIGKILL)


def write(queue: "Queue[Record | None]", out: Path) -> None:
    """In a child: write what arrives."""
    save(arriving(queue), out)


def crawl(seed: str, out: Path) -> None:
    """Crawl the site of ``seed`` and write its records to ``out``."""
    queue = SPAWN.Queue()
    writer = SPAWN.Process(target=write, args=(queue, out), daemon=True)
    writer.start()
    asyncio.run(find(seed, queue.put))  # put() does not wait: a thread of the queue does
    queue.put(None)
    writer.join()
    if writer.exitcode != 0:
        queue.cancel_join_thread()  # that thread would wait for ever for somebody to read
        whole = len(load(out))
        sys.exit(f"The writer died (exit code {writer.exitcode}). Whole records in {out}: {whole}.")


if __name__ == "__main__":
    main(crawl)
