"""What is done to the nodes, and in which order: all of it follows from the seed."""

from collections.abc import Iterator
from enum import StrEnum
from random import Random
from typing import NamedTuple

import msgspec

from crawler.lab.internet.report import Limits
from crawler.lab.internet.world import World
from crawler.model.errors import UsageError

HEADROOM = 0.8
"""Share of the crawl over which the faults are spread: the rest is for what the last of them did."""


class Chaos(msgspec.Struct, frozen=True, kw_only=True):
    """How large it is. Raises UsageError where that is out of bounds."""

    seed: int = 1
    nodes: int = 4
    faults: int = 200
    pages: int = 50_000
    hosts: int = 2_000
    session_timeout: float = 4.0
    """Seconds; see ``cluster.session_timeout``."""
    fetchers: int = 16
    """Requests at once of each node."""
    delay: float = 0.3
    """Seconds between two requests to a host."""
    per_host: int = 2
    """Requests at once to a host."""

    def __post_init__(self) -> None:
        """Look at it."""
        for name, least, most in (("nodes", 2, 32), ("faults", 0, 100_000)):
            if not least <= (value := getattr(self, name)) <= most:
                raise UsageError(f"{name} = {value}: allowed is {least} to {most:,}")
        _ = self.world  # which says what is allowed of hosts, pages and seed

    @property
    def world(self) -> World:
        """What is crawled: every fault of the internet heals, and no page is large."""
        return World(
            seed=self.seed, hosts=self.hosts, pages=self.pages, faults=0.02, latency=0.1, spread=0.5,
            slow=0.5, filling=100, links=4,
        )  # fmt: skip

    @property
    def limits(self) -> Limits:
        """What the witness allows. On a busy machine it hears late of a request, and in time of the next."""
        return Limits(self.per_host, self.delay, tolerance=0.2, notice=0.5)

    @property
    def pace(self) -> float:
        """URLs that are to be done between two faults."""
        return self.pages * HEADROOM / max(1, self.faults)


def quick(seed: int) -> Chaos:
    """Under a minute: small, with a time-out that is waited for quickly."""
    return Chaos(seed=seed, nodes=3, faults=12, pages=1_600, hosts=100, session_timeout=2.0, fetchers=8)


class Fault(StrEnum):
    """What is done, by the name under which it is told of."""

    KILL = "node: kill -9"
    KILL_GROUP = "node and its children: kill -9"
    KILL_PARSER = "parser: kill -9"
    KILL_WRITER = "writer: kill -9"
    PAUSE_LONG = "node paused, longer than the time-out"
    PAUSE_SHORT = "node paused, shortly"
    LEAVE = "node leaves and comes back"
    JOIN = "another node joins, and leaves"
    RESET = "connection reset"
    CLOSE = "connection closed"
    HALF = "connection cut at the node's end alone"
    STALL_LONG = "connection stalled, longer than the time-out"
    STALL_SHORT = "connection stalled, shortly"
    ANSWER_LOST = "answer of a COMMIT lost"
    RESTART = "PostgreSQL restarted"
    KILL_DATABASE = "PostgreSQL: kill -9"


OF_DATABASE = frozenset({Fault.RESTART, Fault.KILL_DATABASE})
HARMLESS = frozenset(
    {
        Fault.KILL_PARSER, Fault.KILL_WRITER, Fault.PAUSE_SHORT, Fault.STALL_SHORT, Fault.LEAVE, Fault.JOIN,
    }
)  # fmt: skip
"""After these nothing is fetched again: no incarnation ends with something under way."""


class Planned(NamedTuple):
    """One fault to come."""

    number: int
    fault: Fault
    chance: Random
    """Decides whom it befalls, and how long it lasts."""


def plan(seed: int, faults: int) -> Iterator[Planned]:
    """Every kind once in each round, in an order of the seed's."""
    order, kinds = Random(seed), list(Fault)  # noqa: S311 - must be repeatable
    drawn: list[Fault] = []
    for number in range(faults):
        drawn = drawn or order.sample(kinds, len(kinds))
        yield Planned(number, drawn.pop(), Random(f"{seed} {number}"))  # noqa: S311
