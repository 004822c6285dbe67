"""Writes a trace while the crawl runs: takes what the loop has noted, encodes it, appends it to the file.

Runs as: one thread. Stops when: told to, after what was noted before is written. Fails as: one warning; the
trace ends there, and the crawl goes on.
"""

import logging
import os
import threading
from pathlib import Path
from typing import BinaryIO

from crawler.trace.recorder import Event, Recorder
from crawler.trace.recording import Recording
from crawler.trace.trace_files import runs_in

log = logging.getLogger("crawler.trace")

TRACE_FILE = "trace.pftrace"
"""The first file of a trace; ``trace.1.pftrace`` and so on are the next ones."""
INTERVAL = 0.25
"""Seconds between two writes: what a kill takes from the trace."""
_MARGIN = 256 * 1024
"""Bytes below the bound at which a file ends: one event, such as a commit, is written whole."""


class RecordingThread(threading.Thread):
    """Made in the event loop's thread, whose trace it writes."""

    def __init__(self, recorder: Recorder, out: Path, max_bytes: int, interval: float = INTERVAL) -> None:
        super().__init__(name="trace", daemon=True)
        self._recorder, self._out, self._interval = recorder, out, interval
        self._most = max_bytes - _MARGIN
        self._recording = Recording(os.getpid(), threading.get_native_id(), _name_of)
        self._ending = threading.Event()
        self._file: BinaryIO | None = None
        self._size = self._number = 0

    def run(self) -> None:
        """The thread."""
        try:
            move_up(self._out)
            self._next_file()
            is_last = False
            while not is_last:
                is_last = self._ending.wait(self._interval)
                self._write(self._recorder.take())
        except OSError as error:
            log.warning("the trace ends here, for it cannot be written: %s", error)
            while not self._ending.wait(self._interval):
                self._recorder.take()
        finally:
            if self._file is not None:
                self._file.close()

    def stop(self) -> None:
        """Write what was noted, and end. Blocks. Nothing happens where it was not started."""
        self._ending.set()
        if self.ident is not None:
            self.join()
            if self._recorder.dropped:
                log.warning(
                    "the trace lacks %s events: the disk, or this machine, was too slow for them",
                    f"{self._recorder.dropped:,}",
                )

    def _write(self, events: list[Event]) -> None:
        made: list[bytes] = []
        for event in events:
            packets = self._recording.packets(event)
            made.append(packets)
            self._size += len(packets)
            if self._size > self._most:
                self._append(b"".join(made) + self._recording.end_file())
                made.clear()
                self._next_file()
        made.append(self._recording.flush())
        self._append(b"".join(made))

    def _next_file(self) -> None:
        if self._file is not None:
            self._file.close()
        name = TRACE_FILE if self._number == 0 else f"trace.{self._number}.pftrace"
        self._file = (self._out / name).open("xb", buffering=0)
        self._number += 1
        head = self._recording.begin_file()
        self._size = len(head)
        self._append(head)

    def _append(self, data: bytes) -> None:
        left = memoryview(data)
        while left and self._file is not None:
            left = left[self._file.write(left) :]


def move_up(out: Path) -> None:
    """Give the files of an earlier run's trace names that this run's do not have. Raises OSError.

    ``trace.pftrace`` becomes ``trace-run1.pftrace``, and ``trace.1.pftrace`` ``trace-run1.1.pftrace``: the
    first trace that was written here; the next run's are ``trace-run2`` and so on. A folder of such a name is
    none of ours, and stays.
    """
    runs = runs_in(out)
    number = 1 + max((run.number for run in runs if run.number is not None), default=0)
    for path in (path for run in runs if run.number is None for path in run.files):
        path.rename(path.with_name(path.name.replace("trace", f"trace-run{number}", 1)))


def _name_of(tid: int) -> str:
    return next((thread.name for thread in threading.enumerate() if thread.native_id == tid), f"thread {tid}")
