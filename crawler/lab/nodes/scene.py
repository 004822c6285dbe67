"""What the nodes crawl, what they share, and they themselves.

::

    internet ◀── nodes ──▶ cutting proxy ──▶ PostgreSQL
    (witness)                                    ▲
                                                 └── the eye, past the proxy
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

from crawler.cluster.embedded_process import EmbeddedPostgresql
from crawler.cluster.leftovers import NOTE
from crawler.frontier.postgresql.place import Place
from crawler.lab.internet.internet_process import InternetProcess
from crawler.lab.nodes.cutting_proxy_task import CuttingProxy, cutting_proxy
from crawler.lab.nodes.eye import Alive, Eye
from crawler.lab.nodes.line import Line
from crawler.lab.nodes.member import Member, environment
from crawler.lab.nodes.plan import Chaos
from crawler.plumbing.starter_thread import off_loop
from crawler.rules.urls import origin, partition

NAME = "chaos"
PARTITIONS = 256


class Pause:
    """A node that stood still for longer than the time-out, and what it held."""

    def __init__(self, node: int, partitions: frozenset[int]) -> None:
        self.node, self.partitions = node, partitions
        self.ended_at = 0.0
        """Unix time."""


class Scene:
    """Everything that takes part; made by :func:`scene`."""

    def __init__(
        self,
        chaos: Chaos,
        folder: Path,
        net: InternetProcess,
        server: EmbeddedPostgresql,
        proxy: CuttingProxy,
    ) -> None:
        self.chaos, self.net, self.server, self.proxy = chaos, net, server, proxy
        self.folder, self.out = folder, folder / "out"
        self.eye = Eye(Place(server.dsn, NAME))
        self.members: list[Member] = []
        self.pauses: list[Pause] = []
        self.database = asyncio.Lock()
        """Held by whoever has PostgreSQL down."""
        self.noted: list[str] = []
        """What nodes said, before they were killed, that they would leave in the system."""
        self.downs = 0
        """Times that it was."""
        self.partition_of = {host: self._partition(host) for host in range(chaos.hosts)}
        parts = urlsplit(server.dsn)
        address = parts._replace(netloc=f"{parts.username}@127.0.0.1:{proxy.port}")
        self._options = (
            net.seed, "-c", folder / "chaos.toml", "--frontier", address.geturl(), "--name", NAME,
            "-o", self.out, "--no-progress",
        )  # fmt: skip
        self._environment = environment(parts.password or "")

    def _partition(self, host: int) -> int:
        return partition(origin(self.net.world.url(host, 0)), PARTITIONS)

    async def add(self, name: str) -> Member:
        """One node more."""
        member = Member(name, self._options, self.out, self._environment)
        self.members.append(member)
        await off_loop(member.start)
        return member

    async def incarnation(self, member: Member) -> Alive | None:
        """What a node is now; None where it is not connected."""
        found = [alive for alive in await self.eye.alive() if alive.name == member.name]
        return max(found, default=None)

    def line_of(self, alive: Alive) -> Line | None:
        """The connection of an incarnation, in the proxy."""
        for line in self.proxy.lines.values():
            transport = line.far.transport
            if transport is not None and transport.get_extra_info("sockname")[1] == alive.port:
                return line
        return None

    def note_leftovers(self, alive: Alive) -> None:
        """Keep what a node that is to be killed would leave in the system."""
        with suppress(OSError):
            self.noted.append((self.out / f"{alive.name}-{alive.node}" / NOTE).read_text(encoding="utf-8"))

    async def in_flight(self) -> int:
        """Pages that were asked for, by whichever node, and are not committed."""
        seen = await off_loop(self.net.ledger)
        return max(0, seen.pages + seen.under_way - await self.eye.fetched())


@asynccontextmanager
async def scene(chaos: Chaos, folder: Path) -> AsyncIterator[Scene]:
    """Internet, PostgreSQL and proxy run while the block lasts; at its end nothing runs, nodes neither."""
    with ExitStack() as held:
        net = await off_loop(lambda: held.enter_context(InternetProcess(chaos.world, chaos.limits)))
        server = await off_loop(lambda: held.enter_context(EmbeddedPostgresql()))
        async with cutting_proxy("127.0.0.1", server.port) as proxy:
            config = await off_loop(net.config)
            (folder / "chaos.toml").write_text(_settings(chaos, config), encoding="utf-8")
            made = Scene(chaos, folder, net, server, proxy)
            try:
                yield made
            finally:
                for member in made.members:
                    await off_loop(member.end)
                await made.eye.close()
        await off_loop(held.close)


def _settings(chaos: Chaos, config: str) -> str:
    return (
        config.replace("[fetch]\n", f"[fetch]\nconcurrency = {chaos.fetchers}\nbackoff = 0.1\n")
        + f"\n[politeness]\nper_host = {chaos.per_host}\ndelay = {chaos.delay}\n"
        + "\n[parse]\nworkers = 1\n"
        + f"\n[frontier]\npartitions = {PARTITIONS}\n"
        + f"\n[cluster]\nsession_timeout = {chaos.session_timeout}\n"
    )
