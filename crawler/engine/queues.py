"""The three queues inside the main process; the fourth, to each writer process, belongs to ``write/``."""

from crawler.config import Config
from crawler.model.messages import Finished, Page, Ticket
from crawler.plumbing.byte_queue import ByteQueue
from crawler.watch.snapshot import QueueDepth


class Queues:
    """What the stations pass their messages through."""

    def __init__(self, config: Config) -> None:
        # Tickets weigh 1 each: this one only ever holds what an idle fetcher takes at once.
        self.tickets: ByteQueue[Ticket] = ByteQueue(config.fetch.concurrency, lambda _: 1, "fetch_queue")
        self.pages: ByteQueue[Page] = ByteQueue(
            config.limits.page_queue, lambda page: page.weight, "page_queue"
        )
        self.finished: ByteQueue[Finished] = ByteQueue(
            config.limits.finished_queue, lambda finished: finished.weight, "finished_queue"
        )

    def depths(self) -> list[QueueDepth]:
        """How full each is."""
        return [
            QueueDepth(queue.name.removesuffix("_queue"), len(queue), queue.bytes, queue.capacity)
            for queue in (self.pages, self.finished)
        ]
