"""A frontier that keeps nothing, for tests of the stations around it: each overrides what it wants to see."""

from collections.abc import Sequence

from crawler.model.messages import Commit, Finished, HostFeedback, StoredRobots, Ticket


class NoFrontier:
    """See :class:`crawler.frontier.protocol.Frontier`."""

    async def reconcile(self, lengths: dict[str, int]) -> dict[str, int]:
        return dict.fromkeys(lengths, 0)

    async def restore(self) -> None: ...

    async def add(self, urls: Sequence[str], *, depth: int = 0, priority: int = 0, sitemap: int = 0) -> int:
        return 0

    async def pop(self, most: int) -> list[Ticket]:
        return []

    async def fetched(self, ticket: Ticket, feedback: HostFeedback) -> None: ...

    async def retry(self, ticket: Ticket, delay: float) -> None: ...

    def put_back(self, ticket: Ticket) -> None: ...

    async def turn(self, url: str) -> None: ...

    async def finish(self, finished: Finished) -> None: ...

    async def commit(self, commits: Sequence[Commit]) -> None: ...

    def hold(self, on: bool) -> None: ...

    def close(self) -> None: ...

    async def flush(self) -> None: ...

    async def load_robots(self, origin: str) -> StoredRobots | None:
        return None

    async def save_robots(self, origin: str, status: int, body: bytes) -> None: ...

    async def save_live(self, picture: str) -> None: ...
