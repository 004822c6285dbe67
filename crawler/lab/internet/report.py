"""What the witness is told, and what it tells: the limits, the violations, the figures."""

from enum import StrEnum

import msgspec

MAX_VIOLATIONS = 10_000
"""Those that are kept; all are counted."""
MAX_NAMED = 1_000


class Rule(StrEnum):
    """What can be violated."""

    PER_HOST = "per-host"
    DELAY = "delay"
    CRAWL_DELAY = "crawl-delay"
    RETRY_AFTER = "retry-after"
    ROBOTS = "robots"


class Limits(msgspec.Struct, frozen=True):
    """What is held against what arrives; None is no limit."""

    per_host: int | None = 2
    delay: float | None = 0.5
    """Seconds between the starts of two requests to a host."""
    tolerance: float = 0.05
    """Seconds by which a request may come early."""
    notice: float = 0.2
    """Seconds in which a request may still come that was sent before an answer with Retry-After was read."""
    robots: bool = True
    """robots.txt is to be obeyed, with its Crawl-delay."""


class Violation(msgspec.Struct, frozen=True):
    """One request that should not have come, or not yet."""

    rule: Rule
    host: str
    path: str
    at: float
    """Unix time in seconds."""
    by: float
    """Seconds too early; for ``per-host`` requests too many; for ``robots`` 1."""


class HostReport(msgspec.Struct, frozen=True):
    """What is told of one host."""

    requests: int
    at_once: int
    peak: int
    shortest_gap: float | None
    violations: int


class LedgerReport(msgspec.Struct, frozen=True):
    """What the witness tells."""

    requests: int
    under_way: int
    hosts: int
    """That were asked for anything."""
    pages: int
    """That were answered whole."""
    again: int
    """Whole answers of pages that had been answered whole before."""
    failures: int
    """Answers that were none: faults, and robots.txt that is not there yet, or never."""
    strange: int
    """Requests for what is not of this world."""
    peak: int
    """Most requests at once to any host."""
    shortest_gap: float | None
    """Seconds, of any host."""
    limits: Limits
    counts: dict[Rule, int]
    """Violations, all of them."""
    violations: list[Violation]
    """The first MAX_VIOLATIONS."""
    asked_again: list[str]
    """The first MAX_NAMED URLs of ``again``."""
