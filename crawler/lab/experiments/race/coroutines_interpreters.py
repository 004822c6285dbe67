"""Model 7: coroutines that wait, interpreters that parse. For Python 3.14 and newer.

Several interpreters in one process, each with a lock of its own in a thread of its own (PEP 684,
PEP 734): all cores compute, without child processes. Every extension module that the parser needs
has to allow it; where one does not, its import says so.
"""

import asyncio
import concurrent.futures
from typing import Any

from crawler.lab.experiments.race import child
from crawler.lab.experiments.race.coroutines import crawl_with
from crawler.lab.experiments.race.work import Parsed
from crawler.lab.machine import cores
from crawler.model.messages import Page
from crawler.parse.parser_process import ParseJob


def crawl(seed: str, job: ParseJob) -> list[bytes]:
    """Crawl the site of ``seed``; its records."""
    executor: Any = getattr(concurrent.futures, "InterpreterPoolExecutor")  # noqa: B009 - new in 3.14
    with executor(cores(), initializer=child.start, initargs=(job,)) as pool:

        async def parse_in_interpreter(page: Page) -> Parsed:
            parsed: Parsed = await asyncio.get_running_loop().run_in_executor(pool, child.parse, page)
            return parsed

        return asyncio.run(crawl_with(seed, parse_in_interpreter))
