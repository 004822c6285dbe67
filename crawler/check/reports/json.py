"""The report for programs: one JSON object, described in ``docs/check-json.md``.

It is written as it is read, a line for each place, so a million of them take no memory.
"""

import json
from typing import TextIO

from crawler.check.finding import Finding, Known, Result
from crawler.check.verdict import Verdict
from crawler.model.findings import SEVERITIES
from crawler.model.version import VERSION

SCHEMA = 1
"""Grows when a key goes, or changes its meaning; not when one is added."""

_encode = json.JSONEncoder(ensure_ascii=False).encode


def write(result: Result, verdict: Verdict, stream: TextIO) -> None:
    """Write all of ``result``: the short parts first, the findings last."""
    totals = result.totals()
    head = {
        "schema": SCHEMA,
        "crawler": VERSION,
        "out": str(result.out),
        "seeds": list(result.seeds),
        "state": result.state,
        "started_at": result.started_at,
        "seconds": round(result.seconds, 3),
        "fail_on": verdict.fail_on,
        "exit_code": verdict.exit_code,
        "reason": verdict.reason or None,
        "pages": result.pages,
        "references": result.references,
        "counts": {purpose: dict(counts) for purpose, counts in result.counts.items()},
        "coverage": result.coverage,
        "pages_missing": result.pages_missing,
        "totals": {severity: totals[severity] for severity in SEVERITIES},
        "unverified": [each._asdict() for each in result.unverified],
        "ignored": [each._asdict() for each in result.ignored],
        "baseline": _baseline(result.known),
        "held_back": [each._asdict() for each in result.held_back],
    }
    stream.write("{\n")
    for key, value in head.items():
        stream.write(f'  "{key}": {_encode(value)},\n')
    stream.write('  "findings": [')
    for number, finding in enumerate(result.findings):
        facts = _encode(_facts(finding))
        stream.write(f'{"," * (number > 0)}\n    {facts[:-1]}, "places": [')
        separator = "\n      "
        for place in result.places(finding):
            stream.write(separator + _encode(place._asdict()))
            separator = ",\n      "
        stream.write("]}")
    stream.write("\n  ]\n}\n" if result.findings else "]\n}\n")


def _facts(finding: Finding) -> dict[str, object]:
    since, mend = finding.since, finding.mend
    return finding._asdict() | {
        "detail": dict(finding.detail),
        "since": since and since._asdict(),
        "mend": mend and mend._asdict(),
    }


def _baseline(known: Known | None) -> dict[str, object] | None:
    if known is None:
        return None
    return known._asdict() | {"file": str(known.file), "stale": [each._asdict() for each in known.stale]}
