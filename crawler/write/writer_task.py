"""Keeps one sink written, whatever happens to its writer processes: their supervisor.

Runs as: one coroutine for each sink. A writer that dies (killed, hung, crashed) is replaced while
the crawl runs, in this order and no other:

1. the process is certainly dead, and its pipe is read to the end (:mod:`crawler.write.writer_thread`);
2. every batch that all sinks hold is committed;
3. a new process, with a new queue, takes the sink's lock and cuts the sink back to the last position
   that *this* sink has acked: the batch there may still wait for another sink;
4. all that this sink has not acked is sent again.

Fails as: SinkFailed, when the writer says that writing is impossible, or dies again and again.
"""

import asyncio
import logging
from collections.abc import Callable
from functools import partial
from multiprocessing.context import BaseContext
from pathlib import Path
from typing import Any

from crawler.config import Config
from crawler.model.errors import SinkFailed
from crawler.model.messages import Ack
from crawler.model.outcomes import Activity
from crawler.plumbing.starter_thread import off_loop
from crawler.sinks.base import Sink
from crawler.trace.counters import Counters
from crawler.trace.steps import Step
from crawler.write.ledger import Batch, Ledger
from crawler.write.writer_messages import Closed, CutBack, Failed, Opened, Said
from crawler.write.writer_thread import MAX_BEATS, Died, WriterThread

log = logging.getLogger("crawler.write")

CLOSE_TIMEOUT = 30.0
"""Seconds that a writer's process may take to end once its sink is closed."""


class WriterKeeper:
    """One sink's seat: the writer that sits on it now, and what the sink has acked so far."""

    def __init__(
        self,
        sink: type[Sink],
        out: Path,
        generation: int,
        config: Config,
        context: BaseContext,
        ledger: Ledger,
        counters: Counters,
        feed_log: Callable[[dict[str, Any]], None],
        step: Step,
    ) -> None:
        """``step`` is what is published: what the sink has to write next."""
        self.name: str = sink.name
        self.path = out / sink.file_of(generation)
        self._keeps = sink.keeps
        self._new_writer = partial(
            WriterThread,
            context,
            sink,
            self.path,
            self._on_event,
            options=getattr(config, sink.name, None),
            log_level=config.log.level,
            feed_log=feed_log,
            ping_interval=config.watchdog.stall / MAX_BEATS,
            is_traced=config.trace.write,
        )
        self._ledger, self._counters, self._step = ledger, counters, step
        self._max_restarts = config.write.max_restarts
        """Deaths without an ack in between after which it is given up."""
        self._deaths = 0
        self.length = 0
        """What the sink held when it was opened, in the unit of its positions."""
        self._writer: WriterThread | None = None
        self._takes_batches = self._is_ending = self._is_closed = False
        self._position = 0
        """Where the sink ends with the last batch that it has acked."""
        self._events: asyncio.Queue[Said | Died] = asyncio.Queue()
        """What the writer says, apart from acks."""

    @property
    def writer_pid(self) -> int | None:
        """The process that takes this sink's batches; None when there is none at the moment."""
        return self._writer.child.pid if self._takes_batches and self._writer is not None else None

    async def open(self) -> WriterThread:
        """Start a writer and have the sink opened: ``length`` is what it holds. Raises SinkFailed."""
        while True:
            writer = self._new_writer()
            writer.start()
            self._writer = writer
            event = await self._next_event()
            if isinstance(event, Opened):
                self.length = event.length
                return writer

    async def begin(self, position: int) -> None:
        """Have the sink cut back to ``position``; then it takes batches. Raises SinkFailed."""
        self._position = position
        event = None
        while not isinstance(event, CutBack):
            writer = self._writer or await self.open()
            writer.put(position)
            event = await self._next_event()
        self._takes_batches = True
        for batch in self._ledger.batches:
            if self.name not in batch.positions:
                self.send(batch)

    async def keep(self) -> None:
        """Replace every writer that dies, until the sink is closed, or a writer cannot be replaced."""
        try:
            while not isinstance(await self._next_event(), Closed):
                await self.begin(self._position)  # it has died
                if self._is_ending:
                    self.end()
            self._is_closed = True
        except SinkFailed as failure:
            # What all sinks hold is still committed; then that loop ends the station.
            self._ledger.fail(failure)

    def send(self, batch: Batch) -> None:
        """Have a batch written. While there is no writer, the ledger keeps it."""
        if self._takes_batches and self._writer is not None:
            kept = tuple(item for item in map(self._keeps, batch.finished) if item is not None)
            self._writer.put((batch.n, kept))
            if self._step.url is None:
                self._step.pid = self._writer.child.pid or self._step.pid
                self._step.enter(Activity.WRITE_BATCH, batch.finished[0].ticket.url)

    def kill(self, pid: int) -> bool:
        """End the writer with this pid, so that it is replaced; False when there is none."""
        if self._writer is None or self.writer_pid != pid:
            return False
        self._writer.child.kill()
        return True

    def end(self) -> None:
        """Everything is committed: have the sink closed in good order, upon which :meth:`keep` returns."""
        self._is_ending = True
        if self._takes_batches and self._writer is not None:
            self._writer.put(None)

    async def close(self) -> None:
        """End the writer: one that has closed its sink ends by itself, any other by SIGKILL."""
        writer, self._writer, self._takes_batches = self._writer, None, False
        if writer is not None:
            grace = CLOSE_TIMEOUT if self._is_closed else 0.0
            await off_loop(partial(writer.close, grace), on_cancel=writer.child.kill)

    async def _next_event(self) -> Said | None:
        """What the writer says next, acks apart; None when it is dead, and may be replaced.

        Raises SinkFailed.
        """
        event = await self._events.get()
        if not isinstance(event, Failed | Died):
            return event
        self._takes_batches = False
        self._step.leave()
        if isinstance(event, Failed):
            await self._events.get()  # its death: it still puts its file in order
            raise self._failed(event.reason)
        if not event.certain:
            raise self._failed("its writer process cannot be killed")
        await self._ledger.until(lambda: not self._ledger.ready())
        await self.close()
        self._deaths += 1
        if self._deaths > self._max_restarts:
            raise self._failed(
                f"its writer process died {self._deaths} times without progress, at last by {event.how}"
            )
        self._counters.writer_restarts += 1
        log.warning("the writer of %s ended (%s) and is replaced", self.name, event.how)
        return None

    def _on_event(self, event: Said | Died) -> None:
        if not isinstance(event, Ack):
            self._events.put_nowait(event)
            return
        self._deaths = 0
        self._position = event.position
        waiting = self._ledger.acked(self.name, event)
        if waiting is None:
            self._step.leave()
        else:
            self._step.enter(Activity.WRITE_BATCH, waiting.finished[0].ticket.url)

    def _failed(self, reason: str) -> SinkFailed:
        return SinkFailed(
            f"{self.path} cannot be written: {reason}; everything committed is safe,"
            f" and once that is put right, this goes on: crawler resume {self.path.parent}"
        )
