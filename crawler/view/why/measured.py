"""What a trace says of where a crawl's time went: the figures from which ``--why`` judges.

Totals are of the whole trace; URLs one by one are kept of the first :data:`MAX_VISITS` alone, which are
enough for a simulation and bound the memory.
"""

from collections import Counter
from collections.abc import Iterable, Sequence

import msgspec

from crawler.model.outcomes import Activity
from crawler.trace.recorded import Model, Slice, Trace

MAX_VISITS = 20_000
"""URLs that are looked at one by one."""
NEW_REQUEST = 0.002
"""Seconds without a place after which a URL's next request is another attempt."""

_NETWORK = frozenset({Activity.ROBOTS, Activity.WAIT_FOR_ANSWER, Activity.READ})


class Batches(msgspec.Struct):
    """What batches took, and how much of that is for each batch, and for each record in it."""

    count: int = 0
    records: int = 0
    seconds: float = 0.0
    _squares: int = 0
    _products: float = 0.0

    def add(self, records: int, seconds: float) -> None:
        """One more."""
        self.count += 1
        self.records += records
        self.seconds += seconds
        self._squares += records * records
        self._products += records * seconds

    def costs(self) -> tuple[float, float]:
        """Seconds for each batch and for each record: the line through all of them (least squares).

        Where all are of one size nobody can tell; then it is for the batch.
        """
        if not self.count:
            return 0.0, 0.0
        mean = self.records / self.count
        spread = self._squares / self.count - mean * mean
        slope = (
            (self._products / self.count - mean * self.seconds / self.count) / spread
            if spread > 0.01
            else 0.0
        )
        each = min(max(slope, 0.0), self.seconds / max(self.records, 1))
        return self.seconds / self.count - each * mean, each


class Visited(msgspec.Struct):
    """One URL. All times are seconds since the trace began, or seconds."""

    network: float = 0.0
    """At the network, all attempts together."""
    answer: float = 0.0
    """Of that, until the first byte."""
    parse: float | None = None
    """CPU that it took a parser."""
    parse_began: float | None = None
    parsed: float | None = None
    """When what it names was known."""
    stays: list[tuple[float, float]] = []
    """From when to when it had a place, for each attempt."""
    tried: int | None = None
    """Which of these was the first attempt: those before it waited for robots.txt alone."""


class Measured(msgspec.Struct):
    """Where the time went. All times are seconds."""

    begin: float = 0.0
    """From the first request …"""
    end: float = 0.0
    """… to the last commit."""
    urls: int = 0
    pages: int = 0
    """Of the URLs: those that were parsed."""
    places: Counter[str] = msgspec.field(default_factory=Counter)
    """What the fetchers did, all together, by activity."""
    parse_cpu: float = 0.0
    parse_busy: float = 0.0
    """The same in wall time: more where parsers have to share the cores."""
    parsers_held: float = 0.0
    """Parsers that waited for a writer."""
    write_busy: float = 0.0
    sync: float = 0.0
    """Of the writers' time: waiting for the disk."""
    loop_cpu: float | None = None
    """Of the event loop; None where the trace does not tell."""
    writes: Batches = msgspec.field(default_factory=Batches)
    """CPU of the writers."""
    syncs: int = 0
    commits: Batches = msgspec.field(default_factory=Batches)
    queues: dict[str, float] = msgspec.field(default_factory=dict)
    """Seconds that items spent in each queue, all together."""
    visits: dict[int, Visited] = msgspec.field(default_factory=dict)
    """The first URLs, by row id, in the order in which they were asked for."""
    allowed: Sequence[tuple[float, float]] = ()
    """When, and how many requests at once the live page allowed then; 0 while it paused the crawl."""
    seen_until: float = 0.0
    """When the last of these had its answer."""

    @property
    def tried_again(self) -> int:
        """URLs that had more than one attempt."""
        return sum(
            visit.tried is not None and visit.tried + 1 < len(visit.stays) for visit in self.visits.values()
        )

    @property
    def seconds(self) -> float:
        """What the figures are shares of."""
        return max(self.end - self.begin, 1e-9)


def measure(trace: Trace) -> Measured:
    """Read the whole trace once."""
    found = Measured(allowed=trace.counters.get("at once") or ())
    begins: float | None = None
    for piece in trace.slices():
        track = trace.tracks[piece.track]
        if track.model is Model.QUEUE:
            found.queues[track.name] = found.queues.get(track.name, 0.0) + piece.end - piece.begin
        elif track.model is not Model.COROUTINE:
            _take_work(found, piece)
        elif track.name.startswith("fetch-"):
            begins = piece.begin if begins is None else min(begins, piece.begin)
            _take_fetch(found, piece)
        elif piece.name == Activity.WAIT_FOR_WRITER:
            found.parsers_held += piece.end - piece.begin
        elif piece.name == Activity.COMMIT:
            found.commits.add(len(piece.urls), piece.end - piece.begin)
            found.end = max(found.end, piece.end)
    found.urls = found.commits.records
    found.begin = begins or 0.0
    found.end = max(found.end, found.begin) or trace.seconds
    found.loop_cpu = _loop_cpu(trace, found.begin)
    return found


def _loop_cpu(trace: Trace, begin: float) -> float | None:
    """From the first request on: what the crawl's start took is not what its URLs take."""
    seen = trace.counters.get("loop cpu") or ()
    total = trace.meta.get("loop_cpu_seconds")
    before = max((value for at, value in seen if at <= begin), default=0.0)
    if total is None:
        total = seen[-1][1] if seen else None
    return None if total is None else max(0.0, float(total) - before)


def _visits_of(found: Measured, piece: Slice, *, may_add: bool = False) -> Iterable[Visited]:
    for row in piece.urls:
        visit = found.visits.get(row)
        if visit is None and may_add and len(found.visits) < MAX_VISITS:
            visit = found.visits[row] = Visited()
        if visit is not None:
            yield visit


def _take_fetch(found: Measured, piece: Slice) -> None:
    took = piece.end - piece.begin
    found.places[piece.name] += took  # type: ignore[assignment]
    for visit in _visits_of(found, piece, may_add=True):
        if piece.name in _NETWORK:
            visit.network += took
            found.seen_until = max(found.seen_until, piece.end)
        if piece.name == Activity.WAIT_FOR_ANSWER:
            visit.answer += took
        if visit.stays and piece.begin - visit.stays[-1][1] < NEW_REQUEST:
            visit.stays[-1] = visit.stays[-1][0], piece.end
        else:
            visit.stays.append((piece.begin, piece.end))
        if piece.name == Activity.WAIT_FOR_ANSWER and visit.tried is None:
            visit.tried = len(visit.stays) - 1


def _take_work(found: Measured, piece: Slice) -> None:
    """What a child did, or a thread."""
    took = piece.end - piece.begin
    cpu = took if piece.cpu is None else piece.cpu
    if piece.name == Activity.SYNC:
        found.sync += took
        found.write_busy += took
        found.syncs += 1
    elif piece.name == Activity.WRITE:
        found.write_busy += took
        found.writes.add(len(piece.urls), cpu)
    elif piece.name == Activity.PARSE:
        found.parse_cpu += cpu
        found.parse_busy += took
        found.pages += len(piece.urls)
        for visit in _visits_of(found, piece):
            visit.parse = (visit.parse or 0.0) + cpu / len(piece.urls)
            if visit.parse_began is None:
                visit.parse_began = piece.begin
            visit.parsed = piece.end
