"""How the crawl stands host by host."""

from collections.abc import Iterable
from typing import Any, Protocol


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


COLUMNS = ("ok", "truncated", "error", "skipped", "pending")


def host_counts(host: HostRow) -> dict[str, Any]:
    """The row as a dict: its origin and the five counts."""
    return {"origin": host.origin, **{column: getattr(host, column) for column in COLUMNS}}


def total(host: HostRow) -> int:
    """All URLs of the host."""
    return host.ok + host.truncated + host.error + host.skipped + host.pending


def largest(hosts: Iterable[HostRow], most: int) -> list[HostRow]:
    """The ``most`` hosts with the most URLs, the largest first; by name where they are equal."""
    return sorted(hosts, key=lambda host: (-total(host), host.origin))[:most]
