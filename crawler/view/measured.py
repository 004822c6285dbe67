"""What a trace says of where a crawl's time went: the figures from which ``--why`` judges.

Totals are of the whole trace; URLs one by one are kept of the first :data:`MAX_VISITS` alone, which are
enough for a simulation and bound the memory.
"""

from collections import Counter
from collections.abc import Iterable, Mapping

import msgspec

from crawler.model.outcomes import Activity
from crawler.model.rows import FirstNamed
from crawler.trace.recorded import Model, Slice, Trace

MAX_VISITS = 20_000
"""URLs that are looked at one by one."""
NEW_REQUEST = 0.002
"""Seconds without a place after which a URL's next request is another attempt."""

_NETWORK = frozenset({Activity.ROBOTS, Activity.WAIT_FOR_ANSWER, Activity.READ})


class Visited(msgspec.Struct):
    """One URL. All times are seconds since the trace began, or seconds."""

    network: float = 0.0
    """At the network, all attempts together."""
    answer: float = 0.0
    """Of that, until the first byte."""
    parse: float | None = None
    """CPU that it took a parser."""
    parsed: float | None = None
    """When what it names was known."""
    stays: list[tuple[float, float]] = []
    """From when to when it had a place, for each attempt."""


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
    write_cpu: float = 0.0
    batches: int = 0
    commit: float = 0.0
    queues: dict[str, float] = msgspec.field(default_factory=dict)
    """Seconds that items spent in each queue, all together."""
    visits: dict[int, Visited] = msgspec.field(default_factory=dict)
    """The first URLs, by row id, in the order in which they were asked for."""
    seen_until: float = 0.0
    """When the last of these had its answer."""

    @property
    def seconds(self) -> float:
        """What the figures are shares of."""
        return max(self.end - self.begin, 1e-9)


def measure(trace: Trace) -> Measured:
    """Read the whole trace once."""
    found = Measured()
    begins: float | None = None
    urls = 0
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
            found.commit += piece.end - piece.begin
            found.end = max(found.end, piece.end)
            urls += len(piece.urls)
    found.urls = urls
    found.begin = begins or 0.0
    found.end = max(found.end, found.begin) or trace.seconds
    return found


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


def _take_work(found: Measured, piece: Slice) -> None:
    """What a child did, or a thread."""
    took = piece.end - piece.begin
    cpu = took if piece.cpu is None else piece.cpu
    if piece.name == Activity.SYNC:
        found.sync += took
        found.write_busy += took
        found.batches += 1
    elif piece.name == Activity.WRITE:
        found.write_busy += took
        found.write_cpu += cpu
    elif piece.name == Activity.PARSE:
        found.parse_cpu += cpu
        found.parse_busy += took
        found.pages += len(piece.urls)
        for visit in _visits_of(found, piece):
            visit.parse = (visit.parse or 0.0) + cpu / len(piece.urls)
            visit.parsed = piece.end


def namer(found: Measured, named_by: Mapping[int, FirstNamed], row: int) -> Visited | None:
    """The URL whose page first named this one; None where that is not among the first."""
    first = named_by.get(row)
    return None if first is None or first.referrer is None else found.visits.get(first.referrer)


class Turns(msgspec.Struct, frozen=True):
    """How long the places at the network were taken, or why not, as shares of the time."""

    taken: float
    """All of them were taken."""
    kept_back: float
    """Some were free and URLs were known that were not asked for: their hosts' limits, or rests."""
    nothing_known: float
    """Some were free, and no URL was known that was not asked for already."""


def turns(found: Measured, named_by: Mapping[int, FirstNamed], at_once: int) -> Turns:
    """Why the places were free, from when each of the first URLs was known and asked for."""
    changes: list[tuple[float, int, int]] = []  # when, URLs known and not asked for, places taken
    for row, visit in found.visits.items():
        known = found.begin
        if (by := namer(found, named_by, row)) is not None:
            known = by.parsed if by.parsed is not None else by.stays[-1][1]
        for begin, end in visit.stays:
            changes += [(min(known, begin), 1, 0), (begin, -1, 1), (end, 0, -1)]
            known = end
    changes.sort()
    until = min(found.end, found.seen_until) if found.seen_until else found.end
    seconds = [0.0, 0.0, 0.0]
    last, waiting, taken = found.begin, 0, 0
    for at, more_waiting, more_taken in changes:
        at = min(at, until)
        if at > last:
            seconds[0 if taken >= at_once else 1 if waiting else 2] += at - last
            last = at
        waiting += more_waiting
        taken += more_taken
    whole = max(until - found.begin, 1e-9)
    return Turns(*(round(part / whole, 4) for part in seconds))
