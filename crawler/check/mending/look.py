"""One pass over what is well in this check, for all that is looked for."""

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable
from itertools import chain

from crawler.check.mending.before import Was
from crawler.check.mending.few import SAME_NAME, WELL, Few, Here
from crawler.check.mending.spots import Spot, spot_of, upwards
from crawler.check.mending.told import anchors_of, told
from crawler.model.outcomes import Purpose

_PURPOSES = (Purpose.PAGE, Purpose.STYLESHEET, Purpose.ASSET)
_QUERY = f"""
SELECT id, url, is_html, canonical, iif(?, facts, NULL),
    content_hash, near_hash, title, text_length, text_hash
FROM current CROSS JOIN answers USING (id)
WHERE {WELL} AND purpose IN ({", ".join(f"{one:d}" for one in _PURPOSES)})
"""


class Look:
    """What is wanted, by what it is known, and the pages that have it."""

    def __init__(self) -> None:
        self.keys, self.letters = Few[str](), Few[str]()
        self.names = Few[tuple[str, str]](SAME_NAME)
        self.contents, self.texts, self.titles = Few[str](), Few[str](), Few[str]()
        self.anchors = Few[str]()
        self._above: set[str] = set()
        self.stayed: Counter[str] = Counter()
        """Of every folder from which something is gone, and those above it: the pages in it and below."""

    def want_spot(self, spot: Spot) -> None:
        """A spot is dead."""
        self.keys.want([spot.key])
        if spot.name and not spot.query:
            self.letters.want([spot.letters])
            self.names.want([spot.common_name])
            self._above.update(upwards(spot.folder))

    def want_page(self, was: Was) -> None:
        """What an earlier crawl tells of something dead."""
        self.contents.want([was.told.content])
        self.texts.want([was.told.text])
        self.titles.want([was.told.title])

    def take(self, db: sqlite3.Connection, path: Callable[[str], str | None]) -> None:
        """The pass itself: offer every page to all that is wanted. Raises sqlite3.Error, DecodeError."""
        with_anchors = len(self.anchors) > 0
        for row, url, is_html, canonical, blob, *columns in db.execute(_QUERY, (with_anchors,)):
            there = path(url)
            if there is None:
                continue
            spot = spot_of(there)
            page = Here(row, url, spot, told(*columns))
            self._offer_spot(spot, page)
            if is_html and not _is_copy(canonical, spot, path):
                self.contents.offer(page.told.content, page)
                self.texts.offer(page.told.text, page)
                self.titles.offer(page.told.title, page)
                for anchor in self.anchors.wanted(anchors_of(blob)):
                    self.anchors.offer(anchor, page)

    def _offer_spot(self, spot: Spot, page: Here) -> None:
        self.keys.offer(spot.key, page)
        if spot.query:
            return
        self.stayed.update(folder for folder in upwards(spot.folder) if folder in self._above)
        self.letters.offer(spot.letters, page)
        self.names.offer(spot.common_name, page)

    def all(self) -> Iterable[Here]:
        """Every page that was kept, for whatever it has."""
        by_one = (self.keys, self.letters, self.contents, self.texts, self.titles, self.anchors)
        return chain(self.names.all(), *(few.all() for few in by_one))


def _is_copy(canonical: str | None, spot: Spot, path: Callable[[str], str | None]) -> bool:
    """Whether a page says that another one of the site has its place."""
    there = path(canonical) if canonical else None
    return there is not None and spot_of(there).key != spot.key
