"""The earlier crawls, newest first: of each spot that is dead, the last one in which it was well."""

from collections.abc import Collection, Iterable
from contextlib import ExitStack
from types import TracebackType
from typing import Self

from crawler.check.earlier.crawls import EarlierCrawl
from crawler.check.mending.before import Earlier, Was
from crawler.check.mending.dead import Dead, Lost
from crawler.check.mending.few import Here
from crawler.check.mending.pages import Known
from crawler.check.mending.spots import spot_of
from crawler.check.mending.told import sample

LOOKED_AT = 8
"""Crawls: the newest ones, and the very first in place of the last of these."""


class History:
    """A context manager, for the files of the crawls."""

    def __init__(self, crawls: Iterable[EarlierCrawl]) -> None:
        self._stack = ExitStack()
        self._crawls = [*crawls]
        if len(self._crawls) > LOOKED_AT:
            self._crawls = [*self._crawls[: LOOKED_AT - 1], self._crawls[-1]]
        self._known: dict[str, tuple[Earlier, int]] = {}
        self._led: dict[str, tuple[Earlier, str]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.__exit__(kind, error, trace)

    def find(self, keys: Collection[str], paths: Collection[str] = ()) -> None:
        """Look for these spots; a crawl is opened only while some are left. Raises Unreadable."""
        left = {*keys}
        for crawl in self._crawls:
            if not left:
                return
            earlier = self._stack.enter_context(Earlier(crawl))
            well, led = earlier.find(left, paths)
            self._known.update((key, (earlier, row)) for key, row in well.items())
            self._led.update((key, (earlier, path)) for key, path in led.items())
            left.difference_update(well, led)

    def known_of(self, dead: Dead) -> Known | None:
        """What is known of a target: of itself, else of what redirected to it. Raises Unreadable."""
        for spot in dead.spots:
            if (found := self._known.get(spot.key)) is not None:
                earlier, row = found
                page = earlier.page(row)
                earlier.want(page)
                return Known(earlier, page._replace(anchors=sample(page.anchors)), None)
        for spot in dead.spots:
            if (led := self._led.get(spot.key)) is not None:
                return Known(led[0], None, spot_of(led[1]))
        return None

    def page_of(self, lost: Lost) -> tuple[Earlier, Was] | None:
        """What was known of the page that lacks an id. Raises Unreadable."""
        found = self._known.get(lost.spot.key)
        return None if found is None else (found[0], found[0].page(found[1]))

    def look(self, pages: Collection[Here]) -> None:
        """The pass over each crawl that something is known from, for these of today. Raises Unreadable."""
        keys = {page.spot.key for page in pages}
        for earlier in {earlier for earlier, *_ in [*self._known.values(), *self._led.values()]}:
            for page in pages:
                earlier.want_of(page)
            earlier.look(keys)
