"""What all models share, so that they differ in nothing but who waits and who computes.

The rules and the parser are this crawler's own. The part of the fixture site that is crawled is
its plain part: pages that redirect, fail or flap would measure something else. So would a page that
costs more than all others together (``/books/everything``, 1.26 MB where the others have 2 to 6 kB): one
core parses it, and however many there are, all the others wait for that one.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from crawler.model.messages import Page, Ticket
from crawler.parse.extract_page import ExtractPage
from crawler.parse.html import parse_html
from crawler.parse.parser_process import ParseJob
from crawler.parse.work import Parser
from crawler.rules.scope import Scope

INCLUDE = (r"/(books|shelves|authors|articles|docs|about|contact|imprint)",)
EXCLUDE = (r"books/everything|books\.json|a-book-nobody-wrote|the-lamp-that-went-out|/2022/|\?ref=",)
PARSE_AGAIN = "parse-again"
"""The header in which the site says how often each page is to be parsed once more: the cost of parsing."""
EXTRACT = f"{__name__}:parse_again"
AT_ONCE = 32
"""Requests in flight at once, in every model that can wait for more than it has cores."""


class Parsed(NamedTuple):
    """One page, done."""

    record: bytes
    """As this crawler would write it."""
    links: list[str]
    """Those that are in scope."""


def job_of(seed: str) -> ParseJob:
    """What a parser has to know. Small and plain, so it can be sent anywhere."""
    scope = Scope.of([seed], include=INCLUDE, exclude=EXCLUDE)
    return ParseJob(scope=scope, hash_seed=1, obey_robots=False, extract=EXTRACT)


def parse_again(page: ExtractPage) -> None:
    """The extract function of the race: parse the page as often again as the site says."""
    for _ in range(int(page.headers.get(PARSE_AGAIN, "0"))):
        parse_html(page.body, page.headers["content-type"], page.url)


def parse_with(job: ParseJob) -> Callable[[Page], Parsed]:
    """The function that parses a page; it is the same under every model."""
    parser = Parser(job)

    def parse(page: Page) -> Parsed:
        finished = parser.parse(page)
        return Parsed(finished.record, finished.links[0].urls.decode().split("\n") if finished.links else [])

    return parse


def page_of(url: str, status: int, headers: Iterable[tuple[str, str]], body: bytes) -> Page:
    """An answer as the parser takes it; depth and times, which nobody here compares, left out."""
    pairs = tuple((name.lower(), value) for name, value in headers)
    return Page(
        ticket=Ticket(id=0, url=url, lane=0, depth=0),
        status=status,
        headers=pairs,
        pieces=(body,),
        body_path=None,
        size=len(body),
        content_type=dict(pairs).get("content-type"),
        fetched_at=0.0,
        elapsed=0.0,
    )


class Known:
    """The URLs that were met: each is crawled once."""

    def __init__(self, seed: str) -> None:
        self._urls = {seed}

    def new(self, urls: Iterable[str]) -> list[str]:
        """Those met for the first time."""
        fresh = [url for url in urls if url not in self._urls]
        self._urls.update(fresh)
        return fresh
