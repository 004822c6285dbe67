"""What is to be mended: targets on the site's own origins that are dead, and fragments that are missing."""

import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from crawler.check.fates import Fate
from crawler.check.finding import Finding
from crawler.check.mending.spots import Spot, spot_of

MOST = 10_000
"""Findings that are looked after, in the order of the report: what is kept of each takes memory."""
_FATES = (Fate.BROKEN, Fate.UNREACHABLE, Fate.LOOP, Fate.ENDLESS)
_PAGES = 5


class Dead(NamedTuple):
    """A target that is dead."""

    url: str
    paths: Sequence[str]
    """Its own, and those of what redirects to it: that is what links name."""
    spots: Sequence[Spot]
    """Of the paths."""
    pages: Sequence[int]
    """In answers: some in which it is linked to."""


class Lost(NamedTuple):
    """A fragment that is missing on a page that is well."""

    target: str
    page: int
    """In answers."""
    url: str
    """Of that page."""
    path: str
    spot: Spot
    fragment: str


def dead_targets(
    db: sqlite3.Connection, findings: Iterable[Finding], path: Callable[[str], str | None]
) -> list[Dead]:
    """Of these findings, each once."""
    marks = ", ".join("?" * len(_FATES))
    rows = db.execute(
        f"SELECT url FROM fates JOIN answers ON answers.id = answer WHERE fate IN ({marks}) AND is_own",
        _FATES,
    )
    is_dead = {url for (url,) in rows}
    found: dict[str, Dead] = {}
    for one in findings:
        if one.target in is_dead and one.target not in found and len(found) < MOST:
            through = one.detail.get("through")
            urls = [one.target, *(through if isinstance(through, list) else ())]
            paths = [there for url in urls if (there := path(url)) is not None]
            if paths:
                spots = [spot_of(there) for there in paths]
                found[one.target] = Dead(one.target, paths, spots, _pages(db, one))
    return list(found.values())


def _pages(db: sqlite3.Connection, finding: Finding) -> list[int]:
    rows = db.execute(
        f"SELECT DISTINCT page FROM found WHERE rule = ? AND target = ? LIMIT {_PAGES}",
        (finding.rule, finding.target),
    )
    return [page for (page,) in rows]


def lost_fragments(
    findings: Iterable[Finding], ids: Mapping[str, int], path: Callable[[str], str | None]
) -> list[Lost]:
    """Of the findings of broken-fragment; ``ids`` are those of the answers, by URL."""
    found: list[Lost] = []
    for one in findings:
        if one.rule == "broken-fragment" and len(found) < MOST:
            url = str(one.detail["page"])
            page, there = ids.get(url), path(url)
            if page is not None and there is not None:
                found.append(Lost(one.target, page, url, there, spot_of(there), str(one.detail["fragment"])))
    return found
