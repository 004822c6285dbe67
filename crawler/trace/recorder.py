"""What a crawl that is traced notes of itself: the event loop's side of its trace.

The loop only appends small tuples to a list. A thread (:mod:`crawler.trace.recording_thread`) takes them from
there several times a second, makes packets of them (:mod:`crawler.trace.recording`) and appends those to the
file. A loop whose events are not taken for long drops them, and counts how many.

Notes of the whole crawl are JSON: ``meta`` at the begin (``settings`` as in ``crawl.db``, ``generation``,
``cores``, ``python``, ``version``, ``executor``, ``workers``, ``concurrency``) and ``end``
(``loop_cpu_seconds``, and how many events were ``dropped``), without which the trace was cut off.
"""

import time
from collections.abc import Mapping, Sequence
from enum import IntEnum, auto
from types import CodeType
from typing import Any

import msgspec

from crawler.model.messages import Finished, Ticket
from crawler.model.outcomes import Activity
from crawler.model.spans import ChildWork, Span

MAX_WAITING = 200_000
"""Events that may wait for the thread: some 30 MiB; half a minute of a very fast crawl."""
Event = tuple[Any, ...]
"""What (see :class:`What`), when (nanoseconds of ``time.monotonic_ns()``), and what there is to say of it."""


class What(IntEnum):
    """The kinds of events."""

    WORKER = 0
    ENTERED = auto()
    LEASED = auto()
    PUT = auto()
    TAKEN = auto()
    PARSED = auto()
    PARSER_DIED = auto()
    WRITTEN = auto()
    COMMITTED = auto()
    RAN = auto()
    COUNTED = auto()
    NOTED = auto()
    DROPPED = auto()


class Recorder:
    """Called in the event loop alone, but for :meth:`take` and :meth:`ran`: to append needs no lock."""

    def __init__(self) -> None:
        self._events: list[Event] = []
        self.dropped = 0
        """Events that were not taken in time."""

    def take(self) -> list[Event]:
        """What was noted since it was last asked for; for the thread. Appending goes on meanwhile."""
        events = self._events[:]
        del self._events[: len(events)]
        return events

    def bound(self) -> None:
        """Drop what the thread is too slow for; to be called some ten times a second."""
        if (late := len(self._events) - MAX_WAITING) > 0:
            del self._events[MAX_WAITING:]
            self.dropped += late
            self._note(What.DROPPED, late)

    def worker(self, stage: str, holder: str) -> None:
        """There is a worker, which will say what it does."""
        self._note(What.WORKER, holder, stage)

    def entered(self, holder: str, step: Activity, url: str | None, code: CodeType, line: int) -> None:
        """A worker does something now."""
        self._events.append((1, time.monotonic_ns(), holder, step, url, code, line))

    def leased(self, ticket: Ticket) -> None:
        """A ticket was handed out."""
        self._events.append((2, time.monotonic_ns(), ticket.id, ticket.url))

    def put(self, queue: str, item: int) -> None:
        """Something about the URL with this row id waits in a queue."""
        self._events.append((3, time.monotonic_ns(), queue, item))

    def taken(self, queue: str, items: Sequence[int]) -> None:
        """These wait there no longer."""
        self._events.append((4, time.monotonic_ns(), queue, items))

    def parsed(self, parser: str, pid: int | None, spans: Sequence[tuple[int, Span | None]]) -> None:
        """A parser has parsed these URLs; ``pid`` is that of its process, None where it is this one."""
        self._note(What.PARSED, parser, pid, spans)

    def parser_died(self, parser: str, items: Sequence[int]) -> None:
        """A parser has died at these URLs, which are parsed again."""
        self._note(What.PARSER_DIED, parser, items)

    def written(self, sink: str, items: Sequence[int], work: ChildWork | None) -> None:
        """A sink holds these URLs; ``work`` is what its process did, for them and others before them."""
        self._note(What.WRITTEN, sink, items, work)

    def committed(self, finished: Sequence[Finished]) -> None:
        """These are done."""
        self._note(What.COMMITTED, [(each.ticket.id, each.ticket.url) for each in finished])

    def ran(self, span: Span) -> None:
        """A thread of this process did something; it is called in that thread."""
        self._note(What.RAN, span)

    def counted(self, values: Mapping[str, float]) -> None:
        """How the crawl stands now: numbers by name."""
        self._note(What.COUNTED, values)

    def noted(self, name: str, values: Mapping[str, Any]) -> None:
        """Something about the whole crawl."""
        self._note(What.NOTED, name, msgspec.json.encode(values).decode())

    def _note(self, what: What, *more: Any) -> None:
        self._events.append((what, time.monotonic_ns(), *more))
