"""How URLs ended, for people: the table ``ends`` of ``crawl.db``, and what is read off it.

A page that is ok has no row there, so a crawl without trouble costs nothing. What a row says is taken from
the URL's record, in the transaction that makes it done, so that a crawl can be judged without its
sinks, and after any number of runs. What is only asked for where there was trouble is in
:mod:`crawler.frontier.trouble`.
"""

import sqlite3
from collections.abc import Iterable
from contextlib import suppress

import msgspec

from crawler.frontier import bulk
from crawler.model.messages import Finished
from crawler.model.outcomes import Outcome
from crawler.model.record import End, decode_end

Row = tuple[int, int | None, str | None, str | None, str | None, str | None]
"""id, status, target, message, extract, login."""


def save(db: sqlite3.Connection, finished: Iterable[Finished]) -> None:
    """Keep what there is to say of them, inside the caller's transaction."""
    found = [
        _row(done)
        for done in finished
        if done.kind is not None or done.extract_error is not None or done.login is not None
    ]
    bulk.run(db, "INSERT OR REPLACE INTO ends (id, status, target, message, extract, login) VALUES ?", found)


def _row(done: Finished) -> Row:
    end = End()
    if done.outcome in (Outcome.ERROR, Outcome.SKIPPED):
        with suppress(msgspec.DecodeError):  # then there is nothing to be said but its kind
            end = decode_end(done.record)
    target = end.final_url if end.final_url != done.ticket.url else None
    return done.ticket.id, end.status, target, end.message, done.extract_error, done.login


def kinds(db: sqlite3.Connection) -> dict[str, int]:
    """Done URLs that are not ok, by kind."""
    return dict(
        db.execute(
            "SELECT kind, count(*) FROM urls WHERE kind IS NOT NULL GROUP BY kind ORDER BY 2 DESC, 1"
        ).fetchall()
    )


def links_left(db: sqlite3.Connection) -> dict[str, int]:
    """Links of done pages that were not followed, by reason."""
    out_of_scope, too_deep, nofollow = db.execute(
        "SELECT total(out_of_scope), total(too_deep), total(nofollow) FROM urls WHERE state != 0"
    ).fetchone()
    return {
        "links_out_of_scope": int(out_of_scope),
        "links_too_deep": int(too_deep),
        "links_nofollow": int(nofollow),
    }


def extract_failures(db: sqlite3.Connection) -> tuple[int, str | None, str | None]:
    """On how many pages the extract function failed; one of the first of them, and how (a traceback)."""
    count = db.execute("SELECT count(*) FROM ends WHERE extract IS NOT NULL").fetchone()[0]
    first = db.execute(
        "SELECT u.url, e.extract FROM ends e CROSS JOIN urls u ON u.id = e.id WHERE e.extract IS NOT NULL"
        " ORDER BY instr(e.extract, char(10)) = 0, u.batch, u.id LIMIT 1"
    ).fetchone()
    return count, *(first or (None, None))


def pages_ok(db: sqlite3.Connection) -> tuple[int, int, int]:
    """Pages (no sitemaps) that are ok or truncated; how many ask for a password; titles of these."""
    ok, asking, titles = db.execute(
        "SELECT count(*), count(e.login), count(DISTINCT e.login)"
        " FROM urls u LEFT JOIN ends e ON e.id = u.id WHERE u.state IN (1, 2) AND u.sitemap = 0"
    ).fetchone()
    return ok, asking, titles
