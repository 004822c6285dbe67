"""What ``crawl.db`` tells of a crawl's troubles: which URLs failed, and why there is no page.

Imported by whoever has some, since most crawls have none. (CROSS JOIN has SQLite begin with the table
``ends``, which is the smaller one.)
"""

import sqlite3
from collections.abc import Callable, Iterator
from typing import NamedTuple

from crawler.frontier.ends import pages_ok
from crawler.model.outcomes import Kind


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


def leaves(db: sqlite3.Connection, most: int) -> list[Leaf]:
    """The first pages that are not ok, but for redirects that were followed; then sitemaps."""
    found = db.execute(
        "SELECT u.url, u.kind, e.status, e.target, e.message, r.url"
        " FROM urls u LEFT JOIN ends e ON e.id = u.id LEFT JOIN urls r ON r.id = u.referrer AND r.kind = :hop"
        " WHERE u.state IN (3, 4) AND u.kind != :hop ORDER BY u.sitemap > 0, u.depth, u.id LIMIT :most",
        {"hop": Kind.REDIRECTED, "most": most},
    )
    return [Leaf._make(row) for row in found]


def login_wall(db: sqlite3.Connection, is_login: Callable[[str], bool]) -> tuple[str | None, str] | None:
    """The login page that everything leads to, and the seed that redirects to it, if one does.

    Either no seed leads to anything else (``is_login`` knows its URL), or every page that is ok asks for a
    password, under one title.
    """
    roots = db.execute(
        "SELECT r.url, u.url FROM urls u LEFT JOIN urls r ON r.id = u.referrer AND r.kind = :hop"
        " WHERE u.depth = 0 AND u.sitemap = 0 AND u.kind IS NOT :hop",
        {"hop": Kind.REDIRECTED},
    )
    first: tuple[str, str] | None = None
    for seed, url in roots:
        if seed is None or not is_login(url):
            break
        first = first or (seed, url)
    else:
        if first is not None:
            return first
    ok, asking, titles = pages_ok(db)
    if not ok or asking < ok or titles > 1:
        return None
    (url,) = db.execute(
        "SELECT url FROM urls WHERE id = (SELECT min(id) FROM ends WHERE login IS NOT NULL)"
    ).fetchone()
    return None, url
