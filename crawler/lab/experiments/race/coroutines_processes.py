"""Model 6: coroutines that wait, processes that parse: each does what it is good at.

One loop waits for every answer, and each core parses in an interpreter of its own. The price is that
each page and each record is copied to another process and back.
"""

import asyncio
from concurrent.futures import ProcessPoolExecutor

from crawler.lab.experiments.race import child
from crawler.lab.experiments.race.coroutines import crawl_with
from crawler.lab.experiments.race.work import Parsed
from crawler.lab.machine import cores
from crawler.model.messages import Page
from crawler.parse.parser_process import ParseJob


def crawl(seed: str, job: ParseJob) -> list[bytes]:
    """Crawl the site of ``seed``; its records."""
    with ProcessPoolExecutor(cores(), child.context(), initializer=child.start, initargs=(job,)) as pool:

        async def parse_in_process(page: Page) -> Parsed:
            return await asyncio.get_running_loop().run_in_executor(pool, child.parse, page)

        return asyncio.run(crawl_with(seed, parse_in_process))
