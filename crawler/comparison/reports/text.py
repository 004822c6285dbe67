"""The report for people: what is different, sort by sort; in colour on a terminal."""

import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
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
from crawler.watch.lines import Line, Part, plain, sentence, table
from crawler.watch.report_asked import Report
from crawler.watch.words import visible

MOST = 20
"""Differences of a sort that are shown."""
MOST_LINKS = 3
"""Of a page, added and gone each."""
MOST_TEXT = 12
"""Lines of a text's diff."""
_COLOUR_ANYHOW = {"FORCE_COLOR", "TTY_COMPATIBLE"}
"""Variables by which a pipe gets colours too."""
_STYLES = {What.ADDED: "good", What.GONE: "error", What.MOVED: "note", What.CHANGED: "warning"}
_LINE_STYLES = {"+": "good", "-": "error", "@": "dim"}


class Writer:
    """Prints differences as they come, and the totals last, where a terminal is read."""

    def __init__(self, comparison: Comparison, stream: TextIO, verbose: bool) -> None:
        self._comparison, self._verbose = comparison, verbose
        self._counts = Counter[What]()
        self._last: What | None = None
        self._print, self._width = _printer(stream)
        sides = (("old", comparison.old), ("new", comparison.new))
        rows = [([Part(label, "dim")], "", [Part(f"{side.name}   {of_side(side)}")]) for label, side in sides]
        self._put(table(0, rows, None))

    def add(self, difference: Difference) -> None:
        """Print it, or count it."""
        what = difference.what
        if what != self._last:
            self._end_section()
            self._put(iter([Line(), Line([Part(SORTS[what], f"bold {_STYLES[what]}")])]))
            self._last = what
        self._counts[what] += 1
        if self._verbose or self._counts[what] <= MOST:
            self._put(_lines(difference, verbose=self._verbose))

    def finish(self, files: Sequence[Report]) -> None:
        """Print what was left out, the notes, and the totals as the last line."""
        self._end_section()
        totals = self._comparison.totals
        self._put(iter([Line()]))
        for note in self._comparison.notes():
            self._put(sentence(0, visible(note), self._width, "warning"))
        for words in besides(totals):
            self._put(sentence(0, words, self._width, "dim"))
        for report in files:
            self._put(iter([Line([Part(f"{report.format}  ", "dim"), Part(visible(str(report.path)))])]))
        style = "warning" if totals.differences else "good"
        words = f"{result(totals)}: exit code {int(totals.differences > 0)}"
        self._put(iter([Line([Part(words, f"bold {style}")])]))

    def _end_section(self) -> None:
        left = 0 if self._verbose or self._last is None else self._counts[self._last] - MOST
        if left > 0:
            self._put(iter([Line([Part(f"and {left:,} more; all of them with -v", "dim")], 2)]))

    def _put(self, lines: Iterator[Line]) -> None:
        for line in lines:
            self._print(line)


def _printer(stream: TextIO) -> tuple[Callable[[Line], object], int | None]:
    """What prints a line, and the columns that it has; None where nobody sees them."""
    width = None
    if stream.isatty() or _COLOUR_ANYHOW & os.environ.keys():
        from crawler.watch.terminal import Terminal  # with rich, whose import takes 20 ms

        terminal = Terminal(stream)
        width = terminal.width
        if terminal.has_colour:
            return terminal.print, width
    return (lambda line: stream.write(plain(line) + "\n")), width


def _lines(difference: Difference, *, verbose: bool) -> Iterator[Line]:
    yield Line([_url(difference.old_url if difference.what is What.MOVED else difference.url)], 2)
    if difference.what is What.GONE:
        yield Line([Part(why_gone(difference), "dim")], 4)
    if difference.what is What.MOVED:
        answer = "" if difference.status is None else f"   (there: {difference.status})"
        yield Line([Part("→ "), _url(difference.url), Part(answer, "dim")], 4)
    rows = [
        (
            [Part(change.field, "dim")],
            "",
            [
                Part(value(change, is_old=True), "error"),
                Part(" → "),
                Part(value(change, is_old=False), "good"),
            ],
        )
        for change in difference.changes
    ]
    yield from table(4, rows, None)
    for sign, links in (("+", difference.links_added), ("-", difference.links_gone)):
        shown, more = first(links, None if verbose else MOST_LINKS)
        for link in shown:
            yield Line([Part(f"{sign} link ", _LINE_STYLES[sign]), _url(link)], 4)
        if more:
            yield Line([Part(f"{sign} {more:,} more links", _LINE_STYLES[sign])], 4)
    shown, more = first(difference.text, None if verbose else MOST_TEXT)
    for line in shown:
        yield Line([Part(visible(line), _LINE_STYLES.get(line[0], ""))], 4)
    if more:
        yield Line([Part(f"{more:,} more lines of text", "dim")], 4)
    if difference.text_note:
        yield Line([Part("text  ", "dim"), Part(f"it has changed; {visible(difference.text_note)}")], 4)
    if difference.is_content_changed:
        yield Line([Part("content", "dim"), Part("  it has changed in what is not text")], 4)


def _url(url: str | None) -> Part:
    shown = short(url or "")
    is_link = bool(url) and shown == url and shown.isascii() and shown.startswith(("http://", "https://"))
    return Part(shown, link=shown if is_link else None)
