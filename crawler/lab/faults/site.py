"""The faults among good pages: what is served at each address, and what a crawl must have recorded.

The start page links to a dozen good pages; it and each of them links to one group of faults and to
further good pages. So everything is at most four links away, and the good pages come
while the server misbehaves.
"""

import functools
from dataclasses import dataclass

from crawler.lab.faults import (
    codings,
    connection,
    framing,
    headers,
    pages,
    redirects,
    sitemaps,
    statuses,
    texts,
)
from crawler.lab.faults.manifest import (
    EXCLUDED,
    MAX_BODY,
    MAX_DEPTH,
    MAX_REDIRECTS,
    MAX_REPEATS,
    MAX_URL_LENGTH,
    RETRY_AFTER_MAX,
    TIMES,
    Answer,
    Fault,
    Here,
    Kept,
    Wanted,
    answer,
    ok,
    page,
)

GOOD_PAGES = 200
FAN_OUT = 14
"""Good pages that a good page links to."""


def _none(_here: Here) -> list[Fault]:
    return []


_GROUPS = (
    connection.keep_alive,
    _none,  # so that good pages come next on the connections which those leave behind
    connection.silences,  # early, because they take longest
    statuses.retry_after,
    connection.faults,
    framing.faults,
    headers.faults,
    codings.faults,
    redirects.faults,
    redirects.addresses,
    statuses.faults,
    texts.faults,
    pages.faults,
    pages.traps,
    sitemaps.faults,
)


@dataclass(frozen=True, slots=True)
class Expected:
    """One URL that must have a record."""

    fault: str | None
    """Name of the fault that it belongs to; None for a good page."""
    wanted: Wanted


@dataclass(frozen=True, slots=True)
class FaultSite:
    """Everything that is served, and everything that must be recorded."""

    answers: dict[str, Answer]
    """By path and query, as on the request line."""
    expected: dict[str, Expected]
    """By URL."""
    faults: tuple[Fault, ...]


@functools.cache
def build(here: Here) -> FaultSite:
    """The site that listens ``here``. Takes a moment: bombs are packed."""
    groups = [group(here) for group in _GROUPS]
    answers: dict[str, Answer] = {"/robots.txt": _robots(here)}
    expected: dict[str, Expected] = {}

    def put(path: str, given: Answer | None, fault: str | None, wanted: Wanted) -> None:
        url = here.origin + path if path.startswith("/") else path
        if url in expected or path in answers:
            raise ValueError(f"{path} is there twice")
        expected[url] = Expected(fault, wanted)
        if given is not None:
            answers[path] = given

    for number in range(GOOD_PAGES):
        group = groups[number] if number < len(groups) else []
        put(*_good(number, group))
    for fault in (fault for group in groups for fault in group):
        put(fault.path, fault.answer, fault.name, fault.wanted)
        for path, (given, wanted) in fault.more.items():
            put(path, given, fault.name, wanted)
    return FaultSite(answers, expected, tuple(fault for group in groups for fault in group))


def _robots(here: Here) -> Kept:
    named = "".join(f"Sitemap: {here.origin}{fault.path}\n" for fault in sitemaps.faults(here))
    # As an editor may leave it: marked twice, with blanks that nobody sees, and after another bot's delay.
    text = f"User-agent: other\nCrawl-delay: 30\n\nUser-agent:\xa0*\nDisallow：/private/\u200b\n{named}"
    return answer(b"\xef\xbb\xbf" * 2 + text.encode(), media="text/plain")


def is_good(path: str) -> bool:
    """A page in which nothing is wrong."""
    return path.startswith("/good/")


def _good(number: int, group: list[Fault]) -> tuple[str, Answer, None, Wanted]:
    # Page 0 is the start page; page n leads to the pages n × FAN_OUT + 1 and so on, as in a heap.
    further = range(number * FAN_OUT + 1, min((number + 1) * FAN_OUT, GOOD_PAGES - 1) + 1)
    hrefs = [href for fault in group for href in fault.hrefs or (fault.path,)] + [
        _path(page) for page in further
    ]
    title = f"Good page {number}"
    body = "".join(f'<a href="{href}">{href}</a>\n' for href in hrefs)
    depth, first = 0, number
    while first:
        depth, first = depth + 1, (first - 1) // FAN_OUT
    return _path(number), page(title, body), None, ok(title=title, depth=depth, links=len(hrefs))


def _path(number: int) -> str:
    return f"/good/{number}" if number else "/"


def settings(here: Here, timeout: float) -> dict[str, object]:
    """The configuration under which all this is to be crawled; ``timeout`` in seconds for one exchange."""
    return {
        "seeds": (f"{here.origin}/",),
        "scope.exclude": EXCLUDED,
        "scope.max_depth": MAX_DEPTH,
        "scope.max_repeats": MAX_REPEATS,
        "scope.max_url_length": MAX_URL_LENGTH,
        "fetch.concurrency": 64,
        "fetch.timeout": timeout,
        "fetch.max_body": MAX_BODY,
        "fetch.retries": TIMES - 1,
        "fetch.busy_max": 0,  # else one page that says 429 for ever would hold up all the others
        "fetch.backoff": 0.1,
        "fetch.retry_after_max": RETRY_AFTER_MAX,
        "fetch.max_redirects": MAX_REDIRECTS,
        "politeness.throttle": False,  # else it would be asked as slowly as its faults deserve
        "sitemaps.follow": True,
        "sitemaps.max_bytes": MAX_BODY,
        "progress.show": False,
    }
