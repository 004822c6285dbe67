"""Faults of other sites that do not count yet: they come and go, and nobody here can mend them."""

from collections.abc import Iterator, Sequence

from crawler.check.causes import Cause
from crawler.check.earlier.standing import Stand
from crawler.check.finding import Finding, HeldBack


def too_few(stand: Stand, cause: Cause, needed: int) -> int | None:
    """How many checks in a row have seen it, where that is fewer than ``needed``; None where it counts."""
    seen = stand.failed(cause)
    return seen if seen is not None and seen < needed else None


def held_back(findings: Sequence[Finding], stand: Stand, needed: int) -> Iterator[HeldBack]:
    """What of ``findings`` was seen by fewer checks in a row than are ``needed``, with this one."""
    for one in findings:
        seen = too_few(stand, Cause(one.rule, one.target), needed)
        if seen is not None:
            yield HeldBack(one.rule, one.target, one.message, one.places_count, seen, needed)
