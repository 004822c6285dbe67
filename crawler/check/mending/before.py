"""An earlier crawl: what was at a spot that is dead now, and which of today's pages were there already."""

from collections.abc import Collection
from pathlib import Path
from typing import NamedTuple, Self

from crawler.check.mending.few import Few, Here
from crawler.check.mending.sites import path_of
from crawler.check.mending.spots import Spot, spot_of
from crawler.check.mending.told import anchors_of, content_of, text_of, title_of
from crawler.engine.resuming import settings_of
from crawler.plumbing.sqlite_reading import open_for_reading
from crawler.sinks.facts import FactsSink, lacking

_SPOTS = """
SELECT id, url, outcome, final_url, kind FROM answers
WHERE purpose NOT IN (1, 4, 5) AND (outcome IN ('ok', 'truncated') OR kind = 'redirected') ORDER BY id
"""
_WELL = """
SELECT id, url, title, {content}, {near} FROM answers
WHERE purpose NOT IN (1, 4, 5) AND outcome IN ('ok', 'truncated')
"""


class Was(NamedTuple):
    """A page as the earlier crawl has it."""

    spot: Spot
    content: str | None
    text: str | None
    title: str | None
    anchors: list[str]


class Earlier:
    """A context manager, for its file. Raises CrawlerError, sqlite3.Error where it cannot be read."""

    def __init__(self, out: Path, generation: int) -> None:
        self._path = path_of(settings_of(out, generation))
        self._db = open_for_reading(out / FactsSink.file_of(generation))
        missing = lacking(self._db)
        self._hashes = {one: "NULL" if one in missing else one for one in ("content_hash", "near_hash")}
        self.contents, self.texts, self.titles = Few[str](), Few[str](), Few[str]()
        self._there: dict[str, int] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()

    def find(self, keys: Collection[str]) -> tuple[dict[str, int], dict[str, str]]:
        """Of spots with these keys: the ids of those that were well, and the URLs' paths to which others led."""
        well: dict[str, int] = {}
        led: dict[str, str] = {}
        for row, url, _, final_url, kind in self._db.execute(_SPOTS):
            there = self._path(url)
            if there is None or (key := spot_of(there).key) not in keys:
                continue
            if kind == "redirected":
                to = self._path(final_url)
                if to is not None and spot_of(to).key != key:
                    led[key] = to
            else:
                well[key] = row
        return well, led

    def page(self, row: int) -> Was:
        """One of those that were well."""
        query = (
            f"SELECT url, title, {self._hashes['content_hash']}, {self._hashes['near_hash']}, facts, is_html"
        )
        url, title, content, near, blob, is_html = self._db.execute(
            f"{query} FROM answers WHERE id = ?", (row,)
        ).fetchone()
        spot = spot_of(self._path(url) or "/")
        if not is_html:
            return Was(spot, None, None, None, [])
        return Was(spot, content_of(content), text_of(near), title_of(title), anchors_of(blob))

    def want(self, was: Was) -> None:
        """Count what is known of a page: whether another one had it too."""
        self.contents.want([was.content])
        self.texts.want([was.text])
        self.titles.want([was.title])

    def look(self, keys: Collection[str]) -> None:
        """The pass over all pages: count what is wanted, and note which of ``keys`` were there."""
        query = _WELL.format(content=self._hashes["content_hash"], near=self._hashes["near_hash"])
        for row, url, title, content, near in self._db.execute(query):
            there = self._path(url)
            if there is None:
                continue
            spot = spot_of(there)
            page = Here(row, url, spot, content)
            self.contents.offer(content_of(content), page)
            self.texts.offer(text_of(near), page)
            self.titles.offer(title_of(title), page)
            if spot.key in keys:
                self._there[spot.key] = row

    def was_at(self, key: str) -> Was | None:
        """What was at a spot, of those that :meth:`look` was asked for."""
        row = self._there.get(key)
        return None if row is None else self.page(row)

    def had(self, key: str) -> bool:
        """Whether something was there."""
        return key in self._there
