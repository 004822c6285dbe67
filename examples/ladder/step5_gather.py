"""Step 5, coroutines: one for each URL, all at once, put together by ``asyncio.gather``.

What failed before: a process waits for one page at a time, so step 4 waits for as many as there are cores.
To wait for a thousand it would take a thousand processes, of some megabytes each; a coroutine that waits
costs a kilobyte or so. All run in one thread, and only at an ``await`` does another one go on. So there is
no lock here: nothing can come between "is it known?" and "now it is". ``http.client`` would block them
all, so aiohttp fetches: an HTTP client for coroutines.
"""

import asyncio
from pathlib import Path

import aiohttp

from command import main
from page import TIMEOUT, Record, html_of, inside, parse, save


async def fetch(session: aiohttp.ClientSession, url: str) -> tuple[int | None, str]:
    """Status and HTML of ``url``; while it waits, others run."""
    try:
        async with session.get(url, allow_redirects=False) as answer:
            return answer.status, html_of(answer.headers.get("Content-Type"), await answer.read())
    except (aiohttp.ClientError, OSError):
        return None, ""


def open_session() -> aiohttp.ClientSession:
    """A session that opens as many connections as it is asked for: aiohttp's own bound would be 100."""
    connector = aiohttp.TCPConnector(limit=0)
    return aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(TIMEOUT))


async def find(seed: str) -> list[Record]:
    """All records of the site of ``seed``."""
    seen, records = {seed}, list[Record]()

    async def visit(url: str) -> None:
        record = parse(url, *await fetch(session, url))
        records.append(record)
        new = [link for link in inside(record, seed) if link not in seen]
        seen.update(new)
        await asyncio.gather(*(visit(link) for link in new))  # all of them, now

    async with open_session() as session:
        await visit(seed)
    return records


def crawl(seed: str, out: Path) -> None:
    """Crawl the site of ``seed`` and write its records to ``out``."""
    save(asyncio.run(find(seed)), out)


if __name__ == "__main__":
    main(crawl)
