"""The page of a check in a browser: made as a file, and asked what it shows."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from crawler.check.finding import Since
from crawler.check.reports import html
from crawler.check.verdict import verdict
from tests.check.results import SITE, Made, usual

ALL = "57 findings with 1,100 places"
"""What :func:`known` has."""


def known() -> Made:
    """The usual site, with a finding that is new."""
    made = usual()
    first = Since("crawls/docs@6", "2025-11-28T17:55:01.200Z", 1)
    made.findings[2] = made.findings[2]._replace(since=first)
    return made


def made_page(file: Path, made: Made) -> Path:
    """The page as a file; not written in this thread, in which Playwright keeps an event loop."""

    def write() -> None:
        with file.open("w", encoding="utf-8") as stream:
            html.write(made, verdict(made), stream)

    with ThreadPoolExecutor(1) as pool:
        pool.submit(write).result()
    return file


def told(shown) -> str:
    return shown.get_by_role("status").inner_text()


def choose(shown, name: str, value: str) -> None:
    shown.locator(f"[name={name}]").select_option(value)


def targets(shown) -> list[str]:
    """What is at fault in the findings that are shown, without the site's name."""
    names = shown.locator(".item summary .head .name").all_text_contents()
    return [name.removeprefix(SITE) for name in names]
