"""One crawl that is to be killed: it is started, watched, and resumed until it is finished."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

from crawler.lab.crash.victims import Role, Victim, kill_group, victims, wait_for_empty_group
from crawler.model.generations import database_of
from crawler.plumbing.faults import ENVIRONMENT
from crawler.sinks.jsonl import JsonlSink
from crawler.sinks.parquet import ParquetSink

RUN_TIMEOUT = 60.0
"""Seconds in which a run must end by itself; the site takes less than one."""
ORPHAN_TIMEOUT = 5.0
"""Seconds in which the children of a main process that is gone must be gone too."""

AT_ONCE = 2
"""Requests of a recrawl that adds to a Parquet folder: the first batch waits about 1.5 s, until pyarrow is
imported. Were more pages fetched at once, that batch would hold all, and no kill could come between two."""


class Hung(Exception):
    """A run that did not end by itself."""


class Scene:
    """An output folder, and the processes that write it."""

    def __init__(
        self, out: Path, sinks: tuple[str, ...], options: tuple[object, ...], chance: Random
    ) -> None:
        """``options`` are those of the first crawl."""
        self.out = out
        self.sinks = sinks
        self.chance = chance
        self.generation = 1
        """That is crawled, and of which records are waited for."""
        self.orphans: list[int] = []
        self.log = out.with_suffix(".log")
        """Standard output and error of all runs."""
        self._options = options
        self._running: subprocess.Popen[bytes] | None = None

    def printed(self) -> str:
        """What all runs have printed so far."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    @property
    def leader(self) -> int:
        """The main process, which is the leader of its group."""
        if self._running is None:
            raise RuntimeError("nothing runs")
        return self._running.pid

    @contextmanager
    def run(self, fault: str | None = None, *, resume: bool = False) -> Iterator[None]:
        """A run in a process group of its own; nothing of it is left when the block is.

        ``resume``: it goes on with the crawl; where no further generation was made yet, by making one.
        """
        arguments: tuple[object, ...] = ("run", *self._options, "-o", self.out)
        if self.generation > 1 and not (self.out / database_of(self.generation)).exists():
            arguments = ("recrawl", self.out)
            if ParquetSink.name in self.sinks:
                arguments += ("--concurrency", AT_ONCE)
        elif resume:
            arguments = ("resume", self.out)
        environment = {name: text for name, text in os.environ.items() if not name.startswith("CRAWLER_")}
        if fault is not None:
            environment[ENVIRONMENT] = fault
        with self.log.open("ab") as log:
            self._running = subprocess.Popen(  # noqa: S603 - ourselves
                [sys.executable, "-m", "crawler", *map(str, arguments)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                env=environment,
            )
        try:
            yield
        finally:
            kill_group(self.leader)
            self._running.wait()

    def code(self) -> int:
        """Wait for the end of the run; its exit code. Raises Hung. Orphans are noted and killed."""
        if self._running is None:
            raise RuntimeError("nothing runs")
        try:
            code = self._running.wait(RUN_TIMEOUT)
        except subprocess.TimeoutExpired:
            raise Hung(f"the crawl did not end within {RUN_TIMEOUT:g} s") from None
        self.orphans += wait_for_empty_group(self.leader, ORPHAN_TIMEOUT)
        kill_group(self.leader)
        return code

    def lives(self) -> bool:
        """The main process has not ended."""
        return self._running is not None and self._running.poll() is None

    def wait_for_records(self, count: int) -> bool:
        """Wait until ``records.jsonl`` has so many; False when the crawl ended before."""
        path = self.out / JsonlSink.file_of(self.generation)
        while self.lives():
            if path.exists() and path.read_bytes().count(b"\n") >= count:
                return self.lives()
            time.sleep(0.003)
        return False

    def all_victims(self) -> list[Victim]:
        """The living processes of the run."""
        return victims(self.leader, self.out, self.generation)

    def victims(self, role: Role, sink: str | None = None) -> list[Victim]:
        """The living processes in a role."""
        return [one for one in self.all_victims() if one.role == role and sink in {None, one.sink}]
