"""At which stage of the street a URL was at every moment of its life, as far as a trace tells."""

from collections.abc import Iterator, Sequence
from enum import StrEnum
from itertools import pairwise

import msgspec

from crawler.model.outcomes import Activity
from crawler.trace.recorded import Model, Slice, Trace, Track

LEASE = "lease"
"""The slice without length that begins each attempt at a URL."""


class Stage(StrEnum):
    """From left to right along the street."""

    FRONTIER = "frontier"
    """Leased and not begun, or put off between two attempts."""
    TURN = "turn"
    """The fetcher waits until its host may be asked again."""
    NETWORK = "network"
    """Until the answer's headers are there; its robots.txt counts here too."""
    READ = "read"
    TO_PARSER = "to parser"
    """It waits for a parser."""
    PARSE = "parse"
    TO_WRITER = "to writer"
    """It waits for the writers."""
    WRITE = "write"
    COMMIT = "commit"


_OF_STEP: dict[str, Stage] = {
    Activity.ROBOTS: Stage.NETWORK,
    Activity.WAIT_FOR_TURN: Stage.TURN,
    Activity.WAIT_FOR_ANSWER: Stage.NETWORK,
    Activity.READ: Stage.READ,
    Activity.WAIT_FOR_PARSER: Stage.TO_PARSER,
    Activity.PARSE: Stage.PARSE,
    Activity.WAIT_FOR_WRITER: Stage.TO_WRITER,
    Activity.WRITE: Stage.WRITE,
    Activity.SYNC: Stage.WRITE,
    Activity.COMMIT: Stage.COMMIT,
    LEASE: Stage.FRONTIER,
}
_OF_QUEUE = {"page_queue": Stage.TO_PARSER, "finished_queue": Stage.TO_WRITER}
_WAITED_BEFORE = {Stage.PARSE: Stage.TO_PARSER, Stage.WRITE: Stage.TO_WRITER}
"""What a URL waits for in a moment of which nothing is told, by what comes next; else that is part of it."""
_ORDER = {stage: place for place, stage in enumerate(Stage)}


def stage_of(piece: Slice, track: Track | None) -> Stage | None:
    """The stage that a slice is part of; None where it belongs to no URL's way."""
    if track is not None and track.model is Model.QUEUE:
        return _OF_QUEUE.get(track.name)
    return _OF_STEP.get(piece.name)


class Part(msgspec.Struct, frozen=True, array_like=True):
    """A stretch of a URL's life."""

    begin: float
    end: float
    stage: Stage


class Life(msgspec.Struct):
    """One URL, from its first lease to its commit, or to what is last known of it."""

    id: int
    begin: float
    end: float
    is_committed: bool
    stages: dict[Stage, float]
    """Seconds at each; together they are all of its life."""

    @property
    def seconds(self) -> float:
        """How long it took."""
        return self.end - self.begin


def lives(trace: Trace) -> Iterator[Life]:
    """Every URL of the trace as it is committed, then those that were not. What is in flight is in memory."""
    parts: dict[int, list[Part]] = {}
    for piece in trace.slices():
        stage = stage_of(piece, trace.tracks.get(piece.track))
        if stage is None:
            continue
        part = Part(piece.begin, piece.end, stage)
        for row in piece.urls:
            parts.setdefault(row, []).append(part)
            if stage is Stage.COMMIT:
                yield _life(row, parts.pop(row), is_committed=True)
    for row, known in parts.items():
        yield _life(row, known, is_committed=False)


def _life(row: int, parts: list[Part], *, is_committed: bool) -> Life:
    begin, end = min(part.begin for part in parts), max(part.end for part in parts)
    return Life(row, begin, end, is_committed, by_stage(parts))


def by_stage(parts: Sequence[Part]) -> dict[Stage, float]:
    """Seconds at each stage. Where parts overlap, the one furthest along the street counts.

    A moment of which nothing is told belongs to what comes next, as what the URL waits for then.
    """
    seconds = dict.fromkeys(Stage, 0.0)
    parts = sorted(parts, key=lambda part: part.begin)
    edges = sorted({edge for part in parts for edge in (part.begin, part.end)})
    for begin, end in pairwise(edges):
        told = [part.stage for part in parts if part.begin <= begin and part.end >= end]
        if told:
            stage = max(told, key=_ORDER.__getitem__)
        elif any(part.stage is Stage.FRONTIER and part.end == begin for part in parts):
            stage = Stage.FRONTIER  # it was leased, and nobody has begun
        else:
            following = next(part.stage for part in parts if part.begin >= end)
            stage = _WAITED_BEFORE.get(following, following)
        seconds[stage] += end - begin
    return seconds
