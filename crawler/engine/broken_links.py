"""What is broken, and every page that leads there.

``crawl.db`` knows which URLs failed, and which redirects lead to them; which pages link to either is in
the records, which are read once, one at a time. What is found of them waits in a temporary file of
SQLite's, so memory holds the failed URLs and never the links.
"""

import logging
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from itertools import chain, islice
from pathlib import Path
from typing import Any

from crawler.frontier.view import FrontierView
from crawler.model.errors import OutputError, RecordsElsewhere
from crawler.rules.urls import login
from crawler.watch.broken import Broken, Source
from crawler.write.reading import Linking, Recorded, linking_pages

log = logging.getLogger("crawler.engine")

_Match = tuple[int, str, str | None]
"""A failed URL's id, a page that leads there, through which redirect."""


ERRORS_SHOWN = 10
"""URLs that are named in the summary, of each kind of error in turn."""
SOURCES_SHOWN = 3
"""Pages that are named for each of them."""
LINKS_LOOKED_AT = 30_000
"""Links of the first records among which these are looked for, in a few hundredths of a second."""


def first_broken(view: FrontierView, out: Path) -> list[dict[str, Any]]:
    """Some of the URLs that failed, with the first pages that lead there: for the summary."""
    for most_links in (LINKS_LOOKED_AT, 0):
        try:
            with broken_links(
                view, out, most=ERRORS_SHOWN, most_links=most_links, enough=SOURCES_SHOWN
            ) as broken:
                return [
                    one._asdict()
                    | {"linked_from": [page._asdict() for page in islice(one.linked_from, SOURCES_SHOWN)]}
                    for one in broken
                ]
        except (OutputError, RecordsElsewhere) as error:  # damaged, or on other machines: then without them
            log.warning("%s", error)
    return []


def has_records(view: FrontierView, out: Path) -> bool:
    """Whether *all* pages that link to a URL can be told; else only the one that first named it."""
    return linking_pages(_recorded(view, out)) is not None


def _recorded(view: FrontierView, out: Path) -> Recorded:
    return Recorded(out, view.generation, view.sinks(), view.parts(out))


@contextmanager
def broken_links(
    view: FrontierView,
    out: Path,
    *,
    most: int | None = None,
    most_links: int | None = None,
    enough: int | None = None,
) -> Iterator[Iterator[Broken]]:
    """Every URL that failed, by kind; ``most``: so many, of each kind in turn.

    ``most_links``: links of records to be looked at; None is all. ``enough``: pages for each of them, after
    which nobody looks further. Raises OutputError where the records are damaged, RecordsElsewhere where they
    are not here, StoreFailed.
    """
    with view.one_moment(), closing(_Sources()) as sources:
        leads = _leads(view, most)
        pages = linking_pages(_recorded(view, out)) if leads and most_links != 0 else None
        if pages is not None:
            sources.find(leads, _within(pages, most_links), enough)
        yield (
            Broken(url, kind, status, message, _sources_of(row, sources, view))
            for row, url, kind, status, message in view.failed(most)
        )


def _sources_of(failed: int, sources: "_Sources", view: FrontierView) -> Iterable[Source]:
    """The pages that lead there; the one that first named it where the records say nothing."""
    found = sources.of(failed)
    first = next(found, None)
    if first is None:
        return map(Source._make, view.first_referrers(failed))
    return chain((first,), found)


def _leads(view: FrontierView, most: int | None) -> dict[str, int]:
    """Every URL that leads to a failed one, with that one's id; negative for what only redirects there."""
    leads = {failed.url: failed.id for failed in view.failed(most)}
    before = 0
    while leads and len(leads) > before:
        before = len(leads)
        for url, target in view.redirects():
            if target in leads:
                leads.setdefault(url, -abs(leads[target]))
    return leads


def _within(pages: Iterator[Linking], most_links: int | None) -> Iterator[Linking]:
    seen = 0
    for url, links in pages:
        yield url, links
        seen += len(links)
        if most_links is not None and seen >= most_links:
            return


def _until(found: Iterator[_Match], wanted: dict[int, int]) -> Iterator[_Match]:
    for match in found:
        yield match
        failed = match[0]
        if failed in wanted:
            wanted[failed] -= 1
            if not wanted[failed]:
                del wanted[failed]
                if not wanted:
                    return


class _Sources:
    """Which pages lead to which failed URL, on disk when they are many."""

    def __init__(self) -> None:
        self._db = sqlite3.connect("", isolation_level=None)
        self._db.execute("CREATE TABLE sources (failed INTEGER, page TEXT, through TEXT)")

    def find(self, leads: dict[str, int], pages: Iterator[Linking], enough: int | None) -> None:
        """Look through ``pages``, until each failed URL has ``enough`` of them."""
        found = self._matches(leads, pages)
        if enough is not None:
            found = _until(found, dict.fromkeys(map(abs, leads.values()), enough))
        while some := list(islice(found, 1_000)):
            self._db.execute("BEGIN")
            self._db.executemany("INSERT INTO sources VALUES (?, ?, ?)", some)
            self._db.execute("COMMIT")
        self._db.execute("CREATE INDEX by_failed ON sources (failed)")

    def of(self, failed: int) -> Iterator[Source]:
        """The pages that lead to the URL with this id, in the order of the records."""
        query = "SELECT page, through FROM sources WHERE failed = ? ORDER BY rowid"
        return map(Source._make, self._db.execute(query, (failed,)))

    def close(self) -> None:
        """Remove the file."""
        self._db.close()

    @staticmethod
    def _matches(leads: dict[str, int], pages: Iterator[Linking]) -> Iterator[_Match]:
        for page, links in pages:
            through: dict[int, str | None] = {}
            for link in links:
                # With a login, a link is asked for without it.
                to = leads.get(login(link)[0] if "@" in link else link)
                if to is None:
                    continue
                if to > 0:
                    through[to] = None
                else:
                    through.setdefault(-to, link)
            for failed, redirect in through.items():
                yield failed, page, redirect
