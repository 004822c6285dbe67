"""What the server said of every URL: what is well is kept in a few sets, the rest row by row."""

import functools
import sqlite3
from typing import NamedTuple

from msgspec.structs import replace

from crawler.check.media_types import wrong_for
from crawler.model.facts import decode
from crawler.model.outcomes import Kind, Outcome, Purpose
from crawler.model.sources import Source
from crawler.rules.scope import Scope
from crawler.rules.urls import login, origin

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


_UNPARSED = frozenset({Kind.PARSE_CRASH, Kind.PARSE_TIMEOUT, Kind.PARSE_MEMORY, Kind.PARSE_KILLED})
_WELL = _UNPARSED | {Kind.CONTENT_TYPE}
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
        self.pages: set[str] = set()
        """What was asked for as a page, whatever came of it."""
        self.well: set[str] = set()
        """What a link may lead to."""
        self.html: set[str] = set()
        """Of that, what calls itself HTML."""
        self.wrong_for: dict[str, int] = {}
        """Of what is well, the sources that its media type does not fit: a bit for each."""
        self.seeds: dict[str, int] = {}
        """Of every URL whose ids and names are known (behind redirects), the seed of their fingerprints."""
        self.doubts: dict[str, str] = {}
        """Why a fragment that is missing on such a page may be there all the same."""
        self.scripted: set[str] = set()
        """Pages with scripts."""
        self.bad: dict[str, Bad] = {}
        self.fragments: dict[str, str] = {}
        """Of each URL that redirects to somewhere with a fragment, at once or in the end, that fragment: it
        counts in place of the link's own (Fetch standard § 4.4)."""
        self.ends: dict[str, str] = {}
        """Of each URL that leads to another, where that ends, if it ends well."""

    def end_of(self, url: str) -> str:
        """What is read in the end by whoever asks for ``url``."""
        return self.ends.get(url, url)

    def are_same(self, alias: str, url: str) -> None:
        """``alias`` leads to ``url``, which is well: what is known of that is known of both."""
        self.ends[alias] = url
        if alias not in self.ids:
            self.well.add(alias)
        if url in self.seeds:
            self.seeds[alias] = self.seeds[url]
        self.wrong_for[alias] = self.wrong_for.get(url, 0)

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
    """Fill the table ``current``; what is to be known of every URL."""
    # SQLite takes the bare column from the row that holds the maximum: the last one, and of pages if any.
    db.execute(
        "INSERT INTO current SELECT id FROM"
        " (SELECT id, max(((purpose <= 1) << 50) + id) FROM answers GROUP BY url)"
    )
    answers = Answers(scope)
    aliases: dict[str, str] = {}
    rows = db.execute(
        "SELECT id, url, purpose, outcome, kind, status, final_url, is_html, content_type, scripts,"
        " text_length, iif(kind = 'redirected', facts, NULL) FROM current CROSS JOIN answers"
        " USING (id) ORDER BY id"
    )
    for row, url, purpose, outcome, kind, status, final_url, is_html, mime, scripts, length, facts in rows:
        answers.ids[url] = row
        if purpose == Purpose.PAGE:
            answers.pages.add(url)
        if outcome not in (Outcome.OK, Outcome.TRUNCATED) and kind not in _WELL:
            answers.bad[url] = Bad(row, url, kind, status, final_url)
            for to in decode(facts).references if facts else ():
                answers.fragments[url] = to.fragment or ""
            continue
        answers.well.add(url)
        if kind not in _UNPARSED:
            answers.wrong_for[url] = _bits(wrong_for(mime))
        if (mime or "").lower().startswith(("text/html", "application/xhtml")):
            answers.html.add(url)
        if is_html:
            answers.seeds[url] = hash((url,))  # in a tuple: no name on the page has the same
            if scripts:
                answers.scripted.add(url)
            if outcome == Outcome.TRUNCATED:
                answers.doubts[url] = NOT_WHOLE
            elif scripts and length <= SCRIPTED_TEXT:
                answers.doubts[url] = SCRIPTED
        if final_url != url:  # redirects that changed a cookie were followed in place
            aliases[final_url] = url
    for alias, url in aliases.items():
        if alias not in answers.ids:
            answers.are_same(alias, url)
    return answers


@functools.cache
def _bits(sources: frozenset[Source]) -> int:
    return sum(1 << source for source in sources)
