"""The end of the report for people: what was left out, what there is besides, and the verdict."""

import shlex
from collections.abc import Iterator, Sequence

from crawler.check.finding import Result
from crawler.check.reports.links import link_to
from crawler.check.reports.words import asked_besides, totals
from crawler.check.verdict import Verdict
from crawler.watch.lines import Line, Part, sentence, table
from crawler.watch.units import age
from crawler.watch.words import counted, on_one_line, visible


def left_out(result: Result, width: int | None) -> Iterator[Line]:
    """What nobody can vouch for, and what the configuration ignores."""
    if result.unverified:
        references = sum(each.references for each in result.unverified)
        yield Line([Part(f"not verified: {counted(references, 'reference')}", "bold")])
        rows = [
            ([Part(each.reason)], f"{each.references:,}", [_such_as(each.example, each.targets, result)])
            for each in result.unverified
        ]
        yield from table(2, rows, width)
        yield Line()
    if result.ignored:
        findings = sum(each.findings for each in result.ignored)
        yield Line([Part(f"ignored: {counted(findings, 'finding')}", "bold")])
        for each in sorted(result.ignored, key=lambda each: -each.findings):
            name = f"{each.rule} {visible(each.url)}"
            if each.findings:
                yield from sentence(2, f"{each.findings:,}  {name}: {on_one_line(each.reason)}", width)
            else:
                said = f"unused, it can go: {name} ({on_one_line(each.reason)})"
                yield from sentence(2, said, width, "warning")
        yield Line()


def set_apart(result: Result, width: int | None, most: int | None = None) -> Iterator[Line]:
    """What does not count: it is known by the baseline, or was not seen often enough; of this ``most``."""
    for each in result.held_back[:most]:
        seen = f"{each.checks:,} of {each.needed:,} checks"
        yield from sentence(0, f"held back ({seen}): {each.rule} {visible(each.target)}", width)
    if left := len(result.held_back) - len(result.held_back[:most]):
        yield Line([Part(f"held back: {left:,} more; one by one with -v", "dim")])
    if result.held_back:
        yield Line()
    if result.known is None:
        return
    known, file = result.known, visible(str(result.known.file))
    yield Line([Part(f"known by {file}: {counted(known.findings, 'finding')}", "bold")])
    if known.stale:
        some = f"{counted(len(known.stale), 'line')} not found any more"
        example = known.stale[0]
        such = f"such as {example.rule} {visible(example.target)} on {visible(example.page)}"
        what = "taken out" if known.written is not None else "--write-baseline takes them out"
        yield from sentence(2, f"{some}, {such}: {what}", width, "warning")
    if known.unseen:
        yield Line([Part(f"{counted(known.unseen, 'line')} not looked at by this check", "dim")], 2)
    if known.written is not None:
        grown = known.written - known.entries
        more = f", {grown:,} more than before" if known.entries and grown > 0 else ""
        yield from sentence(2, f"it has {counted(known.written, 'line')} now{more}", width)
    yield Line()


def _such_as(example: str, targets: int, result: Result) -> Part:
    words = "to" if targets == 1 else f"to {targets:,} targets, such as"
    return Part(f"{words} {visible(example)}", "dim", link_to(example, result))


def closing(
    result: Result,
    verdict: Verdict,
    files: Sequence[tuple[str, str]],
    width: int | None,
    *,
    quiet: bool,
    keeps: bool = True,
) -> Iterator[Line]:
    """What was looked at, where all of it is if OUT ``keeps`` it, and the verdict as the last line."""
    if not quiet:
        # One line each: paths and commands are copied.
        yield from table(0, _facts(result, files, keeps=keeps), None)
        yield Line()
    if result.coverage:
        yield from sentence(0, f"Coverage: {on_one_line(result.coverage)}", width, "bold warning")
    if verdict.exit_code not in (0, 1):
        words = "What is above was found so far: it is no verdict."
        yield from sentence(0, words, width, "bold warning")
    style = "error" if verdict.exit_code else "good"
    reason = f", {verdict.reason}" if verdict.reason else ""
    words = f"{totals(result)}: exit code {verdict.exit_code}{reason}"
    yield Line([Part(words, f"bold {style}")])  # unbroken: it is searched for


def _facts(
    result: Result, files: Sequence[tuple[str, str]], *, keeps: bool
) -> Iterator[tuple[Sequence[Part], str, Sequence[Part]]]:
    read = f"{result.pages:,} in {age(result.seconds)}, with {counted(result.references, 'reference')}"
    yield _fact("pages", read)
    if asked := asked_besides(result):
        yield _fact("besides", asked)
    for name, path in files:
        yield _fact(name, visible(path))
    if keeps:
        command = f"crawler report {shlex.quote(visible(result.name))}"
        yield _fact("again", f"{command}   (any report, without a request)")


def _fact(label: str, value: str) -> tuple[Sequence[Part], str, Sequence[Part]]:
    return [Part(label, "dim")], "", [Part(value)]
