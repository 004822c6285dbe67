"""Where it leads to ask for a URL that is not plainly well: redirects are followed to their end."""

import sqlite3
from collections.abc import Iterator
from enum import StrEnum

import msgspec

from crawler.check.answers import Answers, Bad
from crawler.model.outcomes import Kind

MAX_HOPS = 50
"""Redirects that are followed from one URL; no crawl and no browser follows as many."""
PERMANENT = frozenset({301, 308})
FLAKY = frozenset({429, 503})
"""Answers that say "not now", and may say something else tomorrow."""


class Fate(StrEnum):
    """What comes of asking for a URL that is not plainly well."""

    MOVED = "moved"
    """Redirects lead to something that is well."""
    BROKEN = "broken"
    UNREACHABLE = "unreachable"
    FLAKY = "flaky"
    LOOP = "loop"
    """The redirects lead in a circle."""
    ENDLESS = "endless"
    """There are more redirects than the crawl follows."""
    UNVERIFIED = "unverified"


_FATES = {
    Kind.BAD_REDIRECT: Fate.BROKEN,
    Kind.TOO_MANY_REDIRECTS: Fate.ENDLESS,
    Kind.ROBOTS: Fate.UNVERIFIED,
    Kind.FORBIDDEN_ADDRESS: Fate.UNVERIFIED,
}
"""Of kinds that are no redirects; of every other one unreachable, in the system's own words."""
_REASONS = {Kind.ROBOTS: "robots.txt", Kind.FORBIDDEN_ADDRESS: "forbidden addresses"}
_REDIRECTS = frozenset({Kind.REDIRECTED, Kind.OUT_OF_SCOPE, Kind.REDIRECT_LOOP})


def note_fates(db: sqlite3.Connection, answers: Answers) -> None:
    """Fill the table ``fates``; URLs that lead to something well are the same as that from here on."""
    db.executemany("INSERT INTO fates VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", _fates(answers))


def _fates(answers: Answers) -> Iterator[tuple[object, ...]]:
    for bad in answers.bad.values():
        trail = list(_trail(answers, bad))
        end_url = trail[-1].target if trail else bad.url
        end = answers.bad.get(end_url)
        reason = None
        if fragment := [answers.fragments[hop.url] for hop in trail if hop.url in answers.fragments][-1:]:
            answers.fragments[bad.url] = fragment[0]
        if circle := _circle(trail):
            # It goes by one name, whatever link led into it.
            fate, end_url, trail = Fate.LOOP, circle[0].url, circle
        elif end_url in answers.well:
            fate = Fate.MOVED
            answers.are_same(bad.url, answers.end_of(end_url))
        elif end is None:
            fate, reason = Fate.UNVERIFIED, answers.why_not_asked(end_url)
        else:
            fate = _fate(end)
            if fate is Fate.UNVERIFIED:
                reason = _REASONS[Kind(end.kind)]
            elif fate is Fate.ENDLESS:
                end_url = bad.url
        yield (
            bad.id,
            fate,
            answers.ids.get(end_url),
            end_url,
            answers.is_own(end_url),
            len(trail),
            msgspec.json.encode([{"url": hop.url, "status": hop.status} for hop in trail]).decode(),
            bool(trail) and all(hop.status in PERMANENT for hop in trail),
            any(hop.url.startswith("https:") and hop.target.startswith("http:") for hop in trail),
            reason,
        )


def _trail(answers: Answers, bad: Bad | None) -> Iterator[Bad]:
    """The redirects from a URL on, each once."""
    seen: set[str] = set()
    while bad is not None and bad.kind in _REDIRECTS and bad.url not in seen and len(seen) < MAX_HOPS:
        seen.add(bad.url)
        yield bad
        bad = answers.bad.get(bad.target)


def _circle(trail: list[Bad]) -> list[Bad]:
    """The redirects that lead in a circle, from the first by name; none where the trail has an end."""
    if not trail:
        return []
    names = [hop.url for hop in trail]
    last = trail[-1]
    if last.target in names:
        circle = trail[names.index(last.target) :]
    else:  # the crawl saw it, by ways that are not followed here
        circle = [last] if last.kind == Kind.REDIRECT_LOOP else []
    first = min(range(len(circle)), key=lambda i: circle[i].url, default=0)
    return circle[first:] + circle[:first]


def _fate(end: Bad) -> Fate:
    kind = Kind(end.kind)
    if kind is Kind.HTTP_STATUS:
        return Fate.FLAKY if end.status in FLAKY else Fate.BROKEN
    return _FATES.get(kind, Fate.UNREACHABLE)
