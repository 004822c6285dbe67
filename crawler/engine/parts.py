"""What the street is made of: workers' steps, queues, the parse pool, the book of batches."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from crawler.parse.parse_pool import ParsePool
from crawler.plumbing.byte_queue import ByteQueue
from crawler.trace.steps import Steps
from crawler.write.ledger import Ledger

if TYPE_CHECKING:
    from crawler.engine.traced import TracedParts


class Parts:
    """Those of a crawl that is not traced.

    Those of one that is are in :mod:`crawler.engine.traced`: they say what they do, and stand in the places
    of these. No station knows of it.
    """

    steps: Callable[[], Steps] = Steps
    queue: Callable[..., ByteQueue[Any]] = ByteQueue
    parse_pool: Callable[..., ParsePool] = ParsePool
    ledger: Callable[..., Ledger] = Ledger
    traced: "TracedParts | None" = None
    """These, where a trace is written."""
