"""The slices of a trace, put together from the events at which they begin and end."""

import heapq
from collections.abc import Iterable, Iterator
from itertools import count
from typing import NamedTuple

from crawler.trace.perfetto_events import BEGIN, END, INSTANT, Event
from crawler.trace.recorded import Slice

SECOND = 1_000_000_000
"""Nanoseconds."""
MAX_LATE = 20_000
"""Slices that are held back until it is their turn: what a child did is told a little later."""
_WAIT = "wait"
"""The category of slices that wait."""


class _Open(NamedTuple):
    """A slice that has begun."""

    begin: int
    event: Event


class SliceMaker:
    """Matches what ends with what has begun. Slices that lie in each other on one track are a stack.

    Where one file of a trace ends and the next begins, what goes on is ended in the one and begun anew in the
    other, at the same moment: that is one slice. What takes no time is a slice without length.
    """

    def __init__(self, begin: int, last: int) -> None:
        """``begin`` is the moment from which times are counted, ``last`` the last one known; nanoseconds."""
        self._begin, self._last = begin, last
        self._open: dict[int, list[_Open]] = {}
        self._ended: dict[int, tuple[_Open, Event]] = {}
        """By track: what ended at this very moment."""

    def made(self, files: Iterable[Iterable[Event]]) -> Iterator[Slice]:
        """Every slice of these files' events, in the order in which their ends were written."""
        for events in files:
            goes_on = True
            for event in events:
                if event.type == BEGIN:
                    earlier = self._ended.pop(event.track, None) if goes_on else None
                    opened = _Open(event.ns, event)
                    if earlier is not None and _is_same(earlier, event):
                        opened = earlier[0]
                    elif earlier is not None:
                        yield self._slice(earlier[0], earlier[1].ns, earlier[1])
                    self._open.setdefault(event.track, []).append(opened)
                elif event.type == END:
                    goes_on = False
                    ended = next(iter(self._ended.values()), None)
                    if ended is not None and ended[1].ns != event.ns:
                        yield from self._flushed()
                    if stack := self._open.get(event.track):
                        opened = stack.pop()
                        if event.track in self._ended:
                            yield from self._flushed()
                        self._ended[event.track] = opened, event
                elif event.type == INSTANT and event.name not in event.notes:
                    yield self._slice(_Open(event.ns, event), event.ns, event)
        yield from self._flushed()
        for stack in self._open.values():
            for opened in stack:
                yield self._slice(opened, self._last, None)

    def _flushed(self) -> Iterator[Slice]:
        for opened, ending in self._ended.values():
            yield self._slice(opened, ending.ns, ending)
        self._ended.clear()

    def _slice(self, opened: _Open, end: int, ending: Event | None) -> Slice:
        said = opened.event
        cpu = None if ending is None else ending.notes.get("cpu_us")
        return Slice(
            said.track,
            said.name,
            (opened.begin - self._begin) / SECOND,
            (max(end, opened.begin) - self._begin) / SECOND,
            said.category == _WAIT,
            said.flows,
            said.where,
            cpu / 1e6 if isinstance(cpu, int) else None,
        )


def _is_same(earlier: tuple[_Open, Event], event: Event) -> bool:
    opened, ending = earlier
    began = opened.event
    return (ending.ns, began.name, began.flows) == (event.ns, event.name, event.flows)


def in_order(slices: Iterable[Slice]) -> Iterator[Slice]:
    """The same, in the order in which they end; what is told after :data:`MAX_LATE` others is late."""
    held: list[tuple[float, int, Slice]] = []
    numbers = count()
    for each in slices:
        entry = each.end, next(numbers), each
        if len(held) < MAX_LATE:
            heapq.heappush(held, entry)
        else:
            yield heapq.heappushpop(held, entry)[2]
    while held:
        yield heapq.heappop(held)[2]
