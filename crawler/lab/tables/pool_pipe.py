"""The table of ``pool-pipe``: what came of each way to let two workers of a Pool talk."""

from typing import Any

from crawler.lab.finding import Table

Talk = dict[str, Any]
"""How many ``items`` were received until the end, None where it did not come; the ``error`` of the call."""


def in_words(found: dict[str, Talk]) -> str:
    """Which talks came to their end, and which did not."""
    sentences = []
    for start, ended in (("It came to its end", True), ("It never ended", False)):
        ways = [way for way, one in found.items() if (one["items"] is not None) is ended]
        sentences.append(f"{start}: {'; '.join(ways) or 'none'}.")
    return " ".join(sentences)


def table(found: dict[str, Talk], timeout: float) -> Table:
    """A row for each way."""
    rows = [(way, _what_came(one, timeout)) for way, one in found.items()]
    return Table(("two workers of a Pool have", "what came of it"), tuple(rows))


def _what_came(one: Talk, timeout: float) -> str:
    if one["error"] is not None:
        return f"{one['error']}, told by get() alone"
    if one["items"] is None:
        return f"still waiting after {timeout:g} s"
    return f"ended, {one['items']} items received"
