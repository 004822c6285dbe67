"""Why places at the network were free: politeness, parsers that are behind, or a site that names no more."""

from collections.abc import Mapping

import msgspec

from crawler.model.rows import FirstNamed
from crawler.view.why.measured import Measured, Visited


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
    behind: float
    """Some were free and no URL was known, but pages waited for a parser."""
    nothing_known: float
    """Some were free, and no URL was known that was not asked for already."""


def turns(found: Measured, named_by: Mapping[int, FirstNamed], at_once: int) -> Turns:
    """Why the places were free, from when each of the first URLs was known and asked for."""
    # When, and by how much these change: URLs known and not asked for, places taken, pages not parsed.
    changes: list[tuple[float, int, int, int]] = []
    for row, visit in found.visits.items():
        known = found.begin
        if (by := namer(found, named_by, row)) is not None:
            known = by.parsed if by.parsed is not None else by.stays[-1][1]
        for begin, end in visit.stays:
            changes += [(min(known, begin), 1, 0, 0), (begin, -1, 1, 0), (end, 0, -1, 0)]
            known = end
        if visit.parse_began is not None:
            fetched = min(visit.stays[-1][1], visit.parse_began)
            changes += [(fetched, 0, 0, 1), (visit.parse_began, 0, 0, -1)]
    changes.sort()
    until = min(found.end, found.seen_until) if found.seen_until else found.end
    seconds = [0.0, 0.0, 0.0, 0.0]
    last, waiting, taken, pages = found.begin, 0, 0, 0
    for at, more_waiting, more_taken, more_pages in changes:
        at = min(at, until)
        if at > last:
            seconds[0 if taken >= at_once else 1 if waiting else 2 if pages else 3] += at - last
            last = at
        waiting += more_waiting
        taken += more_taken
        pages += more_pages
    whole = max(until - found.begin, 1e-9)
    return Turns(*(round(part / whole, 4) for part in seconds))
