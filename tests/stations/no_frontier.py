"""A frontier that keeps nothing, for tests of the stations around it: each overrides what it wants to see."""

from collections.abc import Iterable, Sequence

from crawler.model.messages import Commit, Finished, HostFeedback, StoredRobots, Ticket
from crawler.model.outcomes import Purpose
from crawler.model.rows import HostNow


class NoFrontier:
    """See :class:`crawler.frontier.protocol.Frontier`."""

    known = pending = leased = finished = 0

    async def reconcile(self, lengths: dict[str, int]) -> dict[str, int]:
        return dict.fromkeys(lengths, 0)

    async def restore(self) -> None: ...

    async def add(self, urls: Sequence[str], purpose: Purpose = Purpose.PAGE) -> int:
        return 0

    async def pop(self, most: int) -> list[Ticket]:
        return []

    async def fetched(self, ticket: Ticket, feedback: HostFeedback) -> None: ...

    async def retry(self, ticket: Ticket, delay: float) -> None: ...

    given_up: tuple[str, ...] = ()

    def knows(self, url: str) -> bool:
        return False

    def put_back(self, ticket: Ticket, delay: float = 0.0) -> None: ...

    async def turn(self, url: str) -> None: ...

    async def finish(self, finished: Finished) -> None: ...

    async def commit(self, commits: Sequence[Commit]) -> None: ...

    at_once = 32
    paused_by: tuple[str, ...] = ()
    done_before = targets_pending = 0
    ends_before: dict[str, int] = {}
    targets: dict[str, int] = {}

    def pause(self, by: str) -> None: ...

    def resume(self, by: str) -> None: ...

    def set_at_once(self, most: int) -> None: ...

    def hosts_now(self, most: int, asked: Iterable[str] = ()) -> tuple[int, list[HostNow]]:
        return 0, []

    def close(self) -> None: ...

    async def flush(self) -> None: ...

    async def load_robots(self, origin: str) -> StoredRobots | None:
        return None

    async def save_robots(self, origin: str, status: int, body: bytes) -> None: ...

    async def save_live(self, picture: str) -> None: ...
