"""Makes packets of what a crawl notes of itself: tracks, slices, flows and counters. No I/O.

What a trace looks like, for whoever reads it (:mod:`crawler.trace.recorded` says what is made of it):

- One track for each process and its main thread (named ``main``, or as the child); below the main one's the
  coroutines of the event loop, and one for each place in a queue, all of one name: what waits overlaps, and
  the slices of one track do not. The description of a track is its :class:`crawler.trace.recorded.Model`.
- A slice's category is ``wait`` or ``work``. Its flows are the row ids of the URLs that it is about.
- A URL's flow begins with the instant ``lease`` on the track ``lease``, whose note ``url`` is its text, and
  ends in the slice of its commit (terminating_flow_ids). One that is tried again is leased again.
- The end of a child's slice has the note ``cpu_us``: microseconds of CPU of its thread.
- The notes of the whole crawl are the instants ``meta`` and ``end`` on the track of the main process, each
  with JSON in the note of its own name; ``dropped`` is how many events are missing there.
"""

from collections.abc import Callable, Sequence
from types import CodeType
from typing import NamedTuple

from crawler.model.outcomes import Activity
from crawler.model.spans import ChildWork, Span
from crawler.trace.perfetto import Encoder, Kind
from crawler.trace.recorder import Event, What
from crawler.trace.slices import WAIT, WORK, Slices
from crawler.trace.source_lines import where_of
from crawler.trace.span_kinds import SpanKinds
from crawler.trace.tracks import Tracks

_WORKS = frozenset({Activity.READ})
"""What a coroutine does itself. Whatever else it is at, it waits for somebody: a host, a child, a thread."""
_NANOSECONDS = 1_000_000_000
_LEASE, _COMMIT = Kind("lease", WORK), Kind(Activity.COMMIT, WAIT)
_WAITING, _DEATH = Kind("waiting", WAIT), Kind("the parser died", WAIT)


class _Entry(NamedTuple):
    """What is entered at one line of source by one worker."""

    track: int
    kind: Kind | None
    """None is idle."""
    is_fetch: bool
    is_commit: bool
    code: CodeType
    """Kept, since it is known by its address."""


class Recording:
    """All tracks of one trace, over all its files."""

    def __init__(self, pid: int, tid: int, thread_name: Callable[[int], str]) -> None:
        """``pid`` and ``tid`` are those of the event loop; ``thread_name`` knows the name of a thread."""
        self._out: list[bytes] = []
        self._encoder = Encoder()
        self._tracks = Tracks(pid, tid, thread_name, self._out)
        self._slices = Slices(self._tracks, self._out)
        self._stages: dict[str, str] = {}
        self._at: dict[int, tuple[int, ...]] = {}
        """The URL that a fetcher is at, by its track; not there where it is idle."""
        self._ids: dict[str, int] = {}
        """Row ids of the URLs that are leased and not committed."""
        self._waiting: dict[tuple[str, int], int] = {}
        """Which place a URL has in a queue."""
        self._unsaid: dict[str, list[int]] = {}
        """By sink: URLs it has acked, whose writing has not been said yet."""
        self._committing: tuple[int, Kind] | None = None
        self._entries: dict[tuple[str, int, int, int], _Entry] = {}
        """What is entered, by the worker, the step, and the line of source that says so."""
        self._kinds = SpanKinds()
        self._now = 0
        self._on: dict[int, Callable[..., None]] = {
            What.WORKER: self._worker,
            What.ENTERED: self._entered,
            What.LEASED: self._leased,
            What.PUT: self._put,
            What.TAKEN: self._taken,
            What.PARSED: self._parsed,
            What.PARSER_DIED: self._parser_died,
            What.WRITTEN: self._written,
            What.COMMITTED: self._committed,
            What.RAN: self._ran,
            What.COUNTED: self._counted,
            What.NOTED: self._noted,
            What.DROPPED: self._dropped,
        }

    def begin_file(self) -> bytes:
        """What the next file begins with: what goes on in it was begun in the one before."""
        self._encoder = Encoder()
        self._out.append(self._encoder.head())
        self._tracks.begin_file(self._encoder)
        self._slices.begin_file(self._now, self._encoder)
        return self._packets()

    def flush(self) -> bytes:
        """What has begun and not ended: to be written before a pause."""
        self._slices.flush()
        return self._packets()

    def end_file(self) -> bytes:
        """What this file ends with."""
        self._slices.end_file(self._now)
        return self._packets()

    def packets(self, event: Event) -> bytes:
        """What is to be written of one event."""
        self._now = event[1]
        self._on[event[0]](*event[1:])
        return self._packets()

    def _packets(self) -> bytes:
        made = b"".join(self._out)
        self._out.clear()
        return made

    def _worker(self, _ns: int, holder: str, stage: str) -> None:
        self._stages[holder] = stage

    def _entered(
        self, ns: int, holder: str, step: Activity, url: str | None, code: CodeType, line: int
    ) -> None:
        entry = self._entries.get((holder, id(step), id(code), line))
        if entry is None:
            entry = self._entry(holder, step, code, line)
        track = entry.track
        self._slices.end(ns, track)
        if entry.kind is None:
            self._at.pop(track, None)
        elif entry.is_commit:
            self._committing = ns, entry.kind  # which URLs it is about is said when it is over
        else:
            flows, is_first = self._at.get(track, ()), False
            if entry.is_fetch and not flows and (item := self._ids.get(url or "")) is not None:
                flows = self._at[track] = (item,)
                is_first = True
            self._slices.begin(ns, track, entry.kind, flows, is_kept=is_first)

    def _entry(self, holder: str, step: Activity, code: CodeType, line: int) -> "_Entry":
        category = WORK if step in _WORKS else WAIT
        kind = None if step is Activity.IDLE else Kind(step, category, where_of(code, line))
        stage, track = self._stages.get(holder), self._tracks.coroutine(holder)
        made = _Entry(track, kind, stage == "fetch", step is Activity.COMMIT, code)
        self._entries[holder, id(step), id(code), line] = made
        return made

    def _leased(self, ns: int, item: int, url: str) -> None:
        self._ids[url] = item
        track = self._tracks.coroutine("lease")
        self._out.append(self._encoder.instant(ns, track, _LEASE, (item,), notes={"url": url}))

    def _put(self, ns: int, queue: str, item: int) -> None:
        track = self._tracks.place(queue)
        self._waiting[queue, item] = track
        self._slices.begin(ns, track, _WAITING, (item,), is_kept=True)

    def _taken(self, ns: int, queue: str, items: Sequence[int]) -> None:
        for item in items:
            if (track := self._waiting.pop((queue, item), None)) is not None:
                self._slices.end(ns, track)
                self._tracks.give_back(queue, track)

    def _parsed(
        self, _ns: int, parser: str, pid: int | None, spans: Sequence[tuple[int, Span | None]]
    ) -> None:
        for item, span in spans:
            if span is not None:
                self._span(pid or self._tracks.pid, parser, span, (item,))

    def _parser_died(self, ns: int, parser: str, items: Sequence[int]) -> None:
        track = self._tracks.coroutine(parser)
        self._out.append(self._encoder.instant(ns, track, _DEATH, items))

    def _written(self, _ns: int, sink: str, items: Sequence[int], work: ChildWork | None) -> None:
        unsaid = self._unsaid.setdefault(sink, [])
        unsaid += items
        if work is not None:
            for span in work.spans:
                is_theirs = span.step in (Activity.WRITE, Activity.SYNC)
                self._span(work.pid, f"writer-{sink}", span, tuple(unsaid) if is_theirs else ())
            unsaid.clear()

    def _committed(self, ns: int, done: Sequence[tuple[int, str]]) -> None:
        began, kind = self._committing or (ns, _COMMIT)
        self._committing = None
        track = self._tracks.coroutine("commit")
        self._slices.begin_last(began, track, kind, [item for item, _ in done])
        for _, url in done:
            self._ids.pop(url, None)

    def _ran(self, _ns: int, span: Span) -> None:
        self._span(self._tracks.pid, "main", span, ())

    def _counted(self, ns: int, values: dict[str, float]) -> None:
        for name, value in values.items():
            track = self._tracks.counter(name)
            value = round(value * _NANOSECONDS) if name in ("loop lag", "loop cpu") else value
            self._out.append(self._encoder.counter(ns, track, value))

    def _noted(self, ns: int, name: str, values: str) -> None:
        main = self._tracks.main()
        self._out.append(self._encoder.instant(ns, main, Kind(name, WORK), notes={name: values}))

    def _dropped(self, ns: int, count: int) -> None:
        """What was going on has ended unseen, or goes on unseen."""
        self._slices.end_all(ns)
        for (queue, _), track in self._waiting.items():
            self._tracks.give_back(queue, track)
        self._waiting.clear()
        self._at.clear()
        self._noted(ns, "dropped", f"{count}")

    def _span(self, pid: int, process: str, span: Span, flows: tuple[int, ...]) -> None:
        """What a child did, or a thread of this process, is told when it is over."""
        track, kind = self._tracks.thread(pid, span.thread, process), self._kinds.of(pid, process, span)
        self._slices.whole(span.begin, span.end, track, kind, flows, span.cpu)
