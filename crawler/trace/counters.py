"""Counters of one crawl, written by the main loop alone and read by whoever shows them.

Plain attributes, no lock: only the loop's thread writes, and a reader in another thread sees
each integer whole, at worst a moment old.
"""

import time
from collections import Counter

import msgspec


class Counters(msgspec.Struct):
    """What happened since this process started crawling (a resumed crawl starts at zero)."""

    started: float = msgspec.field(default_factory=time.monotonic)
    requests: int = 0
    """HTTP requests sent, robots.txt and retries included."""
    retries: int = 0
    bytes: int = 0
    """Decoded body bytes read."""
    fetched: int = 0
    """Tickets whose exchange is over, whatever came of it."""
    parsed: int = 0
    extract_failed: int = 0
    """Pages on which the extract function failed."""
    committed: int = 0
    """Records committed."""
    targets: int = 0
    """URLs committed that no record sink has: see :class:`crawler.model.outcomes.Purpose`."""
    batches: int = 0
    links_out_of_scope: int = 0
    links_too_deep: int = 0
    links_nofollow: int = 0
    links_too_long: int = 0
    parser_restarts: int = 0
    writer_restarts: int = 0
    memory: int = 0
    """Bytes that all processes of the crawl take; 0 where that cannot be read."""
    peak_memory: int = 0
    """The most that was ever seen of it."""
    longest_stall: float = 0.0
    """Longest time in seconds that the event loop was blocked."""
    outcomes: Counter[str] = msgspec.field(default_factory=Counter)
    """Committed records by outcome."""
    kinds: Counter[str] = msgspec.field(default_factory=Counter)
    """Committed records by kind, those that are not ok."""
    statuses: Counter[int] = msgspec.field(default_factory=Counter)
    """Answers by HTTP status."""
