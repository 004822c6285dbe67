"""An earlier crawl: what was at a spot that is dead now, and which of today's pages were there already."""

import sqlite3
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import NamedTuple, Self

import msgspec

from crawler.check.earlier.crawls import EarlierCrawl
from crawler.check.mending.few import SAME_NAME, WELL, Few, Here
from crawler.check.mending.sites import path_of
from crawler.check.mending.spots import Spot, spot_of
from crawler.check.mending.told import Told, anchors_of, told
from crawler.engine.resuming import settings_of
from crawler.model.errors import CrawlerError
from crawler.plumbing.sqlite_reading import open_for_reading
from crawler.sinks.facts import HASHES, FactsSink, lacking

_SPOTS = """
SELECT id, url FROM answers WHERE purpose NOT IN (1, 4, 5) AND {well} ORDER BY id
"""
_PAGES = """
SELECT id, url, {content}, {near}, title, text_length, text_hash, iif(?, facts, NULL) FROM answers
WHERE purpose NOT IN (1, 4, 5) AND {well}
"""
_PAGE = "SELECT url, facts, {content}, {near}, title, text_length, text_hash FROM answers WHERE id = ?"


class Was(NamedTuple):
    """A page as the earlier crawl has it."""

    spot: Spot
    told: Told
    anchors: list[str]


class Unreadable(Exception):
    """An earlier crawl is damaged, or of another version; its argument is the crawl."""


class Earlier:
    """A context manager, for its file. Everything here raises Unreadable where that cannot be read."""

    def __init__(self, crawl: EarlierCrawl) -> None:
        self._crawl = crawl
        with self._reading():
            self._path = path_of(settings_of(crawl.out, crawl.generation))
            self._db = open_for_reading(crawl.out / FactsSink.file_of(crawl.generation))
        try:
            with self._reading():
                missing = lacking(self._db)
        except Unreadable:
            self._db.close()
            raise
        self._hashes = {one: "NULL" if one in missing else one for one in HASHES}
        self.contents, self.texts, self.titles = Few[str](), Few[str](), Few[str]()
        self.names, self.anchors = Few[tuple[str, str]](SAME_NAME), Few[str]()
        self.shared: set[str] = set()
        """Keys, of those that were looked for, at which several URLs were well: ``/a.html`` and ``/a/``."""
        self._there: dict[str, int] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()

    @contextmanager
    def _reading(self) -> Iterator[None]:
        try:
            yield
        except (CrawlerError, sqlite3.Error, msgspec.DecodeError) as error:
            raise Unreadable(self._crawl) from error

    def find(self, keys: Collection[str], paths: Collection[str] = ()) -> dict[str, int]:
        """Of spots with these keys: the ids of those that were well.

        Of several at one spot it is the one with one of these ``paths``.
        """
        well: dict[str, int] = {}
        with self._reading():
            for row, url in self._db.execute(_SPOTS.format(well=WELL)):
                there = self._path(url)
                if there is None or (key := spot_of(there).key) not in keys:
                    continue
                if key in well:
                    self.shared.add(key)
                if key not in well or there in paths:
                    well[key] = row
        return well

    def page(self, row: int) -> Was:
        """One of those that were well."""
        with self._reading():
            url, blob, *columns = self._db.execute(self._query(_PAGE), (row,)).fetchone()
            return Was(spot_of(self._path(url) or "/"), told(*columns), anchors_of(blob))

    def _query(self, query: str) -> str:
        return query.format(content=self._hashes["content_hash"], near=self._hashes["near_hash"], well=WELL)

    def want(self, was: Was) -> None:
        """Count what is known of a page: whether another one had it too."""
        self.contents.want([was.told.content])
        self.texts.want([was.told.text])
        self.titles.want([was.told.title])
        self.names.want([was.spot.common_name])

    def want_of(self, page: Here) -> None:
        """Of a page of today, note whether what is in it was anywhere."""
        self.contents.want([page.told.content])
        self.texts.want([page.told.text])

    def look(self, keys: Collection[str]) -> None:
        """The pass over all pages: count what is wanted, and note which of ``keys`` were there."""
        with self._reading():
            for row, url, *columns, blob in self._db.execute(self._query(_PAGES), (len(self.anchors) > 0,)):
                there = self._path(url)
                if there is None:
                    continue
                spot = spot_of(there)
                page = Here(row, url, spot, told(*columns))
                self.contents.offer(page.told.content, page)
                self.texts.offer(page.told.text, page)
                self.titles.offer(page.told.title, page)
                for anchor in self.anchors.wanted(anchors_of(blob)):
                    self.anchors.offer(anchor, page)
                self.names.offer(spot.common_name, page)
                if spot.key in keys:
                    self._there[spot.key] = row

    def was_at(self, key: str) -> Was | None:
        """What was at a spot, of those that :meth:`look` was asked for."""
        row = self._there.get(key)
        return None if row is None else self.page(row)

    def is_new(self, page: Here) -> bool:
        """Whether nothing was there, and what is in it was nowhere: for pages that :meth:`look` was given."""
        was_anywhere = self.contents.is_found(page.told.content) or self.texts.is_found(page.told.text)
        return page.spot.key not in self._there and not was_anywhere
