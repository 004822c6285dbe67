"""What a page, a fault and a robots.txt of the internet can be."""

from enum import Enum, auto
from typing import NamedTuple


class Role(Enum):
    """What a page is once its fault is healed."""

    PAGE = auto()
    REDIRECT = auto()
    MISSING = auto()
    """404."""
    BROKEN = auto()
    """500, for ever."""


class Trouble(Enum):
    """What keeps a page from being answered at first."""

    SERVER_ERROR = auto()
    """500."""
    UNAVAILABLE = auto()
    """503 with Retry-After."""
    TOO_MANY = auto()
    """429 with Retry-After."""
    RESET = auto()
    """The connection is reset amid the head of the answer: before it, a client may ask again at once."""
    CUT = auto()
    """The connection is closed amid the body."""
    SLOW = auto()
    """The answer comes late."""


class Fault(NamedTuple):
    """A trouble, and how many requests meet it before the page is healed."""

    trouble: Trouble
    times: int


class RobotsFile(NamedTuple):
    """What a host's robots.txt is."""

    status: int
    """200, 404, or 503 for ever: then the host is closed to everybody who obeys."""
    forbids: bool
    """It forbids the folder ``/private/``."""
    crawl_delay: float
    """Seconds; 0 where it asks for none."""
    fails: int
    """Requests that are answered with 503 before it is there."""
