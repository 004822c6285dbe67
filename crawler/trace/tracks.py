"""The tracks of a trace: each has one number in all files of it, and is described in each that uses it."""

from collections.abc import Callable
from typing import Any

from crawler.trace.perfetto import Encoder
from crawler.trace.recorded import Model

_UNITS = {"in flight": 2, "at once": 2, "committed": 2, "loop lag": 1, "loop cpu": 1}
"""Perfetto's units of counters: a count, and nanoseconds; that of all others is bytes (3)."""


class Tracks:
    """Puts the description of a track into ``out`` before the first event on it."""

    def __init__(self, pid: int, tid: int, thread_name: Callable[[int], str], out: list[bytes]) -> None:
        """``pid`` and ``tid`` are those of the event loop; ``thread_name`` knows the name of a thread."""
        self.pid, self._tid, self._thread_name, self._out = pid, tid, thread_name, out
        self._encoder = Encoder()
        self._numbers: dict[object, int] = {}
        """By what it is of."""
        self._words: dict[int, tuple[Callable[..., bytes], int | None, tuple[Any, ...]]] = {}
        """How a track is described: by which method of the encoder, its parent, and the rest."""
        self._described: set[int] = set()
        """In this file."""
        self._free: dict[str, list[int]] = {}
        """By queue: the tracks of its places in which nothing waits."""

    def begin_file(self, encoder: Encoder) -> None:
        """Nothing is described yet."""
        self._encoder = encoder
        self._described.clear()

    def describe(self, track: int) -> None:
        """See to it that the track is described in this file, and what it is below of."""
        if track in self._described:
            return
        self._described.add(track)
        describe, parent, words = self._words[track]
        above = () if parent is None else (parent,)
        for each in above:
            self.describe(each)
        self._out.append(describe(self._encoder, track, *above, *words))

    def main(self) -> int:
        """The main process."""
        return self._process(self.pid, "main")

    def thread(self, pid: int, tid: int, name: str) -> int:
        """A child's main thread, ``name`` is that of the child; or some thread of this process."""
        key = "thread", pid, tid
        if (track := self._numbers.get(key)) is not None and track in self._described:
            return track
        if pid != self.pid:
            return self._track(key, Encoder.thread, self._process(pid, name), pid, tid, name, Model.PROCESS)
        name = "main" if tid == self._tid else self._thread_name(tid)
        return self._track(key, Encoder.thread, self.main(), pid, tid, name, Model.THREAD)

    def coroutine(self, name: str) -> int:
        """What runs in the event loop."""
        key = "coroutine", name
        if (track := self._numbers.get(key)) is not None and track in self._described:
            return track
        return self._track(key, Encoder.track, self._loop(), name, Model.COROUTINE)

    def place(self, queue: str) -> int:
        """A place in a queue, where nothing waits; it is taken until it is given back."""
        if free := self._free.setdefault(queue, []):
            return free.pop()
        key = "place", len(self._numbers)
        return self._track(key, Encoder.track, self._loop(), queue, Model.QUEUE)

    def give_back(self, queue: str, place: int) -> None:
        """Nothing waits there any longer."""
        self._free[queue].append(place)

    def counter(self, name: str) -> int:
        """A number over time."""
        return self._track(("counter", name), Encoder.counter_track, self.main(), name, _UNITS.get(name, 3))

    def _process(self, pid: int, name: str) -> int:
        return self._track(("process", pid), Encoder.process, None, pid, name)

    def _loop(self) -> int:
        return self.thread(self.pid, self._tid, "main")

    def _track(self, key: object, describe: Callable[..., bytes], parent: int | None, *words: Any) -> int:
        track = self._numbers.get(key)
        if track is None:
            track = self._numbers[key] = len(self._numbers) + 1
            self._words[track] = describe, parent, words
        self.describe(track)
        return track
