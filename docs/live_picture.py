"""The live page of a crawl that runs, for :mod:`docs.make_screenshots`.

What is crawled is a small internet on this machine: some of its hosts are slow, some fail now and then, and
some ask for patience in their robots.txt, so that there is something to be seen.
"""

import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from crawler.lab.internet.internet_process import InternetProcess
from crawler.lab.internet.world import World

if TYPE_CHECKING:
    from playwright.sync_api import Page

WORLD = World(
    hosts=40, pages=60_000, skew=0.5, filling=20_000, faults=0.05, missing=0.04, latency=0.06, spread=0.9,
    slow=2.0, crawl_delay=2.0,
)  # fmt: skip
CONCURRENCY = 48
WATCHED = 12_000
"""Milliseconds for which it is looked at, so that its charts have something to show."""


@contextmanager
def watched_crawl(folder: Path) -> Iterator[str]:
    """A crawl of that internet into ``folder``, for as long as the block lasts; gives its page's URL."""
    with InternetProcess(WORLD) as internet:
        settings = folder / "internet.toml"
        settings.write_text(internet.config(), encoding="utf-8")
        command = [
            sys.executable, "-m", "crawler", "run", "-c", settings, "-o", "out", "--dashboard", "0",
            "--concurrency", f"{CONCURRENCY}", "--per-host", "2", "--delay", "0.05", "--no-progress",
        ]  # fmt: skip
        with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True) as crawl:
            try:
                told = (re.search(r"live page: (\S+)", line) for line in crawl.stdout or ())
                yield next(found[1] for found in told if found)
            finally:
                crawl.kill()


def take(pages: "Sequence[Page]", folder: Path) -> list[bytes]:
    """A picture (PNG) of a crawl's live page in each of ``pages``: what fits into the window."""
    with watched_crawl(folder) as url:
        for page in pages:
            page.goto(url)
        pages[0].wait_for_timeout(WATCHED)
        return [page.screenshot() for page in pages]
