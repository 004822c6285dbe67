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
from collections.abc import Awaitable, Callable, Collection, Coroutine, Iterable, Mapping, Sequence
from contextlib import suppress
from multiprocessing.context import BaseContext
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crawler.config import Config
from crawler.model.errors import CrawlFailed
from crawler.model.messages import Finished
from crawler.model.outcomes import Activity
from crawler.plumbing import faults
from crawler.plumbing.byte_queue import ByteQueue, QueueClosed
from crawler.plumbing.spool import remove_payloads
from crawler.sinks import SINKS
from crawler.sinks.base import Sink
from crawler.trace.counters import Counters
from crawler.trace.steps import Step
from crawler.write.ledger import Ledger
from crawler.write.writer_task import WriterKeeper

if TYPE_CHECKING:
    from crawler.frontier.protocol import Frontier


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
        new_ledger: Callable[[Collection[str], int], Ledger] = Ledger,
        generation: int = 1,
    ) -> None:
        """``new_step`` registers a worker by its stage and name: each writer publishes what it has to write."""
        self._limits = config.write
        self._finished = finished
        self._frontier = frontier
        self._on_committed = on_committed
        self._step = step
        self._counters = counters
        self.ledger = new_ledger(config.write.sinks, first_batch)
        """What is written but not committed yet."""
        self._keepers = [
            WriterKeeper(
                sinks[name],
                out,
                generation,
                config,
                context,
                self.ledger,
                counters,
                feed_log,
                new_step("write", f"writer-{name}"),
            )
            for name in config.write.sinks
        ]
        self._is_started = False
        self._is_drained = False

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
        try:
            await _together(keeper.open() for keeper in self._keepers)
            lengths = {keeper.name: keeper.length for keeper in self._keepers}
            positions = await self._frontier.reconcile(lengths)
            await _together(keeper.begin(positions[keeper.name]) for keeper in self._keepers)
        except BaseException:
            await self.close()
            raise
        self._is_started = True

    async def run(self) -> None:
        """The station, until everything is committed and every writer has ended."""
        try:
            if not self._is_started:
                await self.start()
            async with asyncio.TaskGroup() as group:
                for keeper in self._keepers:
                    group.create_task(keeper.keep())
                cutting = group.create_task(self._cut_batches())
                await self._commit_batches()
                for keeper in self._keepers:
                    keeper.end()
                cutting.cancel()  # after a failure; else it has ended
            if self.ledger.failure is not None:
                raise self.ledger.failure
        finally:
            await self.close()

    async def close(self) -> None:
        """End the writers; what is not closed in good order by now is killed. May be repeated."""
        await _together(keeper.close() for keeper in self._keepers)

    async def _cut_batches(self) -> None:
        """Batches of what waits: at once when nothing is in flight, else every ``batch_interval``."""
        loop, ledger, limits = asyncio.get_running_loop(), self.ledger, self._limits
        max_bytes = min(limits.batch_bytes, limits.max_unacked)
        while True:
            await ledger.until(lambda: not ledger.bytes or ledger.bytes + max_bytes <= limits.max_unacked)
            try:
                batch = ledger.cut(await self._finished.get_batch(limits.batch_records, max_bytes))
            except QueueClosed:
                self._is_drained = True
                ledger.changed.set()
                return
            faults.hit("commit:before_send")
            for keeper in self._keepers:
                keeper.send(batch)
                faults.hit("commit:after_send")
            if self._step.url is None:
                self._step.enter(Activity.WAIT_FOR_ACKS, batch.finished[0].ticket.url)
            if len(self._finished):
                continue
            # A batch costs about as much as several records: on a fast disk, do not make one of each.
            cut_at = loop.time()
            with suppress(TimeoutError):
                async with asyncio.timeout_at(cut_at + limits.batch_interval / 2):
                    await self._finished.closed.wait()
                    continue  # nothing more will gather
            with suppress(TimeoutError):
                async with asyncio.timeout_at(cut_at + limits.batch_interval):
                    await ledger.until(lambda: len(ledger.ready()) == len(ledger.batches))

    async def _commit_batches(self) -> None:
        """Commit what all sinks hold, in order; ends when nothing more will come."""
        ledger, counters = self.ledger, self._counters
        try:
            while True:
                await ledger.until(
                    lambda: bool(
                        ledger.ready() or ledger.failure or (self._is_drained and not ledger.batches)
                    )
                )
                ready = ledger.ready()
                if not ready:
                    return
                self._step.enter(Activity.COMMIT, ready[0].finished[0].ticket.url)
                await self._frontier.commit(ready)
                ledger.committed(ready)
                done = [finished for batch in ready for finished in batch.finished]
                if kept := [exchange for finished in done for exchange in finished.exchanges]:
                    await remove_payloads(kept)
                self._step.leave()
                if ledger.batches:
                    oldest = ledger.batches[0]
                    self._step.enter(Activity.WAIT_FOR_ACKS, oldest.finished[0].ticket.url)
                    self._step.since = oldest.cut_at
                recorded = [finished for finished in done if finished.ticket.purpose.is_recorded]
                counters.batches += len(ready)
                counters.committed += len(recorded)
                counters.targets += len(done) - len(recorded)
                for finished in recorded:
                    counters.links_out_of_scope += finished.links_out_of_scope
                    counters.links_too_deep += finished.links_too_deep
                    counters.links_nofollow += finished.links_nofollow
                    counters.links_too_long += finished.links_too_long
                counters.outcomes.update(finished.outcome for finished in recorded)
                counters.kinds.update(finished.kind for finished in recorded if finished.kind is not None)
                if self._on_committed is not None:
                    await self._on_committed(recorded)
        except CrawlFailed as failure:
            ledger.fail(failure)


async def _together(calls: Iterable[Coroutine[Any, Any, object]]) -> None:
    """Run ``calls`` together, each to its end; then raise the first failure.

    Starting a process is mostly waiting, so two writers are ready as soon as one. This is gather and not
    a TaskGroup, which would cancel the others at the first failure: a writer that is half started, or
    half closed, helps nobody; and what is raised is that failure, not a group of one.
    """
    for result in await asyncio.gather(*calls, return_exceptions=True):
        if isinstance(result, BaseException):
            raise result
