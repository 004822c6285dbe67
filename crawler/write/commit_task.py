"""Station 4 of 4, commit. In: Finished from finished_queue. Out: Commit to the frontier.
Runs as: coroutines in the main loop, and one process and one thread for each sink.
Stops when: finished_queue is closed and all of it is committed. Fails as: SinkFailed, StoreFailed.

::

    [finished_queue] ─▶ cut into numbered batches ─▶ the same batch to every writer ─▶ [process queue] …
                          │ kept until committed                                                       │
       frontier  ◀── commit, in order ◀── acked by ALL sinks ◀── [pipe] ◀── Ack(n, position after n) ◀─┘

The one commit point: a URL is done when its batch is committed, in one transaction with each
sink's position *at that batch*. Killed at any moment, every sink is cut back to the position of
the last committed batch at the next start, so each record is in the output exactly once.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from multiprocessing.context import BaseContext
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from crawler.config import Config
from crawler.model.errors import CrawlFailed
from crawler.model.messages import Finished
from crawler.model.outcomes import Activity
from crawler.plumbing import faults
from crawler.plumbing.byte_queue import ByteQueue, QueueClosed
from crawler.trace.counters import Counters
from crawler.trace.steps import Step
from crawler.write.ledger import Batch, Ledger
from crawler.write.pulse import BEATS, Pulse
from crawler.write.sinks import SINKS
from crawler.write.sinks.base import Sink
from crawler.write.writer_task import WriterKeeper
from crawler.write.writer_thread import Writer

if TYPE_CHECKING:
    from crawler.frontier.protocol import Frontier

T = TypeVar("T")

CLOSE_TIMEOUT = 30.0
"""Seconds that a writer may take to close its file in good order."""


class Committer:
    """Cuts batches, has them written, commits them. Without sinks, batches are committed at once."""

    def __init__(
        self,
        *,
        config: Config,
        out: Path,
        finished: ByteQueue[Finished],
        frontier: "Frontier",
        first_batch: int,
        context: BaseContext,
        feed_log: Callable[[dict[str, Any]], None],
        step: Step,
        counters: Counters,
        on_committed: Callable[[Sequence[Finished]], Awaitable[None]] | None = None,
        sinks: Mapping[str, type[Sink]] = SINKS,
        new_step: Callable[[str, str], Step] = Step,
    ) -> None:
        """``new_step`` registers a worker by its stage and name: each writer publishes what it has to write."""
        self._limits = config.write
        self._finished = finished
        self._frontier = frontier
        self._on_committed = on_committed
        self._step = step
        self._counters = counters
        self._ledger = Ledger(config.write.sinks, first_batch)
        self._keepers: list[WriterKeeper] = []
        for name in config.write.sinks:
            path = out / sinks[name].file_name
            new_writer = partial(
                Writer,
                context,
                sinks[name],
                path,
                log_level=config.log.level,
                feed_log=feed_log,
                pulse=partial(Pulse, config.watchdog.stall / BEATS),
            )
            keeper = WriterKeeper(
                name,
                path,
                new_writer,
                self._ledger,
                counters,
                config.write.max_restarts,
                new_step("write", f"writer-{name}"),
            )
            self._keepers.append(keeper)
        self._started = False
        self._drained = False
        self._failure: CrawlFailed | None = None

    @property
    def unacked_bytes(self) -> int:
        """Weight of what is written but not committed yet."""
        return self._ledger.bytes

    def writer_pids(self) -> dict[str, int | None]:
        """The pid of each sink's writer; None while it is being replaced."""
        return {keeper.name: keeper.writer_pid for keeper in self._keepers}

    def replace(self, pid: int) -> bool:
        """Kill the writer with this pid, so that it is replaced; False when there is none."""
        return any(keeper.kill(pid) for keeper in self._keepers)

    async def start(self) -> None:
        """Have every sink opened, locked and cut back to what is committed. Raises SinkFailed.

        To be called before the frontier is loaded: ``reconcile`` may make URLs pending again. Whoever
        calls it and then not :meth:`run` must :meth:`close`. Without it, :meth:`run` begins with it.
        """
        names = [keeper.name for keeper in self._keepers]
        try:
            lengths = await _all(keeper.open() for keeper in self._keepers)
            positions = await self._frontier.reconcile(dict(zip(names, lengths, strict=True)))
            await _all(keeper.begin(positions[keeper.name]) for keeper in self._keepers)
        except BaseException:
            await self.close()
            raise
        self._started = True

    async def run(self) -> None:
        """The station, until everything is committed and every writer has ended."""
        grace = 0.0
        try:
            if not self._started:
                await self.start()
            async with asyncio.TaskGroup() as group:
                helpers = [group.create_task(self._keep(keeper)) for keeper in self._keepers]
                helpers.append(group.create_task(self._cut_batches()))
                await self._commit_batches()
                for helper in helpers:
                    helper.cancel()
            grace = CLOSE_TIMEOUT
            if self._failure is not None:
                raise self._failure
        finally:
            await self.close(grace)

    async def close(self, grace: float = 0.0) -> None:
        """End the writers, within ``grace`` seconds in good order, else by SIGKILL. May be repeated."""
        await _all(keeper.close(grace) for keeper in self._keepers)

    async def _cut_batches(self) -> None:
        """Batches of what waits: at once when nothing is in flight, else every ``batch_interval``."""
        loop = asyncio.get_running_loop()
        most_bytes = min(self._limits.batch_bytes, self._limits.max_unacked)
        while True:
            await self._ledger.until(lambda: self._has_room_for(most_bytes))
            try:
                batch = self._ledger.cut(
                    await self._finished.get_batch(self._limits.batch_records, most_bytes)
                )
            except QueueClosed:
                self._drained = True
                self._ledger.changed.set()
                return
            faults.hit("commit:before_send")
            for keeper in self._keepers:
                keeper.send(batch)
                faults.hit("commit:after_send")
            self._show_step()
            if not len(self._finished):
                await self._let_gather(loop.time())

    def _has_room_for(self, more: int) -> bool:
        return not self._ledger.bytes or self._ledger.bytes + more <= self._limits.max_unacked

    async def _let_gather(self, cut_at: float) -> None:
        """A batch costs about as much as several records: on a fast disk, do not make one of each."""
        interval = self._limits.batch_interval
        with suppress(TimeoutError):
            async with asyncio.timeout_at(cut_at + interval / 2):
                await self._finished.closed.wait()
                return  # nothing more will gather
        with suppress(TimeoutError):
            async with asyncio.timeout_at(cut_at + interval):
                await self._ledger.until(self._ledger.all_acked)

    async def _commit_batches(self) -> None:
        """Commit what all sinks hold, in order; ends when nothing more will come."""
        try:
            while True:
                await self._ledger.until(lambda: bool(self._ledger.ready()) or self._is_over())
                ready = self._ledger.ready()
                if not ready:
                    return
                self._step.enter(Activity.COMMIT, ready[0].finished[0].ticket.url)
                await self._frontier.commit([batch.commit() for batch in ready])
                self._ledger.committed(ready)
                self._show_step()
                await self._tell(ready)
        except CrawlFailed as failure:
            self._failure = failure

    def _is_over(self) -> bool:
        return self._failure is not None or (self._drained and self._ledger.oldest() is None)

    async def _tell(self, batches: Sequence[Batch]) -> None:
        done = [finished for batch in batches for finished in batch.finished]
        self._counters.batches += len(batches)
        self._counters.committed += len(done)
        for finished in done:
            self._counters.links_out_of_scope += finished.links_out_of_scope
            self._counters.links_too_deep += finished.links_too_deep
            self._counters.links_nofollow += finished.links_nofollow
        self._counters.outcomes.update(finished.outcome for finished in done)
        self._counters.kinds.update(finished.kind for finished in done if finished.kind is not None)
        if self._on_committed is not None:
            await self._on_committed(done)

    async def _keep(self, keeper: WriterKeeper) -> None:
        try:
            await keeper.keep()
        except CrawlFailed as failure:
            # What all sinks hold is still committed; then that loop ends the station.
            self._failure = self._failure or failure
            self._ledger.changed.set()

    def _show_step(self) -> None:
        batch = self._ledger.oldest()
        if batch is None:
            self._step.leave()
        else:
            self._step.enter(Activity.WAIT_FOR_ACKS, batch.finished[0].ticket.url)
            self._step.since = batch.cut_at


async def _all(coroutines: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """Run them together to their ends, then raise the first failure."""
    results = await asyncio.gather(*coroutines, return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result
    return [result for result in results if not isinstance(result, BaseException)]
