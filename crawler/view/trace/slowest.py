"""Where a crawl's URLs spent their time: the stages, and the slowest of them all."""

import heapq
from typing import Any

import msgspec

from crawler.model.errors import UsageError
from crawler.trace.recorded import Trace
from crawler.view.trace.stages import Life, Stage, lives
from crawler.view.trace.traces import Found
from crawler.view.trace.words import head

TOTAL = "total"
"""What URLs are ordered by, unless it is a stage."""


class StageTotal(msgspec.Struct):
    """All URLs at one stage."""

    seconds: float = 0.0
    longest: float = 0.0


class Overview(msgspec.Struct):
    """A whole trace in one table."""

    urls: int
    committed: int
    seconds: float
    """Of all URLs together."""
    stages: dict[Stage, StageTotal]
    slowest: list[Life]
    by: str
    urls_of: dict[int, str]


def by_stages(trace: Trace, most: int, by: str = TOTAL) -> Overview:
    """The stages, and the ``most`` URLs that took longest: in all, or at the stage ``by``.

    Raises UsageError where there is no such stage.
    """
    if by != TOTAL and by not in Stage.__members__.values():
        raise UsageError(f"--by {by}: there is no such stage; allowed: {TOTAL}, {', '.join(Stage)}")
    stages = {stage: StageTotal() for stage in Stage}
    urls = committed = 0
    together = 0.0
    slowest: list[tuple[float, int, Life]] = []
    for life in lives(trace):
        urls += 1
        committed += life.is_committed
        together += life.seconds
        for stage, seconds in life.stages.items():
            total = stages[stage]
            total.seconds += seconds
            total.longest = max(total.longest, seconds)
        entry = life.seconds if by == TOTAL else life.stages[Stage(by)], -urls, life
        if len(slowest) < most:
            heapq.heappush(slowest, entry)
        elif slowest:
            heapq.heappushpop(slowest, entry)
    shown = [life for _, _, life in sorted(slowest, reverse=True)]
    urls_of = trace.url_of([life.id for life in shown])
    return Overview(urls, committed, together, stages, shown, by, urls_of)


def overview_as_dict(found: Found, overview: Overview) -> dict[str, Any]:
    """The overview as JSON has it; times in seconds, those of URLs since the trace began."""
    return head(found) | {
        "urls": overview.urls,
        "committed": overview.committed,
        "stages": {
            stage: {
                "seconds": round(total.seconds, 6),
                "mean": round(total.seconds / max(1, overview.urls), 6),
                "longest": round(total.longest, 6),
            }
            for stage, total in overview.stages.items()
        },
        "slowest": [
            {
                "url": overview.urls_of.get(life.id),
                "id": life.id,
                "began": round(life.begin, 6),
                "committed": life.is_committed,
                "total": round(life.seconds, 6),
                "stages": {stage: round(seconds, 6) for stage, seconds in life.stages.items()},
            }
            for life in overview.slowest
        ],
    }
