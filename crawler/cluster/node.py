"""One node of a crawl that several share: the same street, on a frontier that all of them see.

A node is there in *incarnations*: each is one run of the street, in a folder of its own, on one connection to
the crawl's PostgreSQL. Where that breaks off, what the node had under way may be another's by now, so the
incarnation ends at once, and the next one begins with nothing but what is committed.
"""

import asyncio
import logging
from collections.abc import Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from crawler.cluster.joining import Joined, join, node_name, refuse
from crawler.cluster.leftovers import leftovers_noted, remove_left
from crawler.cluster.shared_folder import is_of, write_cluster_file
from crawler.config import Config
from crawler.engine import lifecycle
from crawler.engine.conclusion import CrawlReport
from crawler.engine.crawl import in_own_loop, prepare, run
from crawler.engine.handle import Beside
from crawler.engine.opened import Opened
from crawler.engine.picture import last_picture
from crawler.engine.stations import Stations
from crawler.frontier.postgresql import crawl
from crawler.frontier.postgresql.connecting import Place, place_of
from crawler.frontier.postgresql.crawl import NodeState
from crawler.frontier.postgresql.session import Session
from crawler.model.errors import EXIT_STOPPED, AlreadyFinished, CrawlerError, CrawlFailed, StoreFailed
from crawler.plumbing.fork_server_process import refuse_inside_import
from crawler.plumbing.starter_thread import block_off_loop, off_loop

log = logging.getLogger("crawler.cluster")

RECONNECT = 300.0
"""Seconds for which a node that has lost its database looks for it."""
PAUSE = 0.5
"""Seconds between two tries."""


def node_to_end(config: Config, beside: Beside = nullcontext) -> CrawlReport:
    """Join the crawl, or begin it, and work at it until it is over, or until Ctrl-C; blocks.

    The first Ctrl-C finishes what is in flight and gives everything back, the second stops at once.
    ``beside`` looks on, at one incarnation after the other. Raises UsageError, OutputError, StoreFailed; how
    a crawl fails later is said in the report.
    """
    refuse_inside_import()
    config, logins = lifecycle.serialised(config)
    refuse(config)
    place, name = place_of(config), node_name(config)
    out = config.out or prepare(config, None)
    is_of(out, place)  # whatever is wrong with OUT is to be said before others know of this node
    remove_left(out, name)
    node = Node(config, logins, place, out, beside)
    try:
        return in_own_loop(node.work())
    except KeyboardInterrupt:
        # Between two incarnations: how the last one ended is no longer what is to be said.
        return CrawlReport(out, "stopped", message=f"{name} stopped", exit_code=EXIT_STOPPED)


class Node:
    """What a node is, from one incarnation to the next."""

    def __init__(
        self,
        config: Config,
        logins: Mapping[str, str],
        place: Place,
        out: Path,
        beside: Beside = nullcontext,
    ) -> None:
        self._beside = beside
        self._config, self._logins, self._place, self._out = config, logins, place, out
        self.report: CrawlReport | None = None
        """How the last incarnation ended."""
        self._before: int | None = None
        self._was_stopped = False
        """It was asked to stop."""

    async def work(self) -> CrawlReport:
        """Be there until the crawl is over, or until this node is stopped."""
        session = await Session.open(self._place, self._config.cluster.session_timeout)
        while True:
            report, is_lost = await self._incarnation(session)
            self.report = report
            if not is_lost:
                return report
            log.warning("%s; looking for it again", report.message)
            found = await self._reconnected()
            if found is None:
                return report
            session = found

    async def _reconnected(self) -> Session | None:
        loop = asyncio.get_running_loop()
        until = loop.time() + RECONNECT
        while loop.time() < until:
            try:
                return await Session.open(self._place, self._config.cluster.session_timeout)
            except StoreFailed as failure:
                log.info("%s", failure)
                await asyncio.sleep(PAUSE)
        return None

    async def _incarnation(self, session: Session) -> tuple[CrawlReport, bool]:
        """How it ended; and whether it was because the connection broke off."""
        state = "incomplete"
        try:
            try:
                joined = await join(session, self._place, self._config, self._logins)
                await self._look_after_the_last_one(session)
                self._before = joined.node
                node = NodeState(session, joined.node)
                report = await self._crawl(node, joined)
            except AlreadyFinished:
                if self._before is None:
                    raise
                return CrawlReport(self._out, "finished", message="the others have ended the crawl"), False
            except CrawlerError as error:
                if self._before is None or not session.lost.is_set():
                    raise
                broke_off = CrawlReport(
                    self._out, "incomplete", message=str(error), exit_code=error.exit_code
                )
                return self.report or broke_off, True
            state = report.state
            if not session.lost.is_set():
                await node.leave(state)
        except StoreFailed:
            if not session.lost.is_set() or self._before is None:
                raise
        finally:
            await session.close()
        if not (self._was_stopped and session.lost.is_set()):
            return report, session.lost.is_set()
        # Without the connection, what was in flight could not be finished: others fetch it again.
        report.state, report.exit_code = "stopped", EXIT_STOPPED
        return report, False

    async def _crawl(self, node: NodeState, joined: Joined) -> CrawlReport:
        config, name = joined.config, node_name(joined.config)
        folder = self._out / f"{name}-{joined.node}"
        prepare(config.replace({"out": folder}), None)

        def conclude(report: CrawlReport, stations: Stations, *rest: Any) -> None:
            self._was_stopped = stations.stopped
            _conclude(report, stations, *rest)

        opened = Opened(node, 1, joined.hash_seed, 1, joined.started_at, 1, self._logins)
        await off_loop(lambda: write_cluster_file(self._out, self._place))
        async with (
            block_off_loop(lifecycle.output_folder(folder)),
            block_off_loop(leftovers_noted(folder)),
        ):
            report = await run(
                config, folder, opened, conclude=conclude, own_process=True, beside=self._beside
            )
        report.out = self._out
        return report

    async def _look_after_the_last_one(self, session: Session) -> None:
        """Say what of the incarnation before was committed: nobody waited for the last answer."""
        if (before := self._before) is not None:
            last = await session.run(lambda db: crawl.last_batch(db, before))
            log.info("of incarnation %d, batches up to %d are committed", before, last)


def _conclude(
    report: CrawlReport, stations: Stations, _opened: Opened[NodeState], seconds: float, _loop_cpu: float
) -> None:
    """Say how an incarnation ended."""
    counters, frontier = stations.counters, stations.frontier
    if report.state == "finished" and stations.stopped and not frontier.is_over:
        report.state = "stopped"
    told = f"{stations.out.name}: {counters.committed:,} URLs in {seconds:.1f} s"
    if report.state == "stopped":
        report.exit_code, report.message = EXIT_STOPPED, f"{told}; stopped, the others go on"
    elif report.state == "finished":
        report.message = told
    elif report.exit_code == 0:
        report.exit_code = CrawlFailed.exit_code
    stations.history.add(last_picture(report, stations), is_last=True)
