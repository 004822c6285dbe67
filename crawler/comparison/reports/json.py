"""The report for programs: one JSON object, described in ``docs/diff.md``; a line for each difference."""

import json
from collections.abc import Sequence
from typing import Any, TextIO

import msgspec

from crawler.comparison.comparing import Comparison
from crawler.comparison.difference import Difference
from crawler.model.version import VERSION
from crawler.watch.report_asked import Report

SCHEMA = 1
"""Grows when a key goes, or changes its meaning; not when one is added."""

_encode = json.JSONEncoder(ensure_ascii=False).encode


def plain(difference: Difference) -> dict[str, Any]:
    """A difference as its JSON object, without keys that say nothing of it."""
    found: dict[str, Any] = msgspec.to_builtins(difference)
    found["fields"] = [str(field) for field in difference.fields]
    found["links_added"], found["links_gone"] = list(difference.links_added), list(difference.links_gone)
    return {key: value for key, value in found.items() if value or key in ("what", "url")}


class Writer:
    """Writes each difference as it comes: the totals are last."""

    def __init__(self, comparison: Comparison, stream: TextIO, _verbose: bool) -> None:
        self._comparison, self._stream, self._number = comparison, stream, 0
        head = {
            "schema": SCHEMA,
            "crawler": VERSION,
            "old": comparison.old._asdict(),
            "new": comparison.new._asdict(),
            "by_path": comparison.by_path,
            "exact": comparison.exact,
            "notes": comparison.notes(),
        }
        stream.write("{\n")
        for key, value in head.items():
            stream.write(f'  "{key}": {_encode(value)},\n')
        stream.write('  "differences": [')

    def add(self, difference: Difference) -> None:
        """Write it as one line."""
        self._stream.write(f"{',' * (self._number > 0)}\n    {_encode(plain(difference))}")
        self._number += 1

    def finish(self, _files: Sequence[Report]) -> None:
        """Write the totals."""
        totals = self._comparison.totals
        self._stream.write("\n  ],\n" if self._number else "],\n")
        self._stream.write(f'  "totals": {_encode(msgspec.to_builtins(totals))},\n')
        self._stream.write(f'  "exit_code": {int(totals.differences > 0)}\n}}\n')
