"""The report for pull requests and CI jobs, in GitHub's Markdown.

Titles, texts and URLs stand in code, where nothing of them is taken for Markdown, HTML or a mention.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TextIO

from crawler.comparison.comparing import Comparison
from crawler.comparison.difference import Difference, What
from crawler.comparison.reports.words import (
    SORTS,
    besides,
    first,
    of_side,
    result,
    short,
    value,
    why_gone,
)
from crawler.watch.report_asked import Report
from crawler.watch.words import visible

MOST_CHARACTERS = 60_000
"""Of all differences: GitHub takes 65,536 in a comment."""
MOST_LINKS = 5
"""Of a page, added and gone each."""
MOST_TEXT = 30
"""Lines of a text's diff."""
_TICKS = re.compile("`+")


class Writer:
    """Collects the first differences, and writes all when the totals are known, which come first."""

    def __init__(self, comparison: Comparison, stream: TextIO, _verbose: bool) -> None:
        self._comparison, self._stream = comparison, stream
        self._parts: dict[What, list[str]] = {what: [] for what in SORTS}
        self._counts = Counter[What]()
        self._room = MOST_CHARACTERS

    def add(self, difference: Difference) -> None:
        """Take it in, while there is room for it."""
        self._counts[difference.what] += 1
        if self._room > 0:
            text = "\n".join(_lines(difference)) + "\n"
            self._room -= len(text)
            if self._room > 0:
                self._parts[difference.what].append(text)

    def finish(self, _files: Sequence[Report]) -> None:
        """Write the page."""
        write, comparison = self._stream.write, self._comparison
        write(f"## Crawl comparison: {result(comparison.totals)}\n\n")
        for label, side in (("old", comparison.old), ("new", comparison.new)):
            write(f"- {label}: {code(side.name)}, {of_side(side)}\n")
        write("".join(f"- {words}\n" for words in besides(comparison.totals)))
        for note in comparison.notes():
            write(f"\n> {code(note)}\n")
        for what, count in self._counts.items():
            parts = self._parts[what]
            write(f"\n### {count:,} {SORTS[what]}\n\n{''.join(parts)}")
            if count > len(parts):
                write(f"- and {count - len(parts):,} more\n")


def code(text: str, most: int | None = None) -> str:
    """``text`` as inline code, whatever is in it (CommonMark section 6.1)."""
    text = short(text) if most is None else visible(text[:most])
    ticks = "`" * (max(map(len, _TICKS.findall(text)), default=0) + 1)
    blank = " " if text.startswith("`") or text.endswith("`") or not text.strip() else ""
    return f"{ticks}{blank}{text or ' '}{blank}{ticks}"


def _lines(difference: Difference) -> Iterator[str]:
    if difference.what is What.MOVED:
        answer = "" if difference.status is None else f" (there: {difference.status})"
        yield f"- {code(difference.old_url or '')} → {code(difference.url)}{answer}"
    elif difference.what is What.GONE:
        yield f"- {code(difference.url)}: {why_gone(difference)}"
    else:
        yield f"- {code(difference.url)}"
    for change in difference.changes:
        old, new = value(change, is_old=True), value(change, is_old=False)
        yield f"  - {change.field}: {code(old)} → {code(new)}"
    for label, links in (("links added", difference.links_added), ("links gone", difference.links_gone)):
        if links:
            some, more = first(links, MOST_LINKS)
            yield f"  - {label}: {', '.join(map(code, some))}" + (f" and {more:,} more" if more else "")
    if difference.text_note:
        yield f"  - text: it has changed; {code(difference.text_note)}"
    if difference.is_content_changed:
        yield "  - content: it has changed in what is not text"
    if difference.text:
        some, more = first(difference.text, MOST_TEXT)
        lines = [visible(line) for line in some]
        fence = "`" * max(3, max(map(len, _TICKS.findall("\n".join(lines))), default=0) + 1)
        yield "  - text:\n"
        yield f"    {fence}diff"
        yield from (f"    {line}" for line in lines)
        yield f"    {fence}"
        if more:
            yield f"\n    and {more:,} more lines"
