"""What nobody can vouch for: references that were not followed to their end, by reason."""

import sqlite3
from collections.abc import Iterable

from crawler.check.answers import NOT_YET, OTHER_ORIGINS, Answers
from crawler.check.finding import Unverified
from crawler.config import Config
from crawler.frontier.view import FrontierView
from crawler.model.outcomes import State

NOFOLLOW = "nofollow"
TOO_DEEP = "deeper than scope.max_depth"
MAX_PAGES = "beyond scope.max_pages"
PUT_OFF = "hosts that put everything off"

MOST_CHARACTERS = 500
"""Of an example: a site may have URLs of any length, and every report has the example."""

_ANSWERED = """
    SELECT f.reason, s.target, count(*) FROM suspects s JOIN fates f ON f.answer = s.answer
    WHERE f.reason IS NOT NULL GROUP BY f.reason, s.target
"""
_ANCHORS = """
    SELECT unverified, target || '#' || fragment, count(*) FROM lost WHERE unverified IS NOT NULL
    GROUP BY unverified, target, fragment
"""
_UNASKED = """
    SELECT target, count(*), max(is_asked), w.state, w.is_put_off
    FROM suspects s LEFT JOIN waiting w ON w.url = s.target WHERE answer IS NULL GROUP BY target
    UNION ALL
    SELECT target, sum(refs), 1, w.state, w.is_put_off
    FROM elsewhere e LEFT JOIN waiting w ON w.url = e.target GROUP BY target
"""


def find_unverified(
    db: sqlite3.Connection, answers: Answers, view: FrontierView, config: Config
) -> list[Unverified]:
    """The reasons, the one with the most references first."""
    db.execute("CREATE TEMP TABLE waiting (url TEXT PRIMARY KEY, state INTEGER, is_put_off INTEGER)")
    db.executemany("INSERT OR REPLACE INTO waiting VALUES (?, ?, ?)", view.waiting())
    found: dict[str, Unverified] = {}
    _add(found, db.execute(_ANSWERED))
    _add(found, db.execute(_ANCHORS))
    for target, references, is_asked, state, is_put_off in db.execute(_UNASKED):
        reason = answers.why_not_asked(target)
        if state is not None and reason in (NOT_YET, OTHER_ORIGINS):
            reason = PUT_OFF if is_put_off else NOT_YET
            if state == State.BEYOND:
                reason = TOO_DEEP
            elif not is_put_off and config.scope.max_pages is not None:
                reason = MAX_PAGES
        elif reason == NOT_YET and not is_asked and config.robots.obey:
            reason = NOFOLLOW
        _add(found, [(reason, target, references)])
    return sorted(found.values(), key=lambda one: -one.references)


def shortened(url: str) -> str:
    """``url``, or its beginning, which is no URL: reports make no link of an ellipsis."""
    return url if len(url) <= MOST_CHARACTERS else f"{url[: MOST_CHARACTERS - 1]}…"


def _add(found: dict[str, Unverified], rows: Iterable[tuple[str, str, int]]) -> None:
    for reason, target, references in rows:
        before = found.get(reason) or Unverified(reason, 0, 0, shortened(target))
        found[reason] = before._replace(references=before.references + references, targets=before.targets + 1)
