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
from typing import Any

from crawler.model.outcomes import Activity
from crawler.model.spans import ChildWork, Span
from crawler.trace.perfetto import Encoder
from crawler.trace.recorded import Model, Where
from crawler.trace.recorder import Event, What
from crawler.trace.source_lines import where_of

WORK, WAIT = "work", "wait"
"""The categories of slices."""
_WORKS = frozenset({Activity.READ})
"""What a coroutine does itself. Whatever else it is at, it waits for somebody: a host, a child, a thread."""
_UNITS = {"in flight": 2, "committed": 2, "loop lag": 1}
"""Perfetto's units of counters; that of all others is bytes (3)."""
_NANOSECONDS = 1_000_000_000


class Recording:
    """All tracks of one trace, over all its files."""

    def __init__(self, pid: int, tid: int, thread_name: Callable[[int], str]) -> None:
        """``pid`` and ``tid`` are those of the event loop; ``thread_name`` knows the name of a thread."""
        self._pid, self._tid, self._thread_name = pid, tid, thread_name
        self._encoder = Encoder()
        self._out: list[bytes] = []
        self._tracks: dict[object, int] = {}
        """By what it is of; the numbers stay the same in all files."""
        self._words: dict[int, tuple[Callable[..., bytes], int | None, tuple[Any, ...]]] = {}
        """How a track is described: by which method of the encoder, its parent, and the rest."""
        self._described: set[int] = set()
        """In this file."""
        self._open: dict[int, tuple[str, str, Where | None, tuple[int, ...]]] = {}
        """By track: the slice that has begun there and not ended."""
        self._stages: dict[str, str] = {}
        self._at: dict[str, int | None] = {}
        """The URL that a fetcher is at; None where it is not known, not there where it is idle."""
        self._ids: dict[str, int] = {}
        """Row ids of the URLs that are leased and not committed."""
        self._places: dict[str, list[int]] = {}
        """Free places of each queue: their tracks."""
        self._waiting: dict[tuple[str, int], int] = {}
        """Which place a URL has in a queue."""
        self._unsaid: dict[str, list[int]] = {}
        """By sink: URLs it has acked, whose writing has not been said yet."""
        self._committing: tuple[int, Where] | None = None
        self._wheres: dict[tuple[CodeType, int], Where] = {}
        self._child_wheres: dict[tuple[int, str], Where] = {}
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
            What.COUNTED: self._counted,
            What.NOTED: self._noted,
            What.DROPPED: self._dropped,
        }

    def begin_file(self) -> bytes:
        """What the next file begins with: what goes on in it was begun in the one before."""
        self._encoder, self._described = Encoder(), set()
        self._out.append(self._encoder.head())
        for track, (name, category, where, flows) in self._open.items():
            self._describe(track)
            self._out.append(self._encoder.begin(self._now, track, name, category, where, flows))
        return self._packets()

    def end_file(self) -> bytes:
        """What this file ends with."""
        self._out += [self._encoder.end(self._now, track) for track in self._open]
        return self._packets()

    def packets(self, event: Event) -> bytes:
        """What is to be written of one event."""
        self._on[event[0]](*event[1:])
        return self._packets()

    def _packets(self) -> bytes:
        made = b"".join(self._out)
        self._out.clear()
        return made

    # -- what there is to say of each kind of event ---------------------------------------------

    def _worker(self, _ns: int, holder: str, stage: str) -> None:
        self._stages[holder] = stage

    def _entered(
        self, ns: int, holder: str, step: Activity, url: str | None, code: CodeType, line: int
    ) -> None:
        track = self._coroutine(holder)
        self._end(ns, track)
        if step is Activity.IDLE:
            self._at.pop(holder, None)
            self._committing = None if self._stages.get(holder) == "commit" else self._committing
            return
        if (where := self._wheres.get((code, line))) is None:
            where = self._wheres[code, line] = where_of(code, line)
        if step is Activity.COMMIT:
            self._committing = ns, where  # which URLs it is about is said when it is over
            return
        flows: tuple[int, ...] = ()
        if self._stages.get(holder) == "fetch":
            if holder not in self._at:
                self._at[holder] = None if url is None else self._ids.get(url)
            found = self._at[holder]
            flows = () if found is None else (found,)
        self._begin(ns, track, step, WORK if step in _WORKS else WAIT, where, flows)

    def _leased(self, ns: int, item: int, url: str) -> None:
        self._ids[url] = item
        track = self._coroutine("lease")
        self._out.append(self._encoder.instant(ns, track, "lease", WORK, (item,), notes={"url": url}))

    def _put(self, ns: int, queue: str, item: int) -> None:
        if free := self._places.setdefault(queue, []):
            self._describe(track := free.pop())
        else:
            track = self._track(("queue", len(self._tracks)), Encoder.track, self._loop(), queue, Model.QUEUE)
        self._waiting[queue, item] = track
        self._begin(ns, track, "waiting", WAIT, None, (item,))

    def _taken(self, ns: int, queue: str, items: Sequence[int]) -> None:
        for item in items:
            if (track := self._waiting.pop((queue, item), None)) is not None:
                self._end(ns, track)
                self._places[queue].append(track)

    def _parsed(
        self, _ns: int, parser: str, pid: int | None, spans: Sequence[tuple[int, Span | None]]
    ) -> None:
        for item, span in spans:
            if span is not None:
                self._span(pid or self._pid, parser, span, (item,))

    def _parser_died(self, ns: int, parser: str, items: Sequence[int]) -> None:
        track = self._coroutine(parser)
        self._out.append(self._encoder.instant(ns, track, "the parser died", WAIT, items))

    def _written(self, _ns: int, sink: str, items: Sequence[int], work: ChildWork | None) -> None:
        unsaid = self._unsaid.setdefault(sink, [])
        unsaid += items
        if work is not None:
            for span in work.spans:
                is_theirs = span.step in (Activity.WRITE, Activity.SYNC)
                self._span(work.pid, f"writer-{sink}", span, tuple(unsaid) if is_theirs else ())
            unsaid.clear()

    def _committed(self, ns: int, done: Sequence[tuple[int, str]]) -> None:
        began, where = self._committing or (ns, None)
        self._committing = None
        track, items = self._coroutine("commit"), tuple(item for item, _ in done)
        self._out.append(self._encoder.begin(began, track, Activity.COMMIT, WAIT, where, ends=items))
        self._open[track] = Activity.COMMIT, WAIT, where, ()
        for _, url in done:
            self._ids.pop(url, None)

    def _counted(self, ns: int, values: dict[str, float]) -> None:
        for name, value in values.items():
            unit, process = _UNITS.get(name, 3), self._process(self._pid, "main")
            track = self._track(("counter", name), Encoder.counter_track, process, name, unit)
            value = round(value * _NANOSECONDS) if unit == 1 else value
            self._out.append(self._encoder.counter(ns, track, value))

    def _noted(self, ns: int, name: str, values: str) -> None:
        process = self._process(self._pid, "main")
        self._out.append(self._encoder.instant(ns, process, name, WORK, notes={name: values}))

    def _dropped(self, ns: int, count: int) -> None:
        """What was going on has ended unseen, or goes on unseen."""
        for track in [*self._open]:
            self._end(ns, track)
        for (queue, _), track in self._waiting.items():
            self._places[queue].append(track)
        self._waiting.clear()
        self._at.clear()
        self._noted(ns, "dropped", f"{count}")

    # -- slices --------------------------------------------------------------------------------

    def _begin(
        self, ns: int, track: int, name: str, category: str, where: Where | None, flows: tuple[int, ...]
    ) -> None:
        self._now = ns
        self._open[track] = name, category, where, flows
        self._out.append(self._encoder.begin(ns, track, name, category, where, flows))

    def _end(self, ns: int, track: int) -> None:
        self._now = ns
        if self._open.pop(track, None) is not None:
            self._out.append(self._encoder.end(ns, track))

    def _span(self, pid: int, process: str, span: Span, flows: tuple[int, ...]) -> None:
        """What a child did, or a thread of this process, is told when it is over."""
        track = self._thread(pid, span.thread, process)
        if span.where is not None:
            self._child_wheres[pid, process] = Where(*span.where)
        where = self._child_wheres.get((pid, process))
        self._out.append(self._encoder.begin(span.begin, track, span.step, WORK, where, flows))
        self._out.append(self._encoder.end(span.end, track, span.cpu))

    # -- tracks --------------------------------------------------------------------------------

    def _process(self, pid: int, name: str) -> int:
        return self._track(("process", pid), Encoder.process, None, pid, name)

    def _thread(self, pid: int, tid: int, name: str) -> int:
        """``name`` is that of the child, if it is not a thread of this process."""
        key = "thread", pid, tid
        if key not in self._tracks and pid == self._pid:
            name = "main" if tid == self._tid else self._thread_name(tid)
        process = self._process(pid, "main" if pid == self._pid else name)
        model = Model.THREAD if pid == self._pid else Model.PROCESS
        return self._track(key, Encoder.thread, process, pid, tid, name, model)

    def _coroutine(self, name: str) -> int:
        key = "coroutine", name
        if (track := self._tracks.get(key)) is not None and track in self._described:
            return track
        return self._track(key, Encoder.track, self._loop(), name, Model.COROUTINE)

    def _loop(self) -> int:
        return self._thread(self._pid, self._tid, "main")

    def _track(self, key: object, describe: Callable[..., bytes], parent: int | None, *words: Any) -> int:
        """The track of ``key``, described in this file."""
        track = self._tracks.get(key)
        if track is None:
            track = self._tracks[key] = len(self._tracks) + 1
            self._words[track] = describe, parent, words
        self._describe(track)
        return track

    def _describe(self, track: int) -> None:
        if track in self._described:
            return
        self._described.add(track)
        describe, parent, words = self._words[track]
        above = () if parent is None else (parent,)
        for each in above:
            self._describe(each)
        self._out.append(describe(self._encoder, track, *above, *words))
