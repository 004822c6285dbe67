"""The report for the summary of a CI's step, a merge request, and people: the verdict, totals, and tables."""

from collections.abc import Iterator
from typing import TextIO

from crawler.check.finding import Finding, Result
from crawler.check.reports.markup import code, prose
from crawler.check.reports.words import about, mend_words, said, since_words, spread, totals, where
from crawler.check.verdict import Verdict
from crawler.model.findings import SEVERITIES
from crawler.watch.units import age
from crawler.watch.words import counted

MOST_BYTES = 1_048_575
"""GitHub takes less than 1 MiB for a step, and shows nothing of what is longer."""
MOST_LISTED = 10
"""Of what is held back, ignored or not verified."""

_TABLE = "\n| rule | what is at fault | why | where |\n| --- | --- | --- | --- |\n"
_FOR_THE_END = 500
"""Bytes that are kept for what ends a table, and for how many findings are in none."""


def write(result: Result, verdict: Verdict, stream: TextIO, room: int = MOST_BYTES) -> None:
    """Write it, in at most ``room`` bytes of UTF-8; findings for which there is none left are counted.

    Where not even the verdict finds room, nothing is written.
    """
    heading = _heading(result, verdict)
    if _size(heading) > room:
        return
    stream.write(heading)
    rest = "".join(f"{line}\n" for line in _facts(result))
    tail = "".join(f"{line}\n" for line in _set_apart(result))
    room -= _size(heading) + _size(rest) + _size(tail) + _FOR_THE_END
    if room < 0:
        return
    stream.write(rest)
    left_out = 0
    for severity in SEVERITIES:
        findings = [finding for finding in result.findings if finding.severity == severity]
        if not findings:
            continue
        opening, ending = _around(counted(len(findings), severity), closed=not verdict.fails(severity))
        room -= _size(opening) + _size(_TABLE) + _size(ending)
        begun = False
        for finding in findings:
            row = _row(finding, result) if room > 0 else ""
            room -= _size(row)
            if room < 0:
                left_out += 1
                continue
            stream.write(row if begun else f"{opening}{_TABLE}{row}")
            begun = True
        if begun:
            stream.write(ending)
    if left_out:
        more = counted(left_out, "finding")
        stream.write(f"\n**{more} left out**, since this is as long as a summary may be (1 MiB).\n")
    stream.write(tail)


def _heading(result: Result, verdict: Verdict) -> str:
    """What is written in any case."""
    mark = "❌" if verdict.exit_code else "✅"
    reason = f", {verdict.reason}" if verdict.reason else ""
    return f"## {mark} crawler check: {totals(result)}\n\n**Exit code {verdict.exit_code}**{reason}.\n"


def _facts(result: Result) -> Iterator[str]:
    """What was looked at, and what the findings are beside each other."""
    of = f" of {code(next(iter(result.seeds)))}" if result.seeds else ""
    read = f"{counted(result.pages, 'page')}{of} read in {age(result.seconds)}"
    yield f"\n{read}, with {counted(result.references, 'reference')}."
    if result.pages_missing is not None:
        yield f"\n**{counted(result.pages_missing, 'page')} fewer than** `check.min_pages`."
    if result.coverage:
        yield f"\n**Coverage:** {prose(result.coverage)}"
    news = list(_news(result))
    if news:
        yield ""
        yield from (f"- {line}" for line in news)


def _news(result: Result) -> Iterator[str]:
    known, findings = result.known, result.findings
    if known is not None:
        count = counted(len(findings), "finding")
        yield f"**not in the baseline:** {count} that {code(str(known.file))} does not list"
        places = counted(known.places, "place")
        yield f"**known:** {counted(known.findings, 'finding')} that it lists, with {places}"
        if known.stale:
            yield f"**gone:** {counted(len(known.stale), 'line')} of it not found any more"
        if known.unseen:
            yield f"{counted(known.unseen, 'line')} of it not looked at by this check"
        if known.written is not None:
            had = f", and had {known.entries:,}" if known.entries else ""
            yield f"it has {counted(known.written, 'line')} now{had}"
    if any(finding.since for finding in findings):
        first = sum(finding.since is not None and finding.since.checks == 1 for finding in findings)
        older = sum(finding.since is not None and finding.since.checks > 1 for finding in findings)
        yield f"**since when:** {first:,} first seen now, {older:,} by an earlier check"
    if mends := sum(finding.mend is not None for finding in findings):
        yield f"**mend:** of {counted(mends, 'finding')} the target is probably elsewhere now: see below"
    if result.held_back:
        faults = counted(len(result.held_back), "fault")
        yield f"**held back:** {faults} of other sites, not seen often enough"


def _around(title: str, *, closed: bool) -> tuple[str, str]:
    """What stands before a table and behind it; ``closed``: it is opened by a click."""
    if closed:
        return f"\n<details><summary>{title}</summary>\n", "\n</details>\n"
    return f"\n### {title}\n", ""


def _row(finding: Finding, result: Result) -> str:
    """A finding, in one line."""
    why = [prose(said(finding))]
    if finding.mend:
        why.append(f"**{prose(mend_words(finding.mend))}**")
    if finding.since:
        why.append(prose(since_words(finding.since)))
    places = []
    for place in result.places(finding, 1):
        named = place.page != finding.target or place.line is not None or about(place)
        places = [code(text) for text in (where(place), *about(place)) if named]
    if finding.places_count > 1 and places:
        pages = counted(finding.pages_count, "page")
        places.append(f"and {finding.places_count - 1:,} more, on {pages}")
    elif finding.places_count > 1:
        places = [spread(finding)]
    cells = (finding.rule, code(finding.target), "<br>".join(why), " ".join(places))
    return f"| {' | '.join(cells)} |\n"


def _set_apart(result: Result) -> Iterator[str]:
    """What does not count, and what nobody can vouch for."""
    if result.held_back:
        yield from _list(
            f"held back: {counted(len(result.held_back), 'fault')}",
            [
                f"{each.rule} {code(each.target)}: {prose(each.message)}"
                f" (seen by {each.checks:,} of {counted(each.needed, 'check')})"
                for each in result.held_back[:MOST_LISTED]
            ],
            len(result.held_back),
        )
    if result.unverified:
        yield from _list(
            f"not verified: {counted(sum(each.references for each in result.unverified), 'reference')}",
            [
                f"{prose(each.reason)}: {each.references:,}, such as to {code(each.example)}"
                for each in result.unverified[:MOST_LISTED]
            ],
            len(result.unverified),
        )
    if result.ignored:
        ignored = sorted(result.ignored, key=lambda each: -each.findings)
        yield from _list(
            f"ignored: {counted(sum(each.findings for each in ignored), 'finding')}",
            [
                f"{each.findings:,}: {code(f'{each.rule} {each.url}')}, {prose(each.reason)}"
                for each in ignored[:MOST_LISTED]
            ],
            len(ignored),
        )


def _list(title: str, items: list[str], count: int) -> Iterator[str]:
    opening, ending = _around(title, closed=True)
    yield opening
    yield from (f"- {item}" for item in items)
    if count > len(items):
        yield f"- and {count - len(items):,} more"
    yield ending.rstrip("\n")


def _size(text: str) -> int:
    return len(text.encode("utf-8", "backslashreplace"))
