"""Trace files as a crawl would write them, of a crawl that never ran: the same bytes each time."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from crawler.model.messages import Finished, Ticket
from crawler.model.outcomes import Activity, Outcome
from crawler.model.spans import ChildWork, Span
from crawler.trace import recorder as recorder_module
from crawler.trace.recorder import Recorder
from crawler.trace.recording import Recording

SITE = "http://127.0.0.1:8000"
MILLISECOND = 1_000_000
BEGIN = 10**15
"""Nanoseconds of the monotonic clock."""
PID, PARSER, WRITER = 100, 101, 102


class Clock:
    """Stands in the place of the module ``time``; it goes on when it is told to."""

    def __init__(self) -> None:
        self.now = BEGIN

    def monotonic_ns(self) -> int:
        return self.now

    def pass_ms(self, milliseconds: float) -> int:
        self.now += round(milliseconds * MILLISECOND)
        return self.now


def tell(recorder: Recorder, clock: Clock, urls: int, *, retried: int | None = None) -> Iterator[None]:
    """The lives of some URLs, one after the other; a moment at which a file may end is yielded for each."""
    code = tell.__code__
    recorder.noted("meta", {"executor": "process", "workers": 1, "concurrency": 2, "generation": 1})
    for number in range(2):
        recorder.worker("fetch", f"fetch-{number}")
    recorder.worker("commit", "commit")
    for row in range(1, urls + 1):
        ticket = Ticket(row, f"{SITE}/{row}", 1, 0)
        for attempt in count(1):
            fetcher = f"fetch-{(row + attempt) % 2}"
            recorder.leased(ticket)
            clock.pass_ms(1)
            recorder.entered(fetcher, Activity.WAIT_FOR_ANSWER, ticket.url, code, 10)
            clock.pass_ms(4)
            yield
            clock.pass_ms(1)
            recorder.entered(fetcher, Activity.READ, ticket.url, code, 11)
            clock.pass_ms(2)
            recorder.entered(fetcher, Activity.IDLE, None, code, 12)
            if row != retried or attempt == 2:
                break
            clock.pass_ms(500)
        recorder.put("page_queue", row)
        clock.pass_ms(3)
        recorder.taken("page_queue", [row])
        begin = clock.pass_ms(1)
        span = Span(
            Activity.PARSE, begin, clock.pass_ms(6), 5 * MILLISECOND, PARSER, ("parse/work.py", "parse", 7)
        )
        clock.pass_ms(1)
        recorder.parsed("parser-0", PARSER, [(row, span)])
        recorder.put("finished_queue", row)
        clock.pass_ms(1)
        recorder.taken("finished_queue", [row])
        begin = clock.pass_ms(2)
        write = Span(Activity.WRITE, begin, clock.pass_ms(1), MILLISECOND, WRITER, ("write/w.py", "serve", 8))
        sync = Span(Activity.SYNC, write.end, clock.pass_ms(2), 0, WRITER)
        recorder.written("jsonl", [row], ChildWork(WRITER, (write, sync)))
        recorder.entered("commit", Activity.COMMIT, ticket.url, code, 20)
        clock.pass_ms(3)
        recorder.committed([Finished(ticket, Outcome.OK, None, b"{}")])
        recorder.entered("commit", Activity.IDLE, None, code, 20)
        recorder.counted({"in flight": row % 3, "memory": 1 << 20, "loop lag": 0.25, "committed": row})
    recorder.noted("end", {"loop_cpu_seconds": 0.5, "dropped": 0})


def write_trace(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    urls: int = 3,
    *,
    retried: int | None = None,
    files: int = 1,
) -> list[Path]:
    """The trace of a crawl in which URL ``retried`` has two attempts; spread over so many files."""
    clock = Clock()
    monkeypatch.setattr(recorder_module, "time", clock)
    recorder, recording = Recorder(), Recording(PID, PID, lambda number: f"thread {number}")
    parts = [recording.begin_file()]
    ends = urls // files
    for number, _ in enumerate(tell(recorder, clock, urls, retried=retried), 1):
        parts[-1] += b"".join(recording.packets(event) for event in recorder.take())
        if number % ends == 0 and len(parts) < files:
            parts[-1] += recording.end_file()
            parts.append(recording.begin_file())
    parts[-1] += b"".join(recording.packets(event) for event in recorder.take())
    names = ["trace.pftrace", *(f"trace.{number}.pftrace" for number in range(1, files))]
    paths = [folder / name for name in names]
    for path, part in zip(paths, parts, strict=True):
        path.write_bytes(part)
    return paths
