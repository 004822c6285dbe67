"""How URLs ended, for people: the table ``ends`` of ``crawl.db``, and what is read off it.

A page that is ok has no row there, so a crawl without trouble costs nothing. What a row says is taken from
the URL's record, in the transaction that makes it done, so that a crawl can be judged without its
sinks, and after any number of runs. (CROSS JOIN has SQLite begin with this table, the smaller one.)
"""

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import NamedTuple

import msgspec

from crawler.frontier import bulk
from crawler.model.messages import Finished
from crawler.model.outcomes import Kind, Outcome
from crawler.model.record import End, decode_end

Row = tuple[int, int | None, str | None, str | None, str | None, str | None]
"""id, status, target, message, extract, login."""


class Failed(NamedTuple):
    """A URL that ended as an error."""

    id: int
    url: str
    kind: str
    status: int | None
    message: str | None


class Leaf(NamedTuple):
    """A page that is not ok, and to which no further redirect was followed."""

    url: str
    kind: str
    status: int | None
    target: str | None
    """Where it redirects to, when that was not followed."""
    message: str | None
    source: str | None
    """What redirects to it."""


class PagesOk(NamedTuple):
    """Pages, without sitemaps, that are ok or truncated."""

    ok: int
    asking: int
    """Those that ask for a password."""
    titles: int
    """Titles that these have."""


def save(db: sqlite3.Connection, finished: Iterable[Finished]) -> None:
    """Keep what there is to say of them, inside the caller's transaction."""
    found = [row for done in finished if (row := _row(done)) is not None]
    bulk.run(db, "INSERT OR REPLACE INTO ends (id, status, target, message, extract, login) VALUES ?", found)


def _row(done: Finished) -> Row | None:
    end = End()
    if done.outcome in (Outcome.ERROR, Outcome.SKIPPED):
        with suppress(msgspec.DecodeError):  # then there is nothing to be said but its kind
            end = decode_end(done.record)
    elif done.extract_error is None and done.login is None:
        return None
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


def failed(db: sqlite3.Connection, most: int | None = None) -> Iterator[Failed]:
    """URLs that ended as errors, by kind and status; with ``most`` so many, of each in turn."""
    found = (
        "SELECT u.id, u.url, u.kind, e.status, e.message,"
        " row_number() OVER (PARTITION BY u.kind, e.status ORDER BY u.id) AS turn"
        " FROM ends e CROSS JOIN urls u ON u.id = e.id WHERE u.state = 3"
    )
    chosen = db.execute(
        f"SELECT id, url, kind, status, message FROM ({found} ORDER BY turn, u.id LIMIT ?)"  # noqa: S608
        " ORDER BY kind, status, id",
        (-1 if most is None else most,),
    )
    return map(Failed._make, chosen)


def redirects(db: sqlite3.Connection) -> Iterator[tuple[str, str]]:
    """Each URL that redirects to another of the crawl, with its target; the newest first."""
    yield from db.execute(
        "SELECT u.url, e.target FROM ends e CROSS JOIN urls u ON u.id = e.id"
        " WHERE u.kind = ? AND e.target IS NOT NULL ORDER BY e.id DESC",
        (Kind.REDIRECTED,),
    )


def first_referrers(db: sqlite3.Connection, url_id: int) -> list[tuple[str, str | None]]:
    """The page that first named a URL, and what it links to where that redirects; none of a seed."""
    through = None
    while True:
        row = db.execute(
            "SELECT r.id, r.url, r.kind FROM urls u JOIN urls r ON r.id = u.referrer WHERE u.id = ?",
            (url_id,),
        ).fetchone()
        if row is None:
            return []
        url_id, url, kind = row
        if kind != Kind.REDIRECTED:
            return [(url, through)]
        through = url


def extract_failures(db: sqlite3.Connection) -> tuple[int, str | None, str | None]:
    """On how many pages the extract function failed; one of the first of them, and how (a traceback)."""
    count = db.execute("SELECT count(*) FROM ends WHERE extract IS NOT NULL").fetchone()[0]
    first = db.execute(
        "SELECT u.url, e.extract FROM ends e CROSS JOIN urls u ON u.id = e.id WHERE e.extract IS NOT NULL"
        " ORDER BY instr(e.extract, char(10)) = 0, u.batch, u.id LIMIT 1"
    ).fetchone()
    return count, *(first or (None, None))


def leaves(db: sqlite3.Connection, most: int) -> list[Leaf]:
    """The first pages that are not ok, but for redirects that were followed; then sitemaps."""
    found = db.execute(
        "SELECT u.url, u.kind, e.status, e.target, e.message, r.url"
        " FROM urls u LEFT JOIN ends e ON e.id = u.id LEFT JOIN urls r ON r.id = u.referrer AND r.kind = ?1"
        " WHERE u.state IN (3, 4) AND u.kind != ?1 ORDER BY u.sitemap > 0, u.depth, u.id LIMIT ?2",
        (Kind.REDIRECTED, most),
    )
    return [Leaf._make(row) for row in found]


def pages_ok(db: sqlite3.Connection) -> PagesOk:
    """Pages that are ok or truncated."""
    return PagesOk(
        *db.execute(
            "SELECT count(*), count(e.login), count(DISTINCT e.login)"
            " FROM urls u LEFT JOIN ends e ON e.id = u.id WHERE u.state IN (1, 2) AND u.sitemap = 0"
        ).fetchone()
    )


def login_wall(db: sqlite3.Connection, is_login: Callable[[str], bool]) -> tuple[str | None, str] | None:
    """The login page that everything leads to, and the seed that redirects to it, if one does.

    Either no seed leads to anything else (``is_login`` knows its URL), or every page that is ok asks for a
    password, under one title.
    """
    roots = db.execute(
        "SELECT r.url, u.url FROM urls u LEFT JOIN urls r ON r.id = u.referrer AND r.kind = ?1"
        " WHERE u.depth = 0 AND u.sitemap = 0 AND u.kind IS NOT ?1",
        (Kind.REDIRECTED,),
    )
    first: tuple[str, str] | None = None
    for seed, url in roots:
        if seed is None or not is_login(url):
            break
        first = first or (seed, url)
    else:
        if first is not None:
            return first
    ok = pages_ok(db)
    if not ok.ok or ok.asking < ok.ok or ok.titles > 1:
        return None
    (url,) = db.execute(
        "SELECT url FROM urls WHERE id = (SELECT min(id) FROM ends WHERE login IS NOT NULL)"
    ).fetchone()
    return None, url
