"""One memory ceiling for all processes together: how it is shared out, and what is done as it fills up.

Below the first mark (a watermark) nothing happens. Above it no URL is leased any more: what is in flight is
finished, and its memory is freed. If that does not stop the growth, the largest parser is replaced. What
cannot be freed is the set of known URLs: when nothing is in flight and the mark is still passed, or when
the main process takes the whole ceiling alone, the crawl ends and says so.
"""

from collections.abc import Mapping
from enum import Enum

import msgspec

MIB = 1024 * 1024
SMALLEST = 256 * MIB
"""Bytes: the lowest ceiling; below it the processes alone, with nothing to do, take most of it."""
OF_THE_MACHINE = 1 / 3
HOLD_AT = 0.85
"""Share of the ceiling from which nothing is leased: the high watermark."""
GO_ON_AT = 0.75
"""Share below which it is leased again: the low watermark, well below, so that it does not flutter."""
REPLACE_AT = 0.95
"""Share from which the largest parser is replaced, whatever it is doing."""
MAX_FUTILE = 3
"""Looks in a row at which holding was of no use before the crawl gives up; freed memory may take a moment."""


class Shares(msgspec.Struct, frozen=True):
    """Bounds in bytes, each a setting of the same meaning."""

    page_queue: int
    finished_queue: int
    max_unacked: int
    spool_above: int
    """For one body on its way into memory."""
    parser: int
    """For one parser's data (rlimit)."""


def ceiling_of(machine: int) -> int:
    """Bytes that a crawl may take of a machine with ``machine`` bytes, where nothing else is said."""
    return max(SMALLEST, int(machine * OF_THE_MACHINE))


def split(ceiling: int, wanted: Shares, bodies: int) -> Shares:
    """What is ``wanted``, cut where that is more than its share of ``ceiling`` bytes.

    Pages that wait and the ``bodies`` that are being read at once get an eighth each, records that wait and
    those on their way to the disk a sixteenth each. One parser may take a third: the parsers' sum is
    watched, not split, or many parsers would leave to each less than a large page needs.
    """
    return Shares(
        page_queue=min(wanted.page_queue, ceiling // 8),
        finished_queue=min(wanted.finished_queue, ceiling // 16),
        max_unacked=min(wanted.max_unacked, ceiling // 16),
        spool_above=min(wanted.spool_above, max(16 * 1024, ceiling // 8 // bodies)),
        parser=min(wanted.parser, ceiling // 3),
    )


class MemoryUse(msgspec.Struct, frozen=True):
    """Bytes that the processes of a crawl take at one moment."""

    main: int
    parsers: Mapping[int, int]
    """By pid."""
    others: int = 0
    """Writers, the fork server, and whatever an extract function has started."""

    @property
    def total(self) -> int:
        """All together."""
        return self.main + sum(self.parsers.values()) + self.others


class Fill(Enum):
    """What the fill asks for."""

    NORMAL = "normal"
    HOLD = "hold"
    """Lease nothing; finish what is in flight."""
    GIVE_UP = "give up"
    """It cannot become better."""


class Verdict(msgspec.Struct, frozen=True):
    """What is to be done."""

    fill: Fill
    replace: int | None = None
    """The pid of a parser that takes too much."""


class MemoryRule:
    """Judges one look after the other; it has no clock, its unit of time is the look."""

    def __init__(self, ceiling: int) -> None:
        """``ceiling`` in bytes."""
        self.ceiling = ceiling
        self.is_holding = False
        self._futile = 0

    def judge(self, use: MemoryUse, in_flight: int) -> Verdict:
        """What ``use`` asks for; ``in_flight`` URLs are between the frontier and their commit."""
        if use.main >= self.ceiling:
            return Verdict(Fill.GIVE_UP)
        # With nothing in flight nothing more comes free by waiting: then only the upper mark counts.
        mark = GO_ON_AT if self.is_holding and in_flight else HOLD_AT
        self.is_holding = use.total >= mark * self.ceiling
        if not self.is_holding:
            self._futile = 0
            return Verdict(Fill.NORMAL)
        replace = None
        if not in_flight or use.total >= REPLACE_AT * self.ceiling:
            replace = self._largest_parser(use)
        self._futile = 0 if in_flight or replace is not None else self._futile + 1
        return Verdict(Fill.GIVE_UP if self._futile >= MAX_FUTILE else Fill.HOLD, replace)

    def _largest_parser(self, use: MemoryUse) -> int | None:
        """One that is worth it: a fresh one takes some 40 MiB as well."""
        pid = max(use.parsers, key=use.parsers.__getitem__, default=None)
        return pid if pid is not None and use.parsers[pid] >= max(64 * MIB, self.ceiling // 16) else None
