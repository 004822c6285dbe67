"""The report for people. A terminal and a CI's log are read from the end, so the worst comes last.

From top to bottom: notes, warnings, what could not be verified, errors, the verdict. What does not make the
check fail is kept short (notes by rule, ten warnings), so that it does not bury what does.
"""

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, TextIO

from crawler.check.finding import Finding, Place, Result
from crawler.check.reports.closing import closing, left_out, set_apart
from crawler.check.reports.links import link_to
from crawler.check.reports.words import about, mend_words, said, since_words, spread, where
from crawler.check.verdict import Verdict
from crawler.model.findings import SEVERITIES, Severity
from crawler.watch.lines import Line, Part, pair, plain, sentence, table
from crawler.watch.runner_commands import without_commands
from crawler.watch.words import counted, visible

PLACES_SHOWN = 3
WARNINGS_SHOWN = 10
_COLOUR_ANYHOW = {"FORCE_COLOR", "TTY_COMPATIBLE"}
"""Variables by which a pipe gets colours too."""
_ALIGNED = 72
"""Places longer than this are not made as long as each other."""


class Extent(NamedTuple):
    """How much is shown."""

    places: int | None = PLACES_SHOWN
    """Of each finding; None: all."""
    quiet: bool = False
    """Only what makes the check fail, and the verdict."""
    verbose: bool = False
    """Every finding."""
    width: int | None = None
    """Columns; None: nothing is broken."""
    keeps: bool = True
    """Whether OUT stays, so that the check can be told of again."""


def write(result: Result, verdict: Verdict, stream: TextIO) -> None:
    """Write everything, with all places, as plain lines."""
    for line in lines(result, verdict, Extent(places=None, verbose=True)):
        stream.write(plain(line) + "\n")


def show(
    result: Result,
    verdict: Verdict,
    stream: TextIO,
    files: Sequence[tuple[str, str]] = (),
    *,
    quiet: bool = False,
    verbose: bool = False,
) -> None:
    """Print what matters: in colour on a terminal, as plain lines elsewhere and with NO_COLOR.

    In a step of GitHub Actions no plain line is a command.

    ``files``: format and path of each report that was written.
    """
    # Nobody who reads a pipe wants a sentence broken at 80 columns.
    extent = Extent(quiet=quiet, verbose=verbose)
    if stream.isatty() or _COLOUR_ANYHOW & os.environ.keys():
        from crawler.watch.terminal import Terminal  # with rich, whose import takes 20 ms

        terminal = Terminal(stream)
        extent = extent._replace(width=terminal.width)
        if terminal.has_colour:
            for line in lines(result, verdict, extent, files):
                terminal.print(line)
            return
    for line in lines(result, verdict, extent, files):
        stream.write(without_commands(plain(line)) + "\n")


def lines(
    result: Result, verdict: Verdict, extent: Extent, files: Sequence[tuple[str, str]] = ()
) -> Iterator[Line]:
    """The report, to that extent."""
    for severity in reversed(SEVERITIES):
        if severity == "error" and not extent.quiet:
            yield from left_out(result, extent.width)
            yield from set_apart(result, extent.width, None if extent.verbose else WARNINGS_SHOWN)
        some = [finding for finding in result.findings if finding.severity == severity]
        if some and (verdict.fails(severity) or not extent.quiet):
            yield from _section(some, result, extent, most_shown(severity, verdict, extent))
    yield from closing(result, verdict, files, extent.width, quiet=extent.quiet, keeps=extent.keeps)


def most_shown(severity: Severity, verdict: Verdict, extent: Extent) -> int | None:
    """How many findings of that severity are shown one by one; None: all."""
    if extent.verbose or severity == "error" or verdict.fails(severity):
        return None
    return WARNINGS_SHOWN if severity == "warning" else 0


def _section(findings: Sequence[Finding], result: Result, extent: Extent, most: int | None) -> Iterator[Line]:
    severity = findings[0].severity
    shown, rest = findings[:most], findings[len(findings[:most]) :]
    heading = Part(counted(len(findings), severity), f"bold {severity}")
    how = "more, by rule" if shown else "by rule"
    by_rule = Part(f"{how}; one by one with -v", "dim")
    yield Line([heading] if shown else [heading, Part(", "), by_rule])
    for finding in shown:
        yield from _finding(finding, result, extent)
        yield Line()
    if rest:
        if shown:
            yield Line([Part(f"{len(rest):,} "), by_rule], 2)
        yield from _by_rule(rest, result, extent, 4 if shown else 2)
        yield Line()


def _by_rule(findings: Iterable[Finding], result: Result, extent: Extent, indent: int) -> Iterator[Line]:
    """A line for each rule, with its first target."""
    first: dict[str, Finding] = {}
    counts = Counter[str]()
    for finding in findings:
        first.setdefault(finding.rule, finding)
        counts[finding.rule] += 1
    rows = [
        ([Part(rule)], f"{count:,}", [Part("such as ", "dim"), _target(first[rule], result)])
        for rule, count in counts.most_common()
    ]
    yield from table(indent, rows, extent.width)


def _target(finding: Finding, result: Result) -> Part:
    return Part(visible(finding.target), link=link_to(finding.target, result))


def _finding(finding: Finding, result: Result, extent: Extent) -> Iterator[Line]:
    name = [Part(finding.severity, f"bold {finding.severity}"), Part(f"  {finding.rule}", "bold")]
    yield from pair(2, name, [_target(finding, result)], extent.width)
    yield from sentence(4, said(finding), extent.width)
    if finding.mend:
        yield from sentence(4, mend_words(finding.mend), extent.width, "good")
    if finding.since:
        yield from sentence(4, since_words(finding.since), extent.width, "dim")
    if finding.places_count > 1:
        yield Line([Part(f"{spread(finding)}:", "dim")], 4)
    if extent.places is None:
        for place in result.places(finding):
            yield from _place(place, finding, result, extent)
        return
    # One more than is shown tells whether the last page shown goes on.
    some = list(result.places(finding, extent.places + 1))
    shown = some[: extent.places]
    column = max((len(where(place)) for place in shown), default=0) + 2
    for place in shown:
        yield from _place(place, finding, result, extent, column if column <= _ALIGNED else 0)
    if left := finding.places_count - len(shown):
        done = len({place.page for place in shown}) - (some[-1].page == shown[-1].page)
        pages = counted(finding.pages_count - done, "page")
        yield Line([Part(f"and {left:,} more on {pages}", "dim")], 6)


def _place(place: Place, finding: Finding, result: Result, extent: Extent, column: int = 0) -> Iterator[Line]:
    facts = about(place)
    if place.line is None and place.page == finding.target and not facts:
        return  # the page as a whole, which was named already
    at = Part(visible(where(place)), link=link_to(place.page, result))
    yield from pair(6, [at], [Part("  ".join(facts), "dim")] if facts else [], extent.width, column)
