"""The report for GitHub's code scanning, and whatever else reads SARIF 2.1.0 (an OASIS standard).

A result for each place, since GitHub shows only the first location of one. No location is ever an absolute
URI: GitHub refuses a file that has one with another scheme than ``file``. So pages become files of the
repository, by the source map, or paths that are made from their URLs. It is written as it is read, a line
for each result, the worst first, and ends before it is more than GitHub takes.

Source: https://docs.github.com/en/code-security/reference/code-scanning/sarif-files/sarif-support
"""

import json
from collections.abc import Iterator
from typing import TextIO

from crawler.check.finding import Finding, Place, Result
from crawler.check.reports import sarif_limits
from crawler.check.reports.sarif_parts import descriptor, notifications, result_of
from crawler.check.rules import RULES
from crawler.check.verdict import Verdict
from crawler.model.version import VERSION
from crawler.rules.urls import origin

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_encode = json.JSONEncoder(ensure_ascii=False).encode


def write(result: Result, verdict: Verdict, stream: TextIO) -> str:
    """Write one run. Returns what is to be said of it: how much was left out; empty where it is all."""
    packed = sarif_limits.Packed(stream)
    severities = {finding.rule: finding.severity for finding in result.findings}
    rules = {rule.id: rule for rule in RULES if rule.id in severities}
    driver = {
        "name": "crawler",
        "version": VERSION,
        "rules": [descriptor(rule, severities[rule.id]) for rule in rules.values()],
    }
    head = f'"$schema": {_encode(SCHEMA)},\n"version": "2.1.0"'
    packed.write(f'{{\n{head},\n"runs": [{{\n"tool": {_encode({"driver": driver})}')
    packed.write(',\n"columnKind": "unicodeCodePoints",\n"results": [')
    indexes = {rule: index for index, rule in enumerate(rules)}
    written = 0
    for finding, place, number in _places(result):
        if packed.is_full:
            break
        one = result_of(finding, place, result.sources.at(place, finding), _own_origin(result), number)
        packed.write((",\n" if written else "\n") + _encode({**one, "ruleIndex": indexes[finding.rule]}))
        written += 1
    left_out = _left_out(written, result, is_full=packed.is_full)
    invocation = {
        "executionSuccessful": verdict.exit_code in (0, 1),
        "exitCode": verdict.exit_code,
        **({"exitCodeDescription": verdict.reason} if verdict.reason else {}),
        **({"startTimeUtc": result.started_at} if result.started_at else {}),
        "toolExecutionNotifications": notifications(result, verdict, left_out),
    }
    packed.write(f'\n],\n"invocations": [{_encode(invocation)}]\n}}]\n}}\n')
    return left_out


def _places(result: Result) -> Iterator[tuple[Finding, Place, int]]:
    """Of each finding the places for which there is room, and which one of its page each is, from 1."""
    whole = Place(_start(result), None, None, "", "")
    for finding, share in zip(result.findings, sarif_limits.shares(result.findings), strict=True):
        page, number = None, 0
        for place in result.places(finding, share) if finding.places_count else [whole][:share]:
            number = number + 1 if place.page == page else 1  # they come page by page
            page = place.page
            yield finding, place, number


def _left_out(written: int, result: Result, *, is_full: bool) -> str:
    places = sum(max(1, finding.places_count) for finding in result.findings)
    if written == places:
        return ""
    why = (
        f"{sarif_limits.MOST_BYTES / 1_000_000:g} MB packed"
        if is_full
        else f"{sarif_limits.MOST_RESULTS:,} results"
    )
    return f"{written:,} of {places:,} places, the worst first: GitHub takes no more than {why}"


def _start(result: Result) -> str:
    """The page on which a finding without a place is shown."""
    seed = next(iter(result.seeds), "")
    return seed if "://" in seed else "index.html"


def _own_origin(result: Result) -> str | None:
    start = _start(result)
    return origin(start) if "://" in start else None
