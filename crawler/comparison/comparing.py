"""Two crawls compared: first by what their databases say, then by the records of those that may differ."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType

from crawler.comparison.crawled import Place, crawled, last_two, place_of
from crawler.comparison.difference import Difference, Totals
from crawler.comparison.finder import Finder
from crawler.model.errors import UsageError
from crawler.watch.words import counted


def diff(
    old: str | Path, new: str | Path | None = None, *, by_path: bool = False, exact: bool = False
) -> Iterator[Difference]:
    """What is different between two crawls: pages added, gone, moved, then those that changed, by URL.

    ``old`` and ``new`` are output folders, or ``OUT@2`` for one of their generations; ``old`` alone: its last
    two. ``by_path``: pages are told apart by path and query, as for staging and production. ``exact``: a date
    in the footer is a change, too.

    Raises UsageError where there is no such crawl or both are of different sites, CrawlFailed where one is
    damaged; the first of these before anything is iterated.
    """
    with Comparison(old, new, by_path=by_path, exact=exact):
        pass
    return _differences(old, new, by_path=by_path, exact=exact)


def _differences(
    old: str | Path, new: str | Path | None, *, by_path: bool, exact: bool
) -> Iterator[Difference]:
    with Comparison(old, new, by_path=by_path, exact=exact) as comparison:
        yield from comparison


class Comparison:
    """Of two crawls, each at one moment; to be entered, and iterated once."""

    def __init__(
        self, old: str | Path, new: str | Path | None = None, *, by_path: bool = False, exact: bool = False
    ) -> None:
        """As of :func:`diff`."""
        self._places: tuple[Place, Place] = last_two(old) if new is None else (place_of(old), place_of(new))
        self.by_path, self.exact = by_path, exact
        self.totals = Totals()
        """Of what was iterated so far; whole at the end."""
        self._closing = ExitStack()

    def __enter__(self) -> "Comparison":
        try:
            self._old, self._new = (
                self._closing.enter_context(crawled(place, by_path=self.by_path)) for place in self._places
            )
            self.old, self.new = self._old.side, self._new.side
            self._check_sites()
        except BaseException:
            self._closing.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.__exit__(kind, error, trace)

    @property
    def is_one(self) -> bool:
        """Whether both are the same crawl."""
        ones = [(place.out.resolve(), place.generation) for place in self._places]
        return ones[0] == ones[1]

    @property
    def folders(self) -> list[Path]:
        """The output folders of both."""
        return [place.out for place in self._places]

    def _check_sites(self) -> None:
        ones, others = self._old.origins, self._new.origins
        if self.by_path or not ones or not others or ones & others:
            return
        raise UsageError(
            f"{self.old.name} is a crawl of {_some(ones)} and {self.new.name} of {_some(others)}: no page is"
            " in both; --by-path compares them by path and query, whatever the origin"
        )

    def notes(self) -> list[str]:
        """What is to be known of the result, as sentences."""
        found = []
        if self.is_one:
            found.append("Both are the same crawl.")
        for side, other in ((self.old, "added"), (self.new, "gone")):
            if side.state == "running":
                found.append(f"{side.name} still runs: it is compared as far as it is committed.")
            if side.pending:
                found.append(
                    f"{side.name} is not finished ({counted(side.pending, 'page')} pending): what it has not"
                    f" got to is not told as {other}."
                )
        found += [
            f"{crawl.side.name} keeps no records: what has changed in a page cannot be told."
            for crawl in (self._old, self._new)
            if not crawl.has_records
        ]
        if not (self._old.has_hashes and self._new.has_hashes):
            found.append("One of them was made without hashes: pages that moved are told as gone and added.")
        return found

    def __iter__(self) -> Iterator[Difference]:
        if self.is_one:
            self.totals.same = self.old.pages - self.old.pending
            return
        yield from Finder(self._old, self._new, self.totals, exact=self.exact).differences()


def _some(origins: set[str]) -> str:
    first, *more = sorted(origins)
    return first + (f" and {len(more):,} more" if more else "")
