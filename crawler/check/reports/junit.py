"""The report for CI servers: JUnit's XML, as GitLab, Jenkins and others read it.

A test case for each place: its class is the page, and its name tells it from all others of that page, since
GitLab takes equal pairs for one. It has failed where the finding makes the check fail; else it was skipped,
which both show and neither counts as a failure. One more test case, the crawl itself, is always there: it
fails where the crawl ended too early or read too little, and Jenkins takes a report without any for an error.
What is to be read stands in the elements' text; GitLab does not look at their attributes.
"""

from collections import Counter
from collections.abc import Iterator
from typing import TextIO
from xml.sax.saxutils import escape, quoteattr

from crawler.check.finding import Finding, Place, Result
from crawler.check.reports.words import about, mend_words, said, set_apart_words, since_words, spread, where
from crawler.check.verdict import Verdict
from crawler.model.errors import EXIT_STOPPED, CrawlFailed
from crawler.watch.words import counted, on_one_line, visible

SUITE = "crawler check"
CRAWL = "the crawl"
"""Name of the test case that is always there."""


def write(result: Result, verdict: Verdict, stream: TextIO) -> None:
    """Write one test suite, with all places."""
    failures = sum(_cases(finding) for finding in result.findings if verdict.fails(finding.severity))
    cases = sum(map(_cases, result.findings))
    error, failure = _of_the_crawl(result, verdict)
    attributes = " ".join(
        f"{key}={_quoted(str(value))}"
        for key, value in {
            "name": SUITE,
            "tests": cases + 1,
            "failures": failures + bool(failure),
            "errors": int(bool(error)),
            "skipped": cases - failures,
            "time": f"{result.seconds:.3f}",
            "timestamp": result.started_at,
        }.items()
        if value != ""  # of a crawl that nobody knows the start of
    )
    stream.write('<?xml version="1.0" encoding="UTF-8"?>\n')
    stream.write(f"<testsuites>\n<testsuite {attributes}>\n")
    seed = next(iter(result.seeds), "")
    element = f"<error>{_escaped(error)}</error>" if error else ""
    element += f"<failure>{_escaped(failure)}</failure>" if failure else ""
    element += f"<system-out>{_escaped(' '.join(_covered(result)))}</system-out>"
    stream.write(f"<testcase classname={_quoted(seed)} name={_quoted(CRAWL)}>{element}</testcase>\n")
    for finding in result.findings:
        _write_finding(finding, result, verdict, stream)
    stream.write("</testsuite>\n</testsuites>\n")


def _of_the_crawl(result: Result, verdict: Verdict) -> tuple[str, str]:
    """Why the crawl itself is an error, or a failure; empty where it is neither."""
    if verdict.exit_code in (CrawlFailed.exit_code, EXIT_STOPPED):
        return f"{verdict.reason}: what was found so far is no verdict", ""
    if result.pages_missing is not None:
        fewer = f"{counted(result.pages_missing, 'page')} fewer than check.min_pages"
        return "", f"{fewer}. {result.coverage or ''}".strip()
    return "", ""


def _covered(result: Result) -> Iterator[str]:
    """What was looked at, and what of it is no test case."""
    yield f"{counted(result.pages, 'page')} read, {counted(result.references, 'reference')} looked at."
    if result.coverage:
        yield on_one_line(result.coverage)
    yield from set_apart_words(result)


def _cases(finding: Finding) -> int:
    """A finding without a place gets one test case too."""
    return max(1, finding.places_count)


def _write_finding(finding: Finding, result: Result, verdict: Verdict, stream: TextIO) -> None:
    ended = "failure" if verdict.fails(finding.severity) else "skipped"
    words = f"{finding.severity}: {said(finding)}"
    opening = f"<{ended} type={_quoted(finding.rule)} message={_quoted(words)}>"
    more = [f"one of {spread(finding)}"] if finding.places_count > 1 else []
    more += [since_words(finding.since)] if finding.since else []
    more += [mend_words(finding.mend)] if finding.mend else []
    page, quoted_page, seen = None, "", Counter[str]()
    whole = Place(next(iter(result.seeds), ""), None, None, "", "")
    for place in result.places(finding) if finding.places_count else [whole]:
        if place.page != page:  # they come page by page
            page, quoted_page, seen = place.page, _quoted(place.page), Counter()
        name = _name(finding, place)
        seen[name] += 1
        if seen[name] > 1:
            name += f" #{seen[name]}"
        at = ", ".join((where(place), *about(place)))
        text = "\n".join(map(_escaped, (words, at, *more)))
        stream.write(f"<testcase classname={quoted_page} name={_quoted(name)}>")
        stream.write(f"{opening}{text}</{ended}></testcase>\n")


def _name(finding: Finding, place: Place) -> str:
    """``rule: target (line:column)``."""
    at = "" if place.line is None else f" ({place.line}:{place.column})"
    return f"{finding.rule}: {finding.target}{at}"


def _quoted(text: str) -> str:
    return quoteattr(visible(text))


def _escaped(text: str) -> str:
    """``text`` with what XML forbids (1.0, section 2.2) made visible, so that two names stay two."""
    return escape(visible(text))
