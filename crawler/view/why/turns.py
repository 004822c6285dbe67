"""Why places at the network were free: politeness, other attempts, parsers that are behind, or no URL."""

from bisect import bisect
from collections.abc import Iterator, Mapping
from enum import IntEnum
from itertools import pairwise
from math import inf
from operator import itemgetter

import msgspec

from crawler.model.rows import FirstNamed
from crawler.trace.recorded import Trace
from crawler.view.why.measured import Measured, Visited

FEW = 5
"""URLs that are tried again: what keeps so few waiting is their own back-off, and not their hosts' limits."""
REST = 0.1
"""Seconds without a request, though URLs are known: that is a rest, and not the loop's doing."""
NAMED = 20
"""URLs that are named of those that were tried again."""


def namer(found: Measured, named_by: Mapping[int, FirstNamed], row: int) -> Visited | None:
    """The URL whose page first named this one; None where that is not among the first."""
    first = named_by.get(row)
    return None if first is None or first.referrer is None else found.visits.get(first.referrer)


class Turns(msgspec.Struct, frozen=True):
    """How long the places at the network were taken, or why not, as shares of the time."""

    taken: float
    """All of them were taken."""
    held: float
    """All that the live page allowed were taken: it allowed fewer than the settings, or had paused."""
    kept_back: float
    """Some were free and URLs were known that were not asked for: their hosts' limits, or rests."""
    resting: float
    """The same where hosts have no limits: nothing was asked for for a while, so the host rested after an
    answer (429 or 503)."""
    behind: float
    """Some were free and no URL was known, but pages waited for a parser."""
    again: float
    """Some were free, and the only URLs left were some that had failed and were tried again."""
    nothing_known: float
    """Some were free, and no URL was known that was not asked for already."""


class Again(msgspec.Struct, frozen=True):
    """A URL that was tried again while nothing else was left to do."""

    url: str
    attempts: int
    seconds: float
    """For how long nothing else was left, or the host rested, while it waited for its last attempt."""


class _Kind(IntEnum):
    """What there is some number of at each moment; the first ones are URLs."""

    WAITING = 0
    """Known, and not asked for yet."""
    AGAIN = 1
    """Between the end of the first attempt and that of the last one."""
    TAKEN = 2
    """Places."""
    NEW = 3
    """Of these, by URLs that were not tried before."""
    PAGES = 4
    """Not parsed."""
    ALLOWED = 5
    """Places that may be taken."""


_Step = tuple[float, _Kind, int, int]
"""When, of what, by how much it changes, and the URL."""


def turns(
    found: Measured, named_by: Mapping[int, FirstNamed], at_once: int, *, limited: bool = False
) -> tuple[Turns, dict[int, float]]:
    """Why the places were free, from when each of the first URLs was known and asked for.

    ``limited``: hosts have a delay or a limit. Also gives how many seconds the crawl waited for each URL that
    was tried again, by row id.
    """
    steps = [step for row in found.visits for step in _steps_of(found, named_by, row)]
    steps += [(at, _Kind.ALLOWED, more, 0) for at, more in _allowed(found, at_once)]
    steps.sort()
    until = min(found.end, found.seen_until) if found.seen_until else found.end
    seconds = dict.fromkeys(Turns.__struct_fields__, 0.0)
    counts, last, tail = [0, 0, 0, 0, 0, at_once], found.begin, _tail(found)
    waits: dict[int, float] = {}
    rests = _rests(found) if named_by and not limited else []  # without names nobody knows what was known
    for at, kind, more, row in steps:
        at = min(at, until)
        if at > last:
            rest = bisect(rests, last, key=itemgetter(0)) - 1
            is_rest = rest >= 0 and last < rests[rest][1]
            is_many = limited and counts[_Kind.AGAIN] > FEW
            name = _why(counts, at_once, is_many=is_many, is_rest=is_rest, is_tail=last >= tail)
            seconds[name] += at - last
            last = at
        counts[kind] += more
        if kind is _Kind.AGAIN:
            waits[row] = waits.get(row, 0.0) - more * (seconds["again"] + seconds["resting"])
    whole = max(until - found.begin, 1e-9)
    shares = {name: round(part / whole, 4) for name, part in seconds.items()}
    return Turns(**shares), {row: wait for row, wait in waits.items() if wait > 0}


def tried_again(trace: Trace, found: Measured, waits: Mapping[int, float]) -> list[Again]:
    """Those that kept the crawl longest, at most :data:`NAMED`; ``waits`` as :func:`turns` gave them."""
    rows = sorted(waits, key=lambda row: -waits[row])[:NAMED]
    urls = trace.url_of(rows)
    return [
        Again(urls.get(row, f"URL {row}"), len(found.visits[row].stays), round(waits[row], 4)) for row in rows
    ]


def _why(counts: list[int], at_once: int, *, is_many: bool, is_rest: bool, is_tail: bool) -> str:
    """The field of :class:`Turns` that this moment counts for."""
    waiting, again, taken, new, pages, allowed = counts
    if taken >= min(at_once, allowed):
        return "taken" if allowed >= at_once else "held"
    if waiting or is_many:
        return "resting" if is_rest else "kept_back"
    if pages:
        return "behind"
    # What is asked for the first time may name more. Only at the end it is known that it did not.
    return "again" if again and (is_tail or not new) else "nothing_known"


def _rests(found: Measured) -> list[tuple[float, float]]:
    """From when to when nothing was asked for, in order."""
    begins = sorted(begin for visit in found.visits.values() for begin, _ in visit.stays)
    return [(one, other) for one, other in pairwise(begins) if other - one > REST]


def _tail(found: Measured) -> float:
    """From when on nothing but other attempts begins, where they outlast all else; else never."""
    last_new, first_ends, last_end = 0.0, 0.0, 0.0
    for visit in found.visits.values():
        tried = visit.stays[visit.tried or 0]
        last_new, first_ends = max(last_new, tried[0]), max(first_ends, tried[1])
        last_end = max(last_end, visit.stays[-1][1])
    return last_new if last_end > first_ends else inf


def _allowed(found: Measured, at_once: int) -> Iterator[tuple[float, int]]:
    """When, and by how much, the live page changed how many places may be taken."""
    before = at_once
    for at, allowed in found.allowed:
        if allowed != before:
            yield max(at, found.begin), int(allowed) - before
            before = int(allowed)


def _steps_of(found: Measured, named_by: Mapping[int, FirstNamed], row: int) -> Iterator[_Step]:
    """What one URL changes."""
    visit, known = found.visits[row], found.begin
    if (by := namer(found, named_by, row)) is not None:
        known = by.parsed if by.parsed is not None else by.stays[-1][1]
    first = len(visit.stays) - 1 if visit.tried is None else visit.tried
    for number, (begin, end) in enumerate(visit.stays):
        if number <= first:
            yield from _from_to(_Kind.WAITING, min(known, begin), begin, row)
            yield from _from_to(_Kind.NEW, begin, end, row)
        yield from _from_to(_Kind.TAKEN, begin, end, row)
        known = end
    if first < len(visit.stays) - 1:
        yield from _from_to(_Kind.AGAIN, visit.stays[first][1], visit.stays[-1][1], row)
    if visit.parse_began is not None:
        yield from _from_to(_Kind.PAGES, min(visit.stays[-1][1], visit.parse_began), visit.parse_began, row)


def _from_to(kind: _Kind, begin: float, end: float, row: int) -> tuple[_Step, _Step]:
    return (begin, kind, 1, row), (end, kind, -1, row)
