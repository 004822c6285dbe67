"""One URL's life, as a trace tells it: every step, who took it, what was waited for and what was worked."""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from crawler.trace.recorded import Model, Slice, Trace
from crawler.view.trace.stages import LEASE, Part, Stage, by_stage, stage_of
from crawler.view.trace.traces import Found
from crawler.view.trace.words import head


class LifeStep(msgspec.Struct, frozen=True):
    """One row of the table."""

    step: str
    who: str
    """The worker or the queue."""
    model: str
    process: str
    pid: int | None
    began: float
    """Seconds since the trace began."""
    seconds: float
    waits: bool
    urls: int
    """How many were in the same batch, this one too."""
    cpu: float | None
    file: str | None
    function: str | None
    line: int | None


class UrlLife(msgspec.Struct, frozen=True):
    """All of it."""

    id: int
    url: str
    attempts: int
    """How often it was handed out; 0 where that was before the trace began."""
    is_committed: bool
    steps: Sequence[LifeStep]
    seconds: float
    """From the first step to the end of the last."""
    worked: float
    """While any worker was at it. What is left was waiting."""
    stages: dict[Stage, float]

    @property
    def waited(self) -> float:
        """Seconds in which nobody worked at it."""
        return max(0.0, self.seconds - self.worked)


def life_of(trace: Trace, row: int, url: str) -> UrlLife:
    """The life of the URL with this row id."""
    found = sorted(
        (each for each in trace.slices() if row in each.urls), key=lambda each: (each.begin, each.end)
    )
    steps: list[LifeStep] = []
    parts: list[Part] = []
    until = found[0].begin if found else 0.0
    for each in found:
        if each.name == LEASE and each.begin > until:
            steps.append(_put_off(until, each.begin))
        until = max(until, each.end)
        steps.append(_step(trace, each))
        if (stage := stage_of(each, trace.tracks.get(each.track))) is not None:
            parts.append(Part(each.begin, each.end, stage))
    return UrlLife(
        id=row,
        url=url,
        attempts=sum(each.name == LEASE for each in found),
        is_committed=any(part.stage is Stage.COMMIT for part in parts),
        steps=steps,
        seconds=max(each.end for each in found) - found[0].begin if found else 0.0,
        worked=_covered((each.begin, each.end) for each in found if not each.waits),
        stages=by_stage(parts) if parts else {},
    )


def _put_off(begin: float, end: float) -> LifeStep:
    """No worker has the URL between two attempts, so nothing tells of that time."""
    return LifeStep(
        step="put off",
        who="frontier",
        model=Model.QUEUE,
        process="main",
        pid=None,
        began=begin,
        seconds=end - begin,
        waits=True,
        urls=1,
        cpu=None,
        file=None,
        function=None,
        line=None,
    )


def _step(trace: Trace, piece: Slice) -> LifeStep:
    track, where = trace.tracks.get(piece.track), piece.where
    return LifeStep(
        step=piece.name,
        who=track.name if track else "?",
        model=track.model if track else "?",
        process=track.process if track else "?",
        pid=track.pid if track else None,
        began=piece.begin,
        seconds=piece.end - piece.begin,
        waits=piece.waits,
        urls=len(piece.urls),
        cpu=piece.cpu,
        file=where.file if where else None,
        function=where.function if where else None,
        line=where.line if where else None,
    )


def _covered(stretches: Iterable[tuple[float, float]]) -> float:
    """Seconds that at least one of the stretches covers."""
    seconds, until = 0.0, float("-inf")
    for begin, end in sorted(stretches):
        seconds += max(0.0, end - max(begin, until))
        until = max(until, end)
    return seconds


def life_as_dict(found: Found, life: UrlLife) -> dict[str, Any]:
    """The life as JSON has it; times in seconds."""
    said: dict[str, Any] = msgspec.to_builtins(life)
    return head(found) | {"waited": life.waited} | said
