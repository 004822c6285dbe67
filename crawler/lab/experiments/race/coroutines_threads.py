"""Model 5: coroutines that wait, threads that parse.

The loop gets its turn between two calls of the parser, not only between two pages. That is all: the parsing
threads take turns on the interpreter's lock with each other and with the loop, so no more is computed
than by one of them, and the turns cost something too.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from crawler.lab.experiments.race.coroutines import crawl_with
from crawler.lab.experiments.race.work import Parsed, parse_with
from crawler.lab.machine import cores
from crawler.model.messages import Page
from crawler.parse.parser_process import ParseJob


def crawl(seed: str, job: ParseJob) -> list[bytes]:
    """Crawl the site of ``seed``; its records."""
    parse = parse_with(job)
    with ThreadPoolExecutor(cores()) as pool:

        async def parse_in_thread(page: Page) -> Parsed:
            return await asyncio.get_running_loop().run_in_executor(pool, parse, page)

        return asyncio.run(crawl_with(seed, parse_in_thread))
