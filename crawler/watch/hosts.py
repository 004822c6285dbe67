"""How the crawl stands host by host."""

from collections.abc import Iterable
from typing import Any, Protocol


class PaceRow(Protocol):
    """How politely one origin was asked; whoever reads ``crawl.db`` makes such rows."""

    @property
    def per_host(self) -> int:
        """Requests at once that the settings allow."""

    @property
    def delay(self) -> float:
        """Seconds between the starts of two that the settings and Crawl-delay ask for."""

    @property
    def slots_now(self) -> int:
        """Requests at once as the throttle allows now."""

    @property
    def delay_now(self) -> float:
        """Seconds between the starts of two as the throttle asks for now."""

    @property
    def slow(self) -> float:
        """How many times slower than its limits; 1 is full speed."""

    @property
    def requests(self) -> int:
        """Ever started, robots.txt and retries included."""

    @property
    def failures(self) -> int:
        """Of these: no answer, 429 or 5xx."""

    @property
    def peak(self) -> int:
        """Most requests that were ever under way at once."""

    @property
    def smallest_gap(self) -> float | None:
        """Seconds between the starts of two, at least; None before the second."""

    @property
    def resting_until(self) -> float | None:
        """Unix time until which an answer asked us to rest; None if none ever did."""


class HostRow(Protocol):
    """One origin and how many of its URLs ended how; whoever reads ``crawl.db`` makes such rows."""

    @property
    def origin(self) -> str:
        """As ``http://host:port``, without a default port."""

    @property
    def pending(self) -> int:
        """Not finished, those in flight included."""

    @property
    def ok(self) -> int:
        """Read and parsed whole."""

    @property
    def truncated(self) -> int:
        """Of which only a part was kept."""

    @property
    def error(self) -> int:
        """That could not be read."""

    @property
    def skipped(self) -> int:
        """Not read on purpose."""

    @property
    def pace(self) -> PaceRow | None:
        """How politely it was asked; None where it never was."""


COLUMNS = ("ok", "truncated", "error", "skipped", "pending")


def host_counts(host: HostRow) -> dict[str, Any]:
    """The row as a dict: its origin and the five counts."""
    return {"origin": host.origin, **{column: getattr(host, column) for column in COLUMNS}}


def host_pace(host: HostRow, now: float) -> dict[str, Any]:
    """How the host was asked, as a dict: limits and what was kept of them. ``now``: Unix time.

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


def total(host: HostRow) -> int:
    """All URLs of the host."""
    return host.ok + host.truncated + host.error + host.skipped + host.pending


def largest(hosts: Iterable[HostRow], most: int) -> list[HostRow]:
    """The ``most`` hosts with the most URLs, the largest first; by name where they are equal."""
    return sorted(hosts, key=lambda host: (-total(host), host.origin))[:most]
