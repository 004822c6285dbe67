"""What holds a frontier back, whatever waits in it: pauses, a bound on requests at once, its end."""

import asyncio
from collections.abc import Iterable

from crawler.config import Config
from crawler.frontier.hosts_now import HostsNow
from crawler.frontier.intake import Intake
from crawler.model.rows import HostNow


class Pausing(Intake):
    """Says how many may be handed out; :class:`~crawler.frontier.leasing.Leasing` decides which."""

    def __init__(self, config: Config, hash_seed: int) -> None:
        """``hash_seed`` is the crawl's own, for telling known URLs."""
        super().__init__(config, hash_seed)
        self._changed = asyncio.Event()
        self._closed = False
        self.paused_by: set[str] = set()
        self.at_once = config.fetch.concurrency
        self._hosts = HostsNow(self._lanes)

    @property
    def _free(self) -> int:
        """Tickets that may be handed out now."""
        return 0 if self.paused_by else self.at_once - self._lanes.in_flight

    def pause(self, by: str) -> None:
        """Hand nothing out, while what is in flight is finished."""
        self.paused_by.add(by)
        self._changed.set()

    def resume(self, by: str) -> None:
        """Hand out tickets again, if nobody else wants it paused."""
        self.paused_by.discard(by)
        self._changed.set()

    def set_at_once(self, most: int) -> None:
        """Hand out up to ``most`` at once from now on."""
        self.at_once = most
        self._changed.set()

    def close(self) -> None:
        """Hand out no more tickets."""
        self._closed = True
        self._changed.set()

    def hosts_now(self, most: int, asked: Iterable[str] = ()) -> tuple[int, list[HostNow]]:
        """How many hosts are known, and up to ``most`` that are worth a look."""
        return self._hosts.take(most, asked)
