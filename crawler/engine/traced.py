"""The parts of a crawl that is traced: each stands in a plain one's place, and says what it does."""

import asyncio
import platform
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crawler.config import Config
from crawler.engine.lifecycle import saved_settings
from crawler.engine.parts import Parts
from crawler.engine.picture import USER
from crawler.model.messages import Finished, Page, Ticket
from crawler.model.version import VERSION
from crawler.parse.parse_pool import ParsePool, cores
from crawler.parse.parse_task import PageParser
from crawler.parse.traced_parser import TracedParser
from crawler.plumbing.byte_queue import ByteQueue
from crawler.plumbing.starter_thread import off_loop
from crawler.plumbing.traced_queue import TracedQueue
from crawler.trace.recorder import Recorder
from crawler.trace.recording_thread import RecordingThread
from crawler.trace.traced_steps import TracedSteps
from crawler.write.traced_ledger import TracedLedger

if TYPE_CHECKING:
    from crawler.engine.stations import Stations

INTERVAL = 0.1
"""Seconds between two values of a counter."""


class TracedParts(Parts):
    """See :class:`crawler.engine.parts.Parts`."""

    def __init__(self, config: Config, out: Path, generation: int) -> None:
        """To be called in the thread of the event loop."""
        self._config, self._generation = config, generation
        self.recorder = Recorder()
        self._thread = RecordingThread(self.recorder, out, config.trace.max_bytes)
        self._loop_cpu = time.thread_time()
        self.steps = partial(TracedSteps, self.recorder)
        self.parse_pool = partial(TracedParsePool, self.recorder)
        self.queue, self.traced = self._new_queue, self
        self.ledger = partial(TracedLedger, recorder=self.recorder)

    def _new_queue(self, capacity: int, weigh: Callable[[Any], int], name: str) -> ByteQueue[Any]:
        """A queue of the street; what is put into the first one was just leased."""
        recorder = self.recorder

        def came(item: Ticket | Page | Finished) -> None:
            if isinstance(item, Ticket):
                recorder.leased(item)
            else:
                recorder.put(name, item.ticket.id)

        def went(batch: Sequence[Ticket | Page | Finished]) -> None:
            items = [item.ticket.id for item in batch if not isinstance(item, Ticket)]
            if items:
                recorder.taken(name, items)

        return TracedQueue(capacity, weigh, name, came, went)

    async def start(self) -> None:
        """Say what crawl it is, and begin to write."""
        config = self._config
        workers = config.parse.workers or cores()
        self.recorder.noted(
            "meta",
            {
                "settings": saved_settings(config),
                "generation": self._generation,
                "cores": cores(),
                "python": platform.python_version(),
                "version": VERSION,
                "executor": config.parse.executor,
                "workers": 1 if config.parse.executor == "inline" else workers,
                "concurrency": config.fetch.concurrency,
            },
        )
        await off_loop(self._thread.start)

    async def stop(self) -> None:
        """Say how it ended, and write what was noted."""
        cpu = time.thread_time() - self._loop_cpu
        self.recorder.noted("end", {"loop_cpu_seconds": cpu, "dropped": self.recorder.dropped})
        await off_loop(self._thread.stop)

    async def count(self, stations: "Stations") -> None:
        """Note how the crawl stands, and how late the loop lets a sleeper wake, until cancelled."""
        recorder, frontier, lag = self.recorder, stations.frontier, 0.0
        while True:
            recorder.counted(
                {
                    "in flight": stations.in_flight,
                    "at once": 0 if USER in frontier.paused_by else frontier.at_once,
                    "page_queue": stations.pages.bytes,
                    "finished_queue": stations.finished.bytes,
                    "unacked": stations.committer.ledger.bytes,
                    "memory": stations.counters.memory,
                    "loop lag": lag,
                    "loop cpu": time.thread_time() - self._loop_cpu,
                    "committed": stations.counters.committed + stations.counters.targets,
                }
            )
            recorder.bound()
            due = time.monotonic() + INTERVAL
            await asyncio.sleep(INTERVAL)
            lag = max(0.0, time.monotonic() - due)


class TracedParsePool(ParsePool):
    """Makes parsers that say what came of each batch."""

    def __init__(self, recorder: Recorder, *parts: Any) -> None:
        super().__init__(*parts)
        self._recorder = recorder

    @asynccontextmanager
    async def parser(self, number: int) -> AsyncIterator[PageParser]:
        """Parser ``number`` of a started pool. Raises ChildFailed."""
        async with super().parser(number) as parser:
            yield TracedParser(parser, f"parser-{number}", self._recorder)
