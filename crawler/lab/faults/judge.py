"""Compares what a crawl recorded, and what the server saw of it, with what each fault wants."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any
from urllib.parse import urlsplit

from crawler.lab.faults.faults_process import FaultLog
from crawler.lab.faults.manifest import ANY_STATUS, Here, Wanted
from crawler.lab.faults.site import Expected, FaultSite
from crawler.model.record import Record

_EARLY = 0.05
"""Seconds by which two clocks, or a rounded pause, may differ."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """One URL: what was expected of it and what came of it, in the same keys."""

    fault: str | None
    url: str
    expected: dict[str, Any]
    found: dict[str, Any]

    @property
    def right(self) -> bool:
        """They are the same."""
        return self.expected == self.found


def judge(here: Here, site: FaultSite, records: Iterable[Record], log: FaultLog) -> list[Verdict]:
    """A verdict on each URL that was expected, recorded or asked for, and one on the neighbour."""
    found = _by_url(records)
    times = defaultdict(list)
    for seconds, path in log.requests:
        times[here.origin + path].append(seconds)
    expected = dict(site.expected)
    robots = f"{here.origin}/robots.txt"
    verdicts = [
        Verdict("robots.txt", robots, {"asked": 1}, {"asked": len(times.pop(robots, []))}),
        Verdict("the neighbour", "", {"connections": 0}, {"connections": log.neighbour}),
    ]
    for url in [
        *expected,
        *(found.keys() - expected.keys()),
        *(times.keys() - expected.keys() - found.keys()),
    ]:
        want = expected.get(url)
        asked = times.get(url, [])
        if want is None:
            verdicts.append(
                Verdict(None, url, {"records": 0, "asked": 0}, _unwanted(found.get(url, []), asked))
            )
            continue
        wanted = want.wanted
        if urlsplit(url).path in log.raced and wanted.attempts == 1:
            wanted = replace(wanted, asked=2)  # at one attempt: the page is not to blame
        verdicts.append(_verdict(url, Expected(want.fault, wanted), found.get(url, []), asked))
    return verdicts


def _by_url(records: Iterable[Record]) -> dict[str, list[Record]]:
    found = defaultdict(list)
    for record in records:
        found[record.url].append(record)
    return found


def _unwanted(records: list[Record], asked: list[float]) -> dict[str, Any]:
    return {"records": len(records), "asked": len(asked)}


def _verdict(url: str, want: Expected, records: list[Record], asked: list[float]) -> Verdict:
    wanted = want.wanted
    expected = _as_wanted(wanted) | {"asked": wanted.requests}
    if len(records) != 1:
        return Verdict(want.fault, url, expected, {"records": len(records), "asked": len(asked)})
    found = _as_recorded(records[0], wanted.also) | {"asked": len(asked)}
    if wanted.status == ANY_STATUS:
        del expected["status"], found["status"]
    gaps = [later - earlier for earlier, later in pairwise(asked)]
    if any(gap < wanted.waits - _EARLY for gap in gaps):
        found["waited"] = round(min(gaps), 3)
    return Verdict(want.fault, url, expected, found)


def _as_wanted(wanted: Wanted) -> dict[str, Any]:
    first = {"outcome": str(wanted.outcome), "kind": wanted.kind and str(wanted.kind)}
    return first | {"status": wanted.status, "attempts": wanted.attempts, **wanted.also}


def _as_recorded(record: Record, also: Mapping[str, object]) -> dict[str, Any]:
    found: dict[str, Any] = {"outcome": str(record.outcome), "kind": record.kind and str(record.kind)}
    found |= {"status": record.status, "attempts": record.attempts}
    for key, wanted in also.items():
        value = getattr(record, key)
        found[key] = len(value) if key in ("links", "redirects") and isinstance(wanted, int) else value
    return found
