"""The world, what became of it so far, and the witness: what all connections of the proxy share."""

import asyncio
import itertools
from collections import Counter

import msgspec

from crawler.lab.internet import answers
from crawler.lab.internet.answers import Answer
from crawler.lab.internet.kinds import Fault
from crawler.lab.internet.ledger import Ledger
from crawler.lab.internet.report import Limits
from crawler.lab.internet.truth import counts
from crawler.lab.internet.world import ROBOTS, World


class Internet:
    """One internet from its start, or its last reset, on."""

    def __init__(self, world: World, limits: Limits) -> None:
        self.world, self._limits = world, limits
        self.proxy = ""
        """Its own URL."""
        self.numbers = itertools.count()
        """Of connections."""
        self._counting: asyncio.Task[dict[str, int]] | None = None
        self.reset()

    def reset(self) -> None:
        """Everything as at the start; what is under way belongs to what was before."""
        self.ledger = Ledger(self.world, self._limits)
        self._failures: Counter[tuple[int, int]] = Counter()
        """Only of what was asked for and has a fault, by host and page."""

    def fault(self, host: int, page: int) -> Fault | None:
        """The fault that the page has now; None where it has none, or is healed."""
        fault = self.world.fault(host, page) if page >= 0 else None
        return fault if fault is not None and self._failures[host, page] < fault.times else None

    def answer(self, host: int, page: int) -> Answer:
        """What is sent now; if it is a failure, that is counted."""
        if page == ROBOTS:
            found = answers.robots(self.world.robots(host), self._failures[host, page])
            if not found.is_whole:
                self._failures[host, page] += 1
            return found
        fault = self.fault(host, page)
        if fault is None:
            return answers.page(self.world, host, page)
        self._failures[host, page] += 1
        return answers.failing(self.world, host, page, fault)

    def since(self, unix: bytes) -> bytes:
        """The hosts that were asked since then, as JSON; none where that is no time."""
        try:
            return msgspec.json.encode(self.ledger.since(float(unix)))
        except ValueError:
            return b"{}"

    def config(self) -> bytes:
        """Settings for a crawl of all hosts, as TOML."""
        origins = ", ".join(f'"http://h{host}.test"' for host in range(self.world.hosts))
        return (
            f'seeds = ["{self.world.url(0, 0)}"]\n\n[scope]\norigins = [{origins}]\n\n'
            f'[fetch]\nproxy = "{self.proxy}"\n'
        ).encode()

    async def told(self) -> bytes:
        """The settings and the counts of the truth; it takes as long as there are pages."""
        if self._counting is None:
            self._counting = asyncio.ensure_future(self._count())
        found = await asyncio.shield(self._counting)
        return msgspec.json.encode({"settings": self.world, "truth": found})

    async def _count(self) -> dict[str, int]:
        found: Counter[str] = Counter()
        for more in counts(self.world):
            found += more
            await asyncio.sleep(0)  # the others come first
        return dict(found)
