"""What the server said of every URL, and where it leads to ask for one that is not plainly well."""

import sqlite3
from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from crawler.model.outcomes import Kind, Outcome
from crawler.rules.scope import Scope
from crawler.rules.urls import login, origin

MAX_HOPS = 50
"""Redirects that are followed from one URL; no crawl and no browser follows as many."""
PERMANENT = frozenset({301, 308})
FLAKY = frozenset({429, 503})
"""Answers that say "not now", and may say something else tomorrow."""
SCRIPTED_TEXT = 200
"""Characters of visible text up to which a page with scripts counts as one that its scripts must fill."""

OTHER_ORIGINS = "other origins"
OUTSIDE = "outside the scope (scope.include, scope.exclude)"
TOO_LONG = "too long, or growing without end"
NOT_YET = "not asked yet"
SCRIPTED = "anchors that only a script could make"
NOT_WHOLE = "anchors of pages that were not read whole"
NOT_HTML = "anchors in what is not HTML"
ELSEWHERE = "anchors on other origins"


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
_WELL = frozenset(
    {Kind.CONTENT_TYPE, Kind.PARSE_CRASH, Kind.PARSE_TIMEOUT, Kind.PARSE_MEMORY, Kind.PARSE_KILLED}
)
"""What is there, though nobody knows what is in it."""


class Bad(NamedTuple):
    """An answer that is not plainly well."""

    id: int
    url: str
    kind: str
    status: int | None
    target: str
    """Where it redirects to; itself without that."""


class Answers:
    """By URL, the answers that count. What is well costs an entry of two sets, no more."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self._endless = replace(scope, max_url_length=None, max_repeats=None)
        self.ids: dict[str, int] = {}
        """Of each URL, id in answers."""
        self.well: set[str] = set()
        """Of these, what a link may lead to."""
        self.html: set[str] = set()
        """Of these, what calls itself HTML."""
        self.seeds: dict[str, int] = {}
        """Of every URL whose ids and names are known (behind redirects), the seed of their fingerprints."""
        self.doubts: dict[str, str] = {}
        """Why a fragment that is missing on such a page may be there all the same."""
        self.bad: dict[str, Bad] = {}
        self.ends: dict[str, str] = {}
        """Of each URL that leads to another, where that ends, if it ends well."""

    def end_of(self, url: str) -> str:
        """What is read in the end by whoever asks for ``url``."""
        return self.ends.get(url, url)

    def is_own(self, url: str) -> bool:
        """Whether it is on one of the crawl's own origins."""
        return origin(url) in self.scope.origins

    def id_of(self, url: str) -> int | None:
        """Of what was asked for: with which login a page is asked for is not up to another page."""
        found = self.ids.get(url)
        return self.ids.get(login(url)[0]) if found is None and "@" in url else found

    def is_well(self, url: str) -> bool:
        """The same of a single URL as :attr:`well` has it of many."""
        return url in self.well or ("@" in url and login(url)[0] in self.well)

    def why_not_asked(self, url: str) -> str:
        """Why a URL that a page leads to is no part of the crawl."""
        if not self.is_own(url):
            return OTHER_ORIGINS
        if self.scope.allows(url):
            return NOT_YET
        return TOO_LONG if self._endless.allows(url) else OUTSIDE


def read_answers(db: sqlite3.Connection, scope: Scope) -> Answers:
    """Fill the tables ``current`` and ``fates``; what is needed to look at every reference."""
    # SQLite takes the bare column from the row that holds the maximum: the last one, and of pages if any.
    db.execute(
        "INSERT INTO current SELECT id FROM"
        " (SELECT id, max(((purpose <= 1) << 50) + id) FROM answers GROUP BY url)"
    )
    answers = Answers(scope)
    aliases: dict[str, str] = {}
    rows = db.execute(
        "SELECT id, url, outcome, kind, status, final_url, is_html, content_type, scripts, text_length"
        " FROM current CROSS JOIN answers USING (id) ORDER BY id"
    )
    for row, url, outcome, kind, status, final_url, is_html, content_type, scripts, length in rows:
        answers.ids[url] = row
        if outcome not in (Outcome.OK, Outcome.TRUNCATED) and kind not in _WELL:
            answers.bad[url] = Bad(row, url, kind, status, final_url)
            continue
        answers.well.add(url)
        if (content_type or "").lower().startswith(("text/html", "application/xhtml")):
            answers.html.add(url)
        if is_html:
            answers.seeds[url] = hash((url,))  # in a tuple: no name on the page has the same
            if outcome == Outcome.TRUNCATED:
                answers.doubts[url] = NOT_WHOLE
            elif scripts and length <= SCRIPTED_TEXT:
                answers.doubts[url] = SCRIPTED
        if final_url != url:  # redirects that changed a cookie were followed in place
            aliases[final_url] = url
    for alias, url in aliases.items():
        if alias not in answers.ids:
            _is_also(answers, alias, url)
    db.executemany("INSERT INTO fates VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", _fates(answers))
    return answers


def _is_also(answers: Answers, alias: str, url: str) -> None:
    """``alias`` leads to ``url``, which is well."""
    answers.ends[alias] = url
    if alias not in answers.ids:
        answers.well.add(alias)
    if url in answers.seeds:
        answers.seeds[alias] = answers.seeds[url]


def _fates(answers: Answers) -> Iterator[tuple[object, ...]]:
    for bad in answers.bad.values():
        trail = list(_trail(answers, bad))
        end_url = trail[-1].target if trail else bad.url
        end = answers.bad.get(end_url)
        reason = None
        if circle := _circle(trail):
            # It goes by one name, whatever link led into it.
            fate, end_url, trail = Fate.LOOP, circle[0].url, circle
        elif end_url in answers.well:
            fate = Fate.MOVED
            _is_also(answers, bad.url, answers.end_of(end_url))
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
