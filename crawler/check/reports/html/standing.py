"""What stands in the page without a script: the verdict, what was read, and all that is no finding.

Everything that a site or a configuration has written is escaped here, with its control characters visible.
"""

import shlex
from collections.abc import Iterator, Sequence
from html import escape
from itertools import islice

from crawler.check.finding import Known, Result
from crawler.check.reports.words import asked_besides, totals
from crawler.check.verdict import Verdict
from crawler.watch.units import age
from crawler.watch.words import counted, on_one_line, visible

_MOST_ROWS = 1_000
"""Of a table."""


def name(result: Result) -> str:
    """What was checked."""
    more = f" and {len(result.seeds) - 1:,} more" if len(result.seeds) > 1 else ""
    return f"{visible(next(iter(result.seeds), str(result.out)))}{more}"


def verdict_line(result: Result, verdict: Verdict) -> str:
    """As the last line on a terminal."""
    style = "bad" if verdict.exit_code else "good"
    reason = f", {verdict.reason}" if verdict.reason else ""
    words = f"exit code {verdict.exit_code}{reason}"
    return f'<p class="verdict {style}"><b>{escape(totals(result))}</b>: {escape(words)}</p>'


def notes(result: Result, verdict: Verdict) -> Iterator[str]:
    """What has to be known before the findings are read."""
    if verdict.exit_code not in (0, 1):
        yield _note("What is here was found so far: it is no verdict.")
    if result.coverage:
        yield _note(f"Coverage: {on_one_line(result.coverage)}")
    if result.pages_missing is not None:
        yield _note(f"{counted(result.pages_missing, 'page')} fewer than check.min_pages were read.")
    if known := result.known:
        words = f"{counted(known.findings, 'finding')} ({counted(known.places, 'place')})"
        yield _note(f"Not here, since the baseline {known.file} knows them: {words}.")


def looked_at(result: Result) -> Iterator[str]:
    """What was looked at, as the items of a list of terms."""
    command = f"crawler report {shlex.quote(result.name)}"
    rows = {
        "Pages read": f"{result.pages:,} in {age(result.seconds)}",
        "References": f"{result.references:,}",
        "Also asked for": asked_besides(result),
        "Started": result.started_at.replace("T", " ").partition(".")[0].removesuffix("Z") + " UTC",
    }
    for label, value in rows.items():
        if value:
            yield f"<div><dt>{label}</dt><dd>{escape(visible(value))}</dd></div>\n"
    yield f"<div><dt>Any report again</dt><dd><code>{escape(visible(command))}</code></dd></div>\n"


def left_out(result: Result) -> Iterator[str]:
    """What was not verified, held back, known or ignored, a section each."""
    if result.unverified:
        references = sum(each.references for each in result.unverified)
        yield from _section(
            f"Not verified: {counted(references, 'reference')}",
            ("Reason", "References", "Targets", "Such as"),
            (
                (escape(each.reason), f"{each.references:,}", f"{each.targets:,}", link(each.example))
                for each in result.unverified
            ),
        )
    if result.held_back:
        yield from _section(
            f"Held back: {counted(len(result.held_back), 'fault')} of other sites",
            ("Target", "Rule", "Message", "Places", "Seen"),
            (
                (link(each.target), escape(each.rule), _text(each.message), f"{each.places_count:,}",
                 f"in {each.checks:,} of {each.needed:,} checks")
                for each in result.held_back
            ),
        )  # fmt: skip
    if result.known:
        yield from _baseline(result.known)
    if result.ignored:
        findings = sum(each.findings for each in result.ignored)
        yield from _section(
            f"Ignored: {counted(findings, 'finding')}",
            ("Pattern", "Rule", "Reason", "Findings"),
            (
                (f"<code>{_text(each.url)}</code>", escape(each.rule), _text(each.reason),
                 f"{each.findings:,}" if each.findings else "unused, it can go")
                for each in sorted(result.ignored, key=lambda each: -each.findings)
            ),
        )  # fmt: skip


def _baseline(known: Known) -> Iterator[str]:
    said = [f"{counted(known.findings, 'finding')} and {counted(known.places, 'place')} are known by it."]
    if known.unseen:
        said.append(f"{counted(known.unseen, 'line')} not looked at by this check.")
    if known.written is not None:
        grown = known.written - known.entries
        more = f", {grown:,} more than before" if known.entries and grown > 0 else ""
        said.append(f"It has {counted(known.written, 'line')} now{more}.")
    if known.stale:
        said.append(
            f"{counted(len(known.stale), 'line')} not found any more: --write-baseline takes them out."
        )
    rows = ((link(each.target), escape(each.rule), _text(each.page)) for each in known.stale)
    title = f"The baseline {known.file}"
    yield from _section(title, ("Not found any more", "Rule", "Page"), rows, " ".join(said))


def link(target: str) -> str:
    """A name of a report: a link where it is a URL that a browser would ask a server for."""
    if target.startswith(("http://", "https://")) and target.isascii() and target.isprintable():
        return f'<a href="{escape(target)}" rel="noreferrer" target="_blank">{escape(target)}</a>'
    return _text(target)


def _section(
    title: str, heads: Sequence[str], rows: Iterator[Sequence[str]], said: str | None = None
) -> Iterator[str]:
    """A section with a table, whose cells are markup; with no table where there is no row."""
    label = escape(visible(title))
    yield f'<section aria-label="{label}"><h2>{label}</h2>\n'
    if said:
        yield f"<p>{_text(said)}</p>\n"
    shown = list(islice(rows, _MOST_ROWS + 1))
    if shown:
        yield '<table class="fields"><thead><tr>'
        yield "".join(f'<th scope="col">{head}</th>' for head in heads) + "</tr></thead>\n<tbody>\n"
        for first, *cells in shown[:_MOST_ROWS]:
            named = zip(heads[1:], cells, strict=True)
            row = "".join(f'<td data-of="{head}">{cell}</td>' for head, cell in named)
            yield f'<tr><th scope="row">{first}</th>{row}</tr>\n'
        yield "</tbody></table>\n"
    if len(shown) > _MOST_ROWS:
        yield f"<p>The first {_MOST_ROWS:,} are here; the JSON report has all of them.</p>\n"
    yield "</section>\n"


def _note(text: str) -> str:
    return f'<p class="notice">{_text(text)}</p>\n'


def _text(text: str) -> str:
    return escape(on_one_line(text))
