"""How a crawl stands, in one line of text; and what its display says of a picture in either form."""

from crawler.watch.picture import Picture
from crawler.watch.units import clock, per_second, size


def done(picture: Picture) -> int:
    """Pages that are, by this run or an earlier one."""
    return max(0, picture.discovered - picture.counts["pending"])


def standing(state: str, message: str | None) -> str | None:
    """What a live crawl does, where that is not just running: ``paused``, ``stopping``, or what it waits for.

    ``state`` and ``message`` are those of its picture.
    """
    if state == "running":
        return message
    return f"{state}: {message}" if message else state


def plain_line(picture: Picture) -> str:
    """How the crawl stands, as one line of text."""
    parts = [
        f"{done(picture):,} of {picture.discovered:,} URLs done",
        f"{per_second(picture.pages_per_second_now)} pages/s (mean {per_second(picture.pages_per_second)})",
        f"{picture.in_flight:,} in flight",
        f"{picture.counts['error']:,} errors",
        f"{size(picture.bytes)} read",
    ]
    if picture.targets:
        asked = picture.targets - picture.targets_pending
        parts.insert(1, f"{asked:,} of {picture.targets:,} targets asked")
    if what := standing(picture.state, picture.message):
        parts.insert(0, what)
    return f"{clock(picture.elapsed)}  " + ", ".join(parts)
