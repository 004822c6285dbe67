"""What the street is made of: workers' steps, queues, the parse pool, the book of batches.

Those of a crawl that is traced are in :mod:`crawler.engine.traced`: they say what they do, and stand in the
places of these. No station knows of it.
"""

from collections.abc import Callable, Coroutine, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from crawler.config import Config
from crawler.model.messages import Finished, Page, Ticket
from crawler.parse.parse_pool import ParsePool
from crawler.plumbing.byte_queue import ByteQueue
from crawler.trace.steps import Steps
from crawler.write.ledger import Ledger

if TYPE_CHECKING:
    from crawler.engine.stations import Stations

Item = TypeVar("Item", Ticket, Page, Finished)


class Parts:
    """Those of a crawl that is not traced."""

    steps: Callable[[], Steps] = Steps
    parse_pool: Callable[..., ParsePool] = ParsePool
    ledger: Callable[..., Ledger] = Ledger

    def queue(self, capacity: int, weigh: Callable[[Item], int], name: str) -> ByteQueue[Item]:
        """A queue of the street; ``capacity`` is in the unit of ``weigh``."""
        return ByteQueue(capacity, weigh, name)

    async def start(self) -> None:
        """Before the crawl begins."""

    async def stop(self) -> None:
        """When all else has ended."""

    def watchers(self, _stations: "Stations", /) -> Iterable[Coroutine[Any, Any, None]]:
        """What is to run beside the street."""
        return ()


def parts_of(config: Config, out: Path, generation: int) -> Parts:
    """Those of a crawl with these settings, in its output folder."""
    if not config.trace.write:
        return Parts()
    from crawler.engine.traced import TracedParts

    return TracedParts(config, out, generation)
