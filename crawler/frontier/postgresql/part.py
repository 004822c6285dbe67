"""A partition that this node holds."""

import msgspec

from crawler.frontier.durable import Waits
from crawler.frontier.lane import Lane
from crawler.frontier.postgresql.schema import ID_BITS
from crawler.model.rows import Pace


class Part(msgspec.Struct, eq=False):
    """What is counted of one, from the moment in which its lock was taken."""

    number: int
    urls: int
    """Ever taken in."""
    done: int
    """Of them, committed ones."""
    last_id: int
    """The id of its newest URL."""
    lanes: list[Lane] = []
    last_lane: int = 0
    """The id of its newest lane."""
    busy: int = 0
    """URLs that were handed out and are not committed yet."""
    is_leaving: bool = False
    """It is another's, as soon as what is under way is done."""

    @property
    def is_drained(self) -> bool:
        """Whether nothing of it is under way."""
        return not self.busy and not any(lane.loading for lane in self.lanes)


class Loaded(msgspec.Struct):
    """What the database holds of a partition."""

    number: int
    urls: int
    done: int
    last_id: int
    was_left: bool
    """Its owner gave it back in good order, or never was."""
    lanes: list[tuple[int, str, Pace | None]]
    """Id, origin, pace."""
    marks: bytes
    """Its URLs' fingerprints, 8 bytes each, most significant first."""
    pending: list[Waits]


def part_of(row: int) -> int:
    """The partition that a URL's id belongs to."""
    return row >> ID_BITS
