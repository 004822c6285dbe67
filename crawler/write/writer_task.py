"""Keeps one sink written, whatever happens to its writer processes.

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
from pathlib import Path
from typing import TypeVar

from crawler.model.errors import SinkFailed
from crawler.model.messages import Ack
from crawler.model.outcomes import Activity
from crawler.plumbing.starter_thread import off_loop
from crawler.trace.counters import Counters
from crawler.trace.steps import Step
from crawler.write.events import Died, Event, Failed
from crawler.write.ledger import Batch, Ledger
from crawler.write.writer_thread import Writer, WriterGone, WriterRefused

log = logging.getLogger("crawler.write")

T = TypeVar("T")


class WriterKeeper:
    """One sink's seat: the writer that sits on it now, and what the sink has acked so far."""

    def __init__(
        self,
        name: str,
        path: Path,
        new_writer: Callable[[], Writer],
        ledger: Ledger,
        counters: Counters,
        max_restarts: int,
        step: Step | None = None,
    ) -> None:
        """``max_restarts`` counts deaths without an ack in between; ``step`` is what is published."""
        self.name = name
        self.path = path
        self._new_writer = new_writer
        self._ledger = ledger
        self._counters = counters
        self._max_restarts = max_restarts
        self._step = step or Step("write", f"writer-{name}")
        self._deaths = 0
        self._writer: Writer | None = None
        self._takes_batches = False
        self._acked = 0
        self._position = 0
        self._refused: str | None = None
        self._died: asyncio.Queue[Died] = asyncio.Queue()

    @property
    def writer_pid(self) -> int | None:
        """The process that takes this sink's batches; None when there is none at the moment."""
        return self._writer.pid if self._takes_batches and self._writer is not None else None

    async def open(self) -> int:
        """Start a writer and have the sink opened; what it holds. Raises SinkFailed."""
        return await self._try(_open)

    async def begin(self, position: int) -> None:
        """Have the sink cut back to ``position``; then it takes batches. Raises SinkFailed."""
        self._position = position
        await self._get_ready()

    def send(self, batch: Batch) -> None:
        """Have a batch written. While there is no writer, the ledger keeps it."""
        if self._takes_batches and self._writer is not None:
            self._writer.send(batch.n, batch.records)
            if self._step.url is None:
                self._show_step()

    def kill(self, pid: int) -> bool:
        """End the writer with this pid, so that it is replaced; False when there is none."""
        if self._writer is None or self.writer_pid != pid:
            return False
        self._writer.kill()
        return True

    async def keep(self) -> None:
        """Replace every writer that dies, for ever. Raises SinkFailed."""
        while True:
            died = await self._died.get()
            self._takes_batches = False
            self._step.leave()
            if self._refused is not None:
                raise self._failed(self._refused)
            if not died.certain:
                raise self._failed("its writer process cannot be killed")
            await self._ledger.until(lambda: not self._ledger.ready())
            await self._bury(died.how)
            await self._get_ready()

    async def close(self, grace: float) -> None:
        """End the writer within ``grace`` seconds in good order, else by SIGKILL."""
        writer, self._writer = self._writer, None
        self._takes_batches = False
        if writer is not None:
            await off_loop(partial(writer.close, grace), on_cancel=writer.kill)

    async def _get_ready(self) -> None:
        loop = asyncio.get_running_loop()

        def begin(writer: Writer) -> None:
            if writer.pid is None:
                _open(writer)
            writer.cut(self._position)
            writer.attach(loop, self._on_event)

        await self._try(begin)
        self._takes_batches = True
        for batch in self._ledger.after(self._acked):
            self.send(batch)

    def _show_step(self) -> None:
        """What this sink has to write next, since its last ack."""
        waiting = self._ledger.first_after(self._acked)
        if waiting is None or self._writer is None:
            self._step.leave()
        else:
            self._step.pid = self._writer.pid or self._step.pid
            self._step.enter(Activity.WRITE_BATCH, waiting.finished[0].ticket.url)

    def _on_event(self, event: Event) -> None:
        if isinstance(event, Ack):
            self._deaths = 0
            self._acked, self._position = event.batch, event.position
            self._ledger.acked(self.name, event)
            self._show_step()
        elif isinstance(event, Failed):
            self._refused = event.reason
        elif isinstance(event, Died):
            self._died.put_nowait(event)

    async def _try(self, call: Callable[[Writer], T]) -> T:
        """``call`` in a thread, with the writer there is or a new one, until one survives it."""
        while True:
            writer = self._writer = self._writer or self._new_writer()
            try:
                return await off_loop(partial(call, writer), on_cancel=writer.kill)
            except WriterRefused as refused:
                raise self._failed(str(refused)) from refused
            except WriterGone as gone:
                await self._bury(str(gone))

    async def _bury(self, how: str) -> None:
        """Let go of a dead writer. Raises SinkFailed when too many have died."""
        self._deaths += 1
        await self.close(0)
        if self._deaths > self._max_restarts:
            raise self._failed(
                f"its writer process died {self._deaths} times without progress, at last by {how}"
            )
        self._counters.writer_restarts += 1
        log.warning("the writer of %s ended (%s) and is replaced", self.name, how)

    def _failed(self, reason: str) -> SinkFailed:
        return SinkFailed(
            f"{self.path} cannot be written: {reason}; everything committed is safe,"
            f" and once that is put right, this goes on: crawler resume {self.path.parent}"
        )


def _open(writer: Writer) -> int:
    writer.start()
    return writer.opened()
