"""What a trace holds, once it is read back: who did what from when to when, for which URLs.

:mod:`crawler.trace.perfetto` writes it and :mod:`crawler.trace.perfetto_reading` reads it; words, tables and
pages are made from this alone. Times are seconds since the trace began, on one clock for all processes.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any

import msgspec


class Model(StrEnum):
    """What a track runs as: a station's worker, or what it stands on."""

    COROUTINE = "coroutine"
    THREAD = "thread"
    PROCESS = "process"
    """A child's main thread."""
    QUEUE = "queue"
    """Nothing runs there: its slices are what waits in it."""


class Track(msgspec.Struct, frozen=True):
    """One row of the trace."""

    id: int
    name: str
    """As the code calls it: ``fetch-3``, ``parser-0``, ``writer-jsonl``, ``state``, ``page_queue``."""
    model: Model
    process: str
    """``main``, or the child's name."""
    pid: int


class Where(msgspec.Struct, frozen=True):
    """The line of source at which a slice begins."""

    file: str
    """Relative to the folder of the package ``crawler``: ``fetch/fetcher.py``."""
    function: str
    line: int


class Slice(msgspec.Struct, frozen=True):
    """One thing that one worker did without a break, or one stay in a queue."""

    track: int
    name: str
    """An :class:`crawler.model.outcomes.Activity`, or what the worker calls it."""
    begin: float
    end: float
    """Where the trace is cut off, the last moment that is known."""
    waits: bool
    """It waits for something: the network, its turn, room in a queue. Else it works."""
    urls: tuple[int, ...] = ()
    """Row ids of the URLs that it is about: one, or those of a batch. The same ids are its flows."""
    where: Where | None = None
    cpu: float | None = None
    """Seconds of CPU of its own thread; None where that was not measured."""


class Trace(msgspec.Struct):
    """A whole trace. Slices are read each time that they are asked for: there may be tens of millions."""

    started_at: float | None
    """Unix time in seconds; None where the trace was cut off before it says what time it was."""
    seconds: float
    """From its begin to its last event."""
    is_cut_off: bool
    """The crawl was killed: it does not end as it should, and what is there is shown."""
    meta: Mapping[str, Any]
    """``settings`` of the crawl (as in ``crawl.db``), ``generation``, ``cores``, ``python``, ``version``,
    ``executor``, ``workers``, ``concurrency``, and at the end ``loop_cpu_seconds``; see
    :mod:`crawler.trace.recorder`."""
    tracks: Mapping[int, Track]
    slices: Callable[[], Iterator[Slice]]
    """All of them, in the order in which they end. What takes no time has no length: ``lease`` on the track
    ``lease``, for each time that a URL is handed out."""
    url_of: Callable[[Sequence[int]], dict[int, str]]
    """The URLs of row ids; those that the trace does not name are left out."""
    counters: Mapping[str, Sequence[tuple[float, float]]]
    """(when, value) by name: ``in flight``, ``page_queue`` and the like in bytes, ``memory`` in bytes,
    ``loop lag`` in seconds, ``loop cpu`` in seconds so far, ``committed``, ``at once``: how many URLs may be
    asked for at once, 0 while the live page has paused the crawl."""
    urls: Callable[[], Iterator[tuple[int, str]]] = lambda: iter(())
    """Row id and URL of every lease, in order; a URL that is tried again comes again. Read each time."""
