"""The earlier crawls, newest first: of each spot that is dead, the last one in which it was well."""

from collections.abc import Collection, Iterable, Iterator
from contextlib import ExitStack
from types import TracebackType
from typing import Self

from crawler.check.earlier.crawls import EarlierCrawl
from crawler.check.mending.before import Earlier, Was
from crawler.check.mending.dead import Dead, Lost
from crawler.check.mending.few import Here
from crawler.check.mending.pages import Known, Says, by_content

LOOKED_AT = 8
"""Crawls: the newest ones, and the very first in place of the last of these."""


class History:
    """A context manager, for the files of the crawls."""

    def __init__(self, crawls: Iterable[EarlierCrawl]) -> None:
        self._stack = ExitStack()
        self._crawls = [*crawls]
        if len(self._crawls) > LOOKED_AT:
            self._crawls = [*self._crawls[: LOOKED_AT - 1], self._crawls[-1]]
        self._opened: list[Earlier] = []
        self._known: dict[str, tuple[int, int]] = {}
        """By key: which of the opened ones had it, and its id there."""

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
            well = earlier.find(left, paths)
            self._known.update((key, (len(self._opened), row)) for key, row in well.items())
            self._opened.append(earlier)
            left.difference_update(well)

    def known_of(self, dead: Dead) -> Known | None:
        """What is known of a target: of itself, else of what redirected to it. Raises Unreadable."""
        for spot in dead.spots:
            if (found := self._known.get(spot.key)) is not None:
                at, row = found
                page = self._opened[at].page(row)
                for crawl in self._opened[: at + 1]:
                    crawl.want(page)
                return Known(self._opened[at], page, self._opened[:at])
        return None

    def page_of(self, lost: Lost) -> tuple[Earlier, Was] | None:
        """What was known of the page that lacks an id. Raises Unreadable."""
        if (found := self._known.get(lost.spot.key)) is None:
            return None
        earlier = self._opened[found[0]]
        earlier.anchors.want([lost.fragment])
        return earlier, earlier.page(found[1])

    def follow(self, known: Iterable[Known]) -> Iterator[tuple[Known, Says]]:
        """Where crawls after the last one in which a page was well had it, as it was. Raises Unreadable.

        It may have been edited there since.
        """
        several = [one for one in known if one.later]
        for crawl in {crawl for one in several for crawl in (one.earlier, *one.later)}:
            crawl.look(())
        for one in several:
            says = next((says for crawl in one.later if (says := by_content(one, crawl))), None)
            if says is not None:
                yield one, says

    def look(self, pages: Collection[Here]) -> None:
        """The pass over each crawl that something is known from, for these of today. Raises Unreadable."""
        keys = {page.spot.key for page in pages}
        for earlier in {self._opened[at] for at, _ in self._known.values()}:
            for page in pages:
                earlier.want_of(page)
            earlier.look(keys)
