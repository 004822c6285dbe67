"""One of the two crawls of a comparison, as it was at one moment."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import msgspec

from crawler.comparison.difference import Side
from crawler.frontier.compared import PageRow
from crawler.frontier.view import FrontierView, generations, open_view
from crawler.model.cluster import CLUSTER_FILE
from crawler.model.errors import CrawlFailed, OutputError, UsageError
from crawler.model.generations import named
from crawler.model.rows import Part
from crawler.rules.urls import login, origin
from crawler.sinks import SINKS
from crawler.sinks.base import Sink, unreadable
from crawler.write.reading import Recorded, gone, pieces, sink_with_records
from crawler.write.requirements import how_to_install


class Place(NamedTuple):
    """Where a crawl lies."""

    out: Path
    generation: int


def place_of(name: str | Path) -> Place:
    """What a folder, or OUT@2, names: by itself, its last generation. Raises OutputError for no crawl."""
    found = named(str(name), is_folder=Path(name).is_dir())
    out, generation = Path(found.out), found.generation
    there = generations(out)
    if not there:
        with open_view(out):  # which says what is wrong
            pass
    return Place(out, there[-1] if generation is None else generation)


def last_two(name: str | Path) -> tuple[Place, Place]:
    """The last generation of a folder, and the one before it. Raises OutputError where there are no two."""
    last = place_of(name)
    before = [number for number in generations(last.out) if number < last.generation]
    if not before:
        how = f", or crawl it again first (crawler recrawl {last.out})"
        raise OutputError(
            f"{last.out} holds one crawl alone: name two{'' if (last.out / CLUSTER_FILE).exists() else how}"
        )
    return Place(last.out, before[-1]), last


class _Url(msgspec.Struct, gc=False):
    url: str


_decode = msgspec.json.Decoder(_Url).decode


class Crawled:
    """What is committed of it. For one thread, while its database is open."""

    def __init__(self, view: FrontierView, place: Place, *, by_path: bool) -> None:
        """``by_path``: its pages are told apart by path and query, whatever their origin."""
        self._view, self._by_path, self.place = view, by_path, place
        meta, counts = view.meta(), view.counts()
        self.origins = view.origins()
        self.has_hashes = view.has_hashes()
        is_one = len(generations(place.out)) == 1
        self.side = Side(
            str(place.out) if is_one else f"{place.out}@{place.generation}",
            place.generation,
            meta.get("state", "incomplete"),
            meta.get("started_at"),
            sum(counts.values()),
            counts["pending"],
        )
        settings = view.settings()
        self.keeps_text: bool = settings.get("parse", {}).get("keep_text", False)
        self.max_body: int = settings.get("fetch", {}).get("max_body", 0)
        """Bytes of a page that were read."""
        self._recorded = Recorded(place.out, place.generation, view.sinks(), view.parts(place.out))
        self._sink = _sink_of(self._recorded)

    @property
    def has_records(self) -> bool:
        """Whether a sink of it holds what pages say; else its database is all there is."""
        return self._sink is not None

    def pages(self) -> Iterator[PageRow]:
        """Its pages in the order of their keys, with the targets of redirects as :meth:`shown` has them."""
        for row in self._view.pages_by(_path if self._by_path else None):
            yield row if row.target is None else row._replace(target=self.shown(row.target))

    def shown(self, url: str) -> str:
        """A URL as it is compared and told: without user and password; by path, if it is one of its own."""
        url = login(url)[0]
        return _path(url) if self._by_path and origin(url) in self.origins else url

    def records(self, wanted: Iterable[PageRow]) -> Iterator[tuple[PageRow, bytes]]:
        """The records of pages, in the order in which they lie. Raises CrawlFailed where one is damaged."""
        sink = self._sink
        if sink is None:
            return
        if sink.missing():
            raise UsageError(f"reading {self._file(self.place.out, sink)} {how_to_install(sink)}")
        for part, of_part in self._by_part(wanted):
            by_batch: dict[int, list[PageRow]] = defaultdict(list)
            for row in of_part:
                by_batch[row.batch or 0].append(row)
            for batches in _runs(sorted(by_batch)):
                rows = {row.url: row for batch in batches for row in by_batch[batch]}
                begin, _ = self._view.span_of(sink.name, batches[0])
                _, end = self._view.span_of(sink.name, batches[-1])
                yield from self._between(begin, end, sink, self._file(part.folder, sink), rows)

    def _by_part(self, rows: Iterable[PageRow]) -> Iterator[tuple[Part, list[PageRow]]]:
        """Those of each folder that has records of them."""
        parts = self._recorded.parts
        firsts, found = [part.first for part in parts], defaultdict(list)
        for row in rows:
            found[max(bisect_left(firsts, row.batch or 0) - 1, 0)].append(row)
        for at in sorted(found):
            yield parts[at], found[at]

    def _file(self, folder: Path, sink: type[Sink]) -> Path:
        return folder / sink.file_of(self.place.generation)

    def _between(
        self, begin: int, end: int, sink: type[Sink], path: Path, rows: dict[str, PageRow]
    ) -> Iterator[tuple[PageRow, bytes]]:
        number = 0
        try:
            for line in sink.read(path, end, begin):
                row = rows.pop(_decode(line).url, None)
                if row is not None:
                    yield row, line
                number += 1
        except OutputError as error:
            raise CrawlFailed(str(error)) from error
        except msgspec.DecodeError as error:
            raise CrawlFailed(str(unreadable(path, f"a record is damaged, {error}", number))) from None
        for row in rows.values():
            why = f"the record of {self.shown(row.url)} is missing"
            raise CrawlFailed(str(unreadable(path, why, number)))

    def answers(self, rows: Iterable[PageRow]) -> Iterator[tuple[str, bytes, bytes]]:
        """What was last answered to pages: URL, head, payload; of those that an archive has.

        Raises CrawlFailed where it is damaged.
        """
        sink = next((kind for kind in self._archives() if not kind.missing()), None)
        if sink is None:
            return
        try:
            for part, of_part in self._by_part(rows):
                _, end = part.spans.get(sink.name, (0, 0))
                urls = {row.url for row in of_part}
                yield from sink.read_answers(self._file(part.folder, sink), end, urls, 2 * self.max_body)
        except OutputError as error:
            raise CrawlFailed(str(error)) from error

    @property
    def has_answers(self) -> bool:
        """Whether an archive of it holds what servers answered."""
        return any(not kind.missing() for kind in self._archives())

    def _archives(self) -> Iterator[type[Sink]]:
        for kind in SINKS.values():
            if kind.needs_answers and kind.name in self._recorded.sinks:
                paths = [piece.path for piece in pieces(self._recorded, kind)]
                if paths and all(path.exists() for path in paths):
                    yield kind


def _runs(batches: Sequence[int]) -> Iterator[list[int]]:
    """Those that follow each other, which are read in one go."""
    run: list[int] = []
    for batch in batches:
        if run and batch > run[-1] + 1:
            yield run
            run = []
        run.append(batch)
    if run:
        yield run


@contextmanager
def crawled(place: Place, *, by_path: bool) -> Iterator[Crawled]:
    """The crawl there. Raises OutputError where there is none, StoreFailed where it is damaged."""
    with open_view(place.out, place.generation) as view, view.one_moment():
        yield Crawled(view, place, by_path=by_path)


def _path(url: str) -> str:
    """Path and query of a serialised URL."""
    at = url.find("/", url.find("://") + 3)
    return "/" if at < 0 else url[at:]


def _sink_of(recorded: Recorded) -> type[Sink] | None:
    sink = sink_with_records(recorded)
    holding = [kind for kind in SINKS.values() if kind.name in recorded.sinks and kind.holds_records]
    if sink is None and holding:
        raise gone(recorded, holding[0])
    return sink
