"""What goes on on the tracks of a trace: slices that have begun, until they end, over all its files."""

from crawler.trace.perfetto import Encoder, Kind
from crawler.trace.tracks import Tracks

WORK, WAIT = "work", "wait"
"""The categories of slices."""
SHORT = 20_000
"""Nanoseconds: a wait that is over at once is none, and is left out, which keeps traces small."""


class Slices:
    """One at a time on each track. Puts their packets into ``out``."""

    def __init__(self, tracks: Tracks, out: list[bytes]) -> None:
        self._tracks, self._out = tracks, out
        self._encoder = Encoder()
        self._begun: dict[int, tuple[int, Kind, tuple[int, ...], bool]] = {}
        """By track: the slice that has begun there, and is not written yet, since it may end at once."""
        self._open: dict[int, tuple[Kind, tuple[int, ...]]] = {}
        """By track: the slice of which only the begin is written."""

    def begin(
        self, ns: int, track: int, kind: Kind, flows: tuple[int, ...], *, is_kept: bool = False
    ) -> None:
        """A slice begins, about these URLs. ``is_kept``: even if it is a wait that turns out to be none."""
        self._begun[track] = ns, kind, flows, is_kept

    def begin_last(self, ns: int, track: int, kind: Kind, ends: list[int]) -> None:
        """A slice begins, in which the flows of these URLs end."""
        self._tracks.describe(track)
        self._out.append(self._encoder.begin(ns, track, kind, ends=ends))
        self._open[track] = kind, ()

    def end(self, ns: int, track: int) -> None:
        """End what goes on there, if anything; a wait that was none is left out."""
        if (begun := self._begun.pop(track, None)) is not None:
            began, kind, flows, is_kept = begun
            if ns - began < SHORT and kind.category is WAIT and not is_kept:
                return
            self._tracks.describe(track)
            self._out.append(self._encoder.begin(began, track, kind, flows))
        elif self._open.pop(track, None) is None:
            return
        self._out.append(self._encoder.end(ns, track))

    def end_all(self, ns: int) -> None:
        """End what goes on anywhere."""
        for track in [*self._begun, *self._open]:
            self.end(ns, track)

    def whole(self, begin: int, end: int, track: int, kind: Kind, flows: tuple[int, ...], cpu: int) -> None:
        """A slice of which all is known; it took so many nanoseconds of CPU."""
        self._out.append(self._encoder.begin(begin, track, kind, flows))
        self._out.append(self._encoder.end(end, track, cpu))

    def flush(self) -> None:
        """Write what has begun and not ended."""
        for track, (ns, kind, flows, _) in self._begun.items():
            self._open[track] = kind, flows
            self._tracks.describe(track)
            self._out.append(self._encoder.begin(ns, track, kind, flows))
        self._begun.clear()

    def end_file(self, ns: int) -> None:
        """What goes on ends in this file."""
        self.flush()
        self._out += [self._encoder.end(ns, track) for track in self._open]

    def begin_file(self, ns: int, encoder: Encoder) -> None:
        """What went on in the file before goes on in this one."""
        self._encoder = encoder
        for track, (kind, flows) in self._open.items():
            self._tracks.describe(track)
            self._out.append(encoder.begin(ns, track, kind, flows))
