"""Shortest distances from the seeds, exact whatever the order in which pages arrive.

Only for a crawl with ``scope.max_depth``. Without it a depth is a remark in the record; with it, it
decides what is crawled: a page that was first found by a long way round, at the depth limit, hides
what lies behind it, although a shorter way may be found a moment later. So here each URL's depth
is kept, each finished page's links too (as row ids, on disk), and links that are too deep are rows
of their own that wait outside the crawl (``State.BEYOND``). When a shorter way is found, the gain
is passed on along the links, as in Dijkstra's algorithm, and what comes within the limit joins.

It costs, for each URL, about 100 bytes of memory beside the set of known ones, and 8 bytes of disk
for each link.
"""

from array import array
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeAlias

import msgspec

from crawler.model.messages import Links
from crawler.model.outcomes import State

Edges: TypeAlias = "array[int]"
"""Row ids of the pages that a page links to; a redirect's target, at no distance, is negative."""


class Depths:
    """The depth of every URL, by row id, and which URL has which row."""

    def __init__(self, most: int) -> None:
        self.most = most
        """``scope.max_depth``."""
        self._row_of: dict[int, int] = {}
        self._depths = array("H", [0])  # row ids begin with 1

    def add(self, mark: int, row: int, depth: int) -> None:
        """A new URL: its fingerprint, its row id (the next one) and its depth."""
        self._row_of[mark] = row
        while len(self._depths) <= row:
            self._depths.append(0)
        self._depths[row] = depth

    def of(self, row: int) -> int:
        """The smallest depth known for a row."""
        return self._depths[row]

    def row_of(self, mark: int) -> int:
        """The row of a known fingerprint."""
        return self._row_of[mark]

    def states_of(self, moved: Iterable[int]) -> list[tuple[int, State, int]]:
        """Rows with their depths and whether they are in the crawl by now: depth, state, row."""
        return [
            (self.of(row), State.BEYOND if self.is_beyond(self.of(row)) else State.PENDING, row)
            for row in sorted(moved)
        ]

    def is_beyond(self, depth: int) -> bool:
        """A page at this depth is not part of the crawl."""
        return depth > self.most

    def edges(self, links: Links) -> Edges:
        """The rows of links that are all known."""
        marks = array("Q")
        marks.frombytes(links.fingerprints)
        return array("q", map(self._row_of.__getitem__, marks))

    async def shorten(
        self, source: int, edges: Edges, load: Callable[[list[int]], Awaitable[dict[int, Edges]]]
    ) -> "Nearer":
        """Pass on what ``source``, with its ``edges``, gives to others.

        ``load`` returns the edges of those of the given rows that are finished. A page that is not
        has none yet: when it finishes, its own depth is what it is by then.
        """
        nearer = Nearer()
        found = {source: edges}
        while found:
            moved = {target for row, targets in found.items() for target in self._relax(row, targets, nearer)}
            found = await load(sorted(moved)) if moved else {}
        return nearer

    def _relax(self, row: int, targets: Iterable[int], nearer: "Nearer") -> Iterable[int]:
        here = self._depths[row]
        for edge in targets:
            target, depth = (-edge, here) if edge < 0 else (edge, here + 1)
            was = self._depths[target]
            if depth < was:
                self._depths[target] = depth
                nearer.rows.add(target)
                # Seen here, where it happens, by whichever page brought it about: exactly once.
                if was > self.most >= depth:
                    nearer.joining.append(target)
                yield target


class Nearer(msgspec.Struct):
    """Rows whose depth became smaller, and those that came within the limit by it."""

    rows: set[int] = set()
    joining: list[int] = []
