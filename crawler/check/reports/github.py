"""The report for a step of GitHub Actions: the text for people, then annotations as workflow commands.

A runner takes a line of a step's output for a command where it begins with ``::``, or where ``##[`` stands
anywhere in it. What a site says must not be one, so while the text is printed commands are stopped, by a word
that nobody can guess. GitHub shows ten annotations of each kind a step, and drops the rest without a word: so
the worst ten of each are written, one for each cause, and how many there are is said.

Source: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
"""

import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import NamedTuple, TextIO

from crawler.check.finding import Finding, Result
from crawler.check.reports import text
from crawler.check.reports.words import about, mend_words, said, since_words
from crawler.check.verdict import Verdict
from crawler.model.errors import EXIT_STOPPED, CrawlFailed
from crawler.model.findings import SEVERITIES, Severity
from crawler.watch.words import counted, on_one_line, visible

MOST = 10
"""Annotations of one kind that GitHub shows of one step."""
COMMANDS: Mapping[Severity, str] = {"error": "error", "warning": "warning", "note": "notice"}
MOST_CHARACTERS = 4_000
"""Of a message; a runner cuts it later, but nobody reads so much."""


class Annotation(NamedTuple):
    """What GitHub shows beside a line of a file, or of the step as a whole where it names no file."""

    severity: Severity
    title: str
    message: str
    at: Mapping[str, str | int] = {}
    """``file``, ``line``, ``col`` …, as far as they are known."""

    def command(self) -> str:
        """The line that makes it."""
        properties = {**self.at, "title": self.title}
        given = ",".join(f"{key}={_property(str(value))}" for key, value in properties.items())
        return f"::{COMMANDS[self.severity]} {given}::{_data(self.message)}"


def write(result: Result, verdict: Verdict, stream: TextIO) -> None:
    """Write everything, with all places, then the annotations."""
    with _commands_stopped(stream):
        text.write(result, verdict, stream)
    _annotate(result, verdict, stream, SEVERITIES, text.Extent(verbose=True))


def show(
    result: Result,
    verdict: Verdict,
    stream: TextIO,
    files: Sequence[tuple[str, str]] = (),
    *,
    quiet: bool = False,
    verbose: bool = False,
) -> None:
    """Print the text as :func:`crawler.check.reports.text.show` does, then the annotations.

    ``quiet``: only those of what makes the check fail.
    """
    with _commands_stopped(stream):
        text.show(result, verdict, stream, files, quiet=quiet, verbose=verbose)
    annotated = [severity for severity in SEVERITIES if not quiet or verdict.fails(severity)]
    _annotate(result, verdict, stream, annotated, text.Extent(quiet=quiet, verbose=verbose))


@contextmanager
def _commands_stopped(stream: TextIO) -> Iterator[None]:
    """While the block lasts, nothing that is written is taken for a command."""
    token = f"crawler-{secrets.token_hex(16)}"
    stream.write(f"::stop-commands::{token}\n")
    try:
        yield
    finally:  # or all that the step prints later would be dead too
        stream.write(f"::{token}::\n")


def _annotate(
    result: Result, verdict: Verdict, stream: TextIO, severities: Iterable[Severity], extent: text.Extent
) -> None:
    """Write the commands; before them, how many there would be where these are not all.

    ``extent``: that of the text above them.
    """
    lines: list[str] = []
    told: list[str] = []
    for severity in severities:
        shown, count = _of(severity, result, verdict, extent)
        lines += [annotation.command() for annotation in shown]
        if count > len(shown):
            told.append(f"{len(shown)} of {counted(count, severity)}")
    if told:
        stream.write(f"annotated: {', '.join(told)}; GitHub shows no more of one kind\n")
    stream.writelines(f"{line}\n" for line in lines)


def _of(
    severity: Severity, result: Result, verdict: Verdict, extent: text.Extent
) -> tuple[list[Annotation], int]:
    """The first of a severity, and how many there are; the last of these says how many are left out."""
    whole = [one for one in _of_the_crawl(result, verdict) if one.severity == severity]
    findings = [finding for finding in result.findings if finding.severity == severity]
    count = len(whole) + len(findings)
    shown = [*whole, *(_annotation(finding, result) for finding in findings[: MOST - len(whole)])]
    if count > len(shown):
        more = counted(count - len(shown), f"more {severity}")
        told = text.most_shown(severity, verdict, extent)
        where = "with -v in" if told is not None and told < len(findings) else "in"
        last = f"{shown[-1].message}\n({more}, one by one {where} the log of this step)"
        shown[-1] = shown[-1]._replace(message=last)
    return shown, count


def _of_the_crawl(result: Result, verdict: Verdict) -> Iterator[Annotation]:
    """What is wrong with the check itself."""
    if verdict.exit_code in (CrawlFailed.exit_code, EXIT_STOPPED):
        message = f"{verdict.reason}: what was found so far is no verdict."
        yield Annotation("error", "crawler check", message)
    elif result.pages_missing is not None:
        message = f"{counted(result.pages_missing, 'page')} fewer than check.min_pages."
        yield Annotation("error", "crawler check", message)
    if result.coverage:
        yield Annotation("warning", "crawler check: coverage", on_one_line(result.coverage))


def _annotation(finding: Finding, result: Result) -> Annotation:
    """That of a cause, at the first place where it shows."""
    first = next(iter(result.places(finding, 1)), None)
    words = [f"{visible(finding.target)}: {said(finding)}"]
    at: dict[str, str | int] = {}
    if first is not None:
        spot = result.sources.at(first, finding)
        at = {"file": spot.file, "line": spot.line, "endLine": spot.end_line}
        if spot.line == spot.end_line:  # or the runner takes neither
            at |= {"col": spot.column, "endColumn": spot.end_column}
        if facts := about(first):
            words.append(f"Here: {' '.join(facts)}")
    if finding.places_count > 1:
        more = counted(finding.places_count - 1, "more place")
        words.append(f"And {more}, on {counted(finding.pages_count, 'page')}")
    if finding.mend:
        words.append(_begun(mend_words(finding.mend)))
    if finding.since:
        words.append(_begun(since_words(finding.since)))
    message = "\n".join(words)
    if len(message) > MOST_CHARACTERS:
        message = f"{message[: MOST_CHARACTERS - 1]}…"
    return Annotation(finding.severity, finding.rule, message, at)


def _begun(words: str) -> str:
    return words[:1].upper() + words[1:]


def _data(text: str) -> str:
    """As the runner reads the words behind the second ``::``."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    """As the runner reads a property's value."""
    return _data(text).replace(":", "%3A").replace(",", "%2C")
