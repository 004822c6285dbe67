"""The first findings, as a list for browsers that run no script."""

from collections.abc import Iterator
from html import escape

from crawler.check.finding import Finding, Result
from crawler.check.reports.html.standing import link
from crawler.check.reports.words import mend_words, said, since_words, spread, where
from crawler.watch.words import visible

MOST = 300
"""Findings: enough to see what is wrong, without a filter."""


def plain_list(result: Result) -> Iterator[str]:
    """Markup: a sentence about what is missing, and the first findings, each with its first place."""
    if not result.findings:
        yield "<p>Nothing was found.</p>"
        return
    shown, count = result.findings[:MOST], len(result.findings)
    some = "the findings" if count == len(shown) else f"the first {MOST} of {count:,} findings"
    yield '<p class="notice">Without JavaScript this page cannot filter, sort or show every place. '
    yield f"Here are {some}, each with its first place; the text, CSV and JSON reports have all places.</p>\n"
    yield '<ol class="items">\n'
    yield from (_item(finding, result) for finding in shown)
    yield "</ol>"


def _item(finding: Finding, result: Result) -> str:
    lines = [escape(said(finding))]
    lines += [escape(visible(words)) for words in _besides(finding, result)]
    head = (
        f'<span class="badge {finding.severity}">{finding.severity}</span> <b>{escape(finding.rule)}</b>'
        f' <span class="name">{link(finding.target)}</span>'
    )
    body = "".join(f"<p>{line}</p>" for line in lines)
    return f'<li class="item {finding.severity}"><div class="body"><p>{head}</p>{body}</div></li>\n'


def _besides(finding: Finding, result: Result) -> Iterator[str]:
    if finding.mend:
        yield mend_words(finding.mend)
    if finding.since:
        yield since_words(finding.since)
    for place in result.places(finding, 1):
        if finding.places_count > 1:
            yield f"{spread(finding)}, such as {where(place)}"
        elif where(place) != finding.target:
            yield where(place)
