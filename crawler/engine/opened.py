"""What a start of a crawl finds."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Generic, TypeVar

import msgspec

from crawler.frontier.protocol import Stored

if TYPE_CHECKING:
    from crawler.frontier.earlier_thread import EarlierGeneration

S = TypeVar("S", bound=Stored)


class Opened(msgspec.Struct, Generic[S]):
    """What a start finds."""

    state: S
    generation: int
    """1, and one more each time that the site is crawled again into OUT."""
    hash_seed: int
    """Of the crawl's own, so that no site can make two of its URLs look like one."""
    runs: int
    """How many times the crawl was begun or resumed, this time included."""
    started_at: str
    next_batch: int
    logins: Mapping[str, str]
    """The logins of the seeds' URLs: ``user:password`` by origin. Never saved."""
    earlier: "EarlierGeneration | None" = None
    """The generation before."""
    goes_on: bool = False
    """A further generation was asked for, and the last one had not ended: it is gone on with."""
    is_comparable: bool = False
    """Its records are what the same pages would give now."""
