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
from collections.abc import Iterator
from typing import TYPE_CHECKING, TypeAlias

from crawler.model.messages import Finished
from crawler.model.outcomes import Purpose, State
from crawler.rules.dedup import fingerprint

if TYPE_CHECKING:
    from crawler.frontier.sqlite_frontier import SqliteFrontier

Edges: TypeAlias = "array[int]"
"""Row ids of the pages that a page links to; a redirect's target, at no distance, is negative."""


class Depths:
    """The depth of every URL, by row id, and which URL has which row."""

    def __init__(self, most: int, hash_seed: int, frontier: "SqliteFrontier") -> None:
        self.most = most
        """``scope.max_depth``."""
        self._hash_seed, self._frontier = hash_seed, frontier
        self._row_of: dict[int, int] = {}
        self._depths = array("H", [0])  # row ids begin with 1

    def add(self, url: str, row: int, depth: int) -> None:
        """A new page: its row id and its depth."""
        self._row_of[fingerprint(url, self._hash_seed)] = row
        while len(self._depths) <= row:
            self._depths.append(0)
        self._depths[row] = depth

    def of(self, row: int) -> int:
        """The smallest depth known for a row."""
        return self._depths[row]

    def is_beyond(self, mark: int) -> bool:
        """Whether the page with this fingerprint is known, and too deep."""
        row = self._row_of.get(mark)
        return row is not None and self._depths[row] > self.most

    async def pass_on(self, finished: Finished) -> list[tuple[int, int]]:
        """Let the links of a finished page bring others nearer.

        Returns id and lane of the rows that came within the limit by it. A page that is not finished has no
        edges yet: when it finishes, its own depth is what it is by then. Raises StoreFailed.
        """
        marks = array("Q")
        for links in finished.links:
            if links.purpose is Purpose.PAGE:
                marks.frombytes(links.fingerprints)
        edges = array("q", map(self._row_of.__getitem__, marks))
        if finished.redirect is not None:
            edges.append(-self._row_of[fingerprint(finished.redirect.url, self._hash_seed)])
        if not edges:
            return []
        frontier = self._frontier
        frontier.unsaved.edges[finished.ticket.id] = edges
        nearer: set[int] = set()
        joining: list[int] = []
        found = {finished.ticket.id: edges}
        while found:
            moved = {
                row for source, targets in found.items() for row in self._relax(source, targets, joining)
            }
            nearer |= moved
            found = await frontier.load_edges(sorted(moved)) if moved else {}
        for row in nearer:
            depth = self._depths[row]
            state = State.BEYOND if depth > self.most else State.PENDING
            frontier.unsaved.depths[row] = depth, state
        if not joining:
            return []
        # Everything is saved in order, so this comes before the commit of the page that brought it about.
        await frontier.flush()
        return await frontier.load_lanes(joining)

    def _relax(self, source: int, targets: Edges, joining: list[int]) -> Iterator[int]:
        here = self._depths[source]
        for edge in targets:
            target, depth = (-edge, here) if edge < 0 else (edge, here + 1)
            was = self._depths[target]
            if depth < was:
                self._depths[target] = depth
                # Seen here, where it happens, by whichever page brought it about: exactly once.
                if was > self.most >= depth:
                    joining.append(target)
                yield target
