"""Has one page parsed as a crawl would: by a parse pool of one, within what a page may take.

So what a user's extract function does to its process (hangs, ends it, takes all its memory) it does to a
child, and the outcome and its words are those that a crawl would record. With ``parse.executor = "thread"``
or ``"inline"`` it runs in this process, as unguarded as in a crawl.
"""

import asyncio
import sys
from contextlib import redirect_stdout
from typing import Any

from msgspec.structs import replace

from crawler.config import Config
from crawler.engine.watchers import within_memory
from crawler.model.messages import Finished, Page
from crawler.parse import extract
from crawler.parse.parse_pool import ParsePool
from crawler.parse.parse_task import parse_all
from crawler.parse.parser_process import ParseJob
from crawler.plumbing.fork_server_process import start_fork_server
from crawler.trace.counters import Counters
from crawler.watch.words import visible


def parse_alone(page: Page, job: ParseJob, config: Config) -> Finished:
    """What a crawl would make of ``page``, with the time that it took as its ``span``. Blocks.

    Raises ExtractError, ChildFailed.
    """
    config = within_memory(config).replace({"parse.workers": 1})
    function = None
    if config.parse.executor == "process":
        start_fork_server(notes_facts=job.notes_facts)
    elif job.extract is not None:
        function = extract.load(job.extract, travels=False)
    pool = ParsePool(config, replace(job, is_traced=True), function, _tell)
    try:
        pool.start()
        with redirect_stdout(sys.stderr):  # what the extract function prints is no part of the report
            return asyncio.run(_parse(page, pool, config))
    finally:
        pool.close()


async def _parse(page: Page, pool: ParsePool, config: Config) -> Finished:
    async with pool.parser(0) as parser:
        done = [
            one
            async for _, some in parse_all([page], parser, config.parse.max_crashes, Counters())
            for one in some
        ]
    return done[0]


def _tell(record: dict[str, Any]) -> None:
    """Say on standard error what the extract function has printed, logged or warned of in the child."""
    lines = [*record["message"].splitlines(), *(record["trace"] or "").splitlines()]
    sys.stderr.write("".join(f"{visible(line)}\n" for line in lines))
