"""The state of the crawl, host by host."""

from collections.abc import Iterable
from typing import Any

from crawler.model.rows import HostRow

COLUMNS = ("ok", "truncated", "error", "skipped", "pending")


def host_counts(host: "HostRow") -> dict[str, Any]:
    """The row as a dict: its origin and the five counts."""
    return {"origin": host.origin, **{column: getattr(host, column) for column in COLUMNS}}


def host_pace(host: "HostRow", now: float) -> dict[str, Any]:
    """How politely the host was asked, as a dict: its limits and what was measured. ``now``: Unix time.

    Empty where it was never asked.
    """
    pace = host.pace
    if pace is None:
        return {}
    gap = pace.smallest_gap
    return {
        "requests": pace.requests,
        "failures": pace.failures,
        "per_host": pace.per_host,
        "peak": pace.peak,
        "delay": pace.delay,
        "smallest_gap_ms": None if gap is None else round(gap * 1_000, 3),
        "slowed": round(pace.slow, 2),
        "per_host_now": pace.slots_now,
        "delay_now": round(pace.delay_now, 3),
        "resting_seconds": round(max(0.0, (pace.resting_until or 0.0) - now), 1),
    }


def largest(hosts: "Iterable[HostRow]", most: int) -> "list[HostRow]":
    """The ``most`` hosts with the most URLs, the largest first; by name where they are equal."""
    return sorted(hosts, key=lambda host: (-sum(getattr(host, end) for end in COLUMNS), host.origin))[:most]
