"""How many requests at once the live page allowed: fewer than the settings, or none while it paused."""

import msgspec

from crawler.view.why.measured import Measured


class Allowed(msgspec.Struct, frozen=True):
    """Fewer requests at once than the settings say, for some of the time."""

    at_once: int
    """0: the crawl was paused."""
    share: float
    """Of the time."""


def allowed_of(found: Measured, at_once: int) -> list[Allowed]:
    """What was allowed where that was fewer than ``at_once``, the longest first."""
    seconds: dict[int, float] = {}
    ends = [at for at, _ in found.allowed[1:]] + [found.end]
    for (at, value), end in zip(found.allowed, ends, strict=False):
        took = min(end, found.end) - max(at, found.begin)
        if value < at_once and took > 0:
            seconds[int(value)] = seconds.get(int(value), 0.0) + took
    shares = [Allowed(value, round(took / found.seconds, 4)) for value, took in seconds.items()]
    return sorted(shares, key=lambda each: -each.share)


def mostly_allowed(found: Measured, at_once: int) -> int:
    """What was allowed for more than half of the time that the crawl was not paused; else ``at_once``."""
    all_of = allowed_of(found, at_once)
    paused = sum(each.share for each in all_of if not each.at_once)
    for each in all_of:
        if each.at_once and each.share > (1.0 - paused) / 2:
            return each.at_once
    return at_once
