"""What ``crawl.db`` tells of a crawl's troubles: which URLs failed, and why there is no page.

Most is read off the table ``ends``, which has a row for each URL that did not end well: so a crawl can
be judged without its sinks, and after any number of runs. (CROSS JOIN has SQLite begin with that table,
which is the smaller one.)
"""

import sqlite3
from collections.abc import Callable, Collection, Iterator

from crawler.model.outcomes import Kind, State
from crawler.model.rows import Failed, Leaf


class Troubles:
    """The part of :class:`crawler.frontier.view.FrontierView` that few crawls need."""

    _db: sqlite3.Connection

    def pages_ok(self) -> tuple[int, int, int]:
        """Pages (no sitemaps) that are ok or truncated; how many ask for a password; titles of these."""
        ok, asking, titles = self._db.execute(
            "SELECT count(*), count(e.login), count(DISTINCT e.login)"
            " FROM urls u LEFT JOIN ends e ON e.id = u.id WHERE u.state IN (1, 2) AND u.purpose = 0"
        ).fetchone()
        return ok, asking, titles

    def login_wall(self, is_login: Callable[[str], bool]) -> tuple[str | None, str] | None:
        """The login page that everything leads to, and the seed that redirects to it, if one does.

        Either no seed leads to anything else (``is_login`` knows its URL), or every page that is ok asks
        for a password, under one title.
        """
        roots = self._db.execute(
            "SELECT r.url, u.url FROM urls u LEFT JOIN urls r ON r.id = u.referrer AND r.kind = :hop"
            " WHERE u.depth = 0 AND u.purpose = 0 AND u.kind IS NOT :hop",
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
        ok, asking, titles = self.pages_ok()
        if not ok or asking < ok or titles > 1:
            return None
        (url,) = self._db.execute(
            "SELECT url FROM urls WHERE id = (SELECT min(id) FROM ends WHERE login IS NOT NULL)"
        ).fetchone()
        return None, url

    def seeds_unreachable(self, kinds: Collection[str]) -> str | None:
        """A seed and why, when no seed led to any page: each ended with one of ``kinds``, else None.

        A redirect is an answer, but no page: what counts is where it led to, if it was followed.
        """
        # Of depth 0 are the seeds, and what they redirect to, which has them for referrers.
        roots = self._db.execute(
            "SELECT u.url, u.state, u.kind, r.url, e.message"
            " FROM urls u LEFT JOIN urls r ON r.id = u.referrer LEFT JOIN ends e ON e.id = u.id"
            " WHERE u.depth = 0 AND u.purpose = 0"
        ).fetchall()
        dead = [row for row in roots if row[2] in kinds]
        if not dead or any(state == State.PENDING for _, state, *_ in roots):
            return None
        if any(kind not in kinds and kind != Kind.REDIRECTED for _, _, kind, *_ in roots):
            return None
        return "; ".join(
            f"{url} ({kind})"
            + (f", to which {source} redirects" if source is not None else "")
            + (f": {words.rstrip('.')}" if words else "")
            for url, _, kind, source, words in dead[:3]
        ) + (f"; and {len(dead) - 3:,} more" if len(dead) > 3 else "")

    def failed(self, most: int | None = None) -> Iterator[Failed]:
        """Pages that ended as errors, by kind and status; with ``most`` so many, of each in turn."""
        found = (
            "SELECT u.id, u.url, u.kind, e.status, e.message,"
            " row_number() OVER (PARTITION BY u.kind, e.status ORDER BY u.id) AS turn"
            " FROM ends e CROSS JOIN urls u ON u.id = e.id WHERE u.state = 3 AND u.purpose <= 1"
        )
        chosen = self._db.execute(
            f"SELECT id, url, kind, status, message FROM ({found} ORDER BY turn, u.id LIMIT ?)"  # noqa: S608
            " ORDER BY kind, status, id",
            (-1 if most is None else most,),
        )
        return map(Failed._make, chosen)

    def redirects(self) -> Iterator[tuple[str, str]]:
        """Each page that redirects to another of the crawl, with its target; the newest first."""
        yield from self._db.execute(
            "SELECT u.url, e.target FROM ends e CROSS JOIN urls u ON u.id = e.id"
            " WHERE u.kind = ? AND u.purpose <= 1 AND e.target IS NOT NULL ORDER BY e.id DESC",
            (Kind.REDIRECTED,),
        )

    def first_referrers(self, url_id: int) -> list[tuple[str, str | None]]:
        """The page that first named a URL, and what it links to where that redirects; none of a seed."""
        through = None
        while True:
            row = self._db.execute(
                "SELECT r.id, r.url, r.kind FROM urls u JOIN urls r ON r.id = u.referrer WHERE u.id = ?",
                (url_id,),
            ).fetchone()
            if row is None:
                return []
            url_id, url, kind = row
            if kind != Kind.REDIRECTED:
                return [(url, through)]
            through = url

    def leaves(self, most: int) -> list[Leaf]:
        """The first pages that are not ok, but for redirects that were followed; then sitemaps.

        Pages that are merely elsewhere come after those that are in trouble.
        """
        found = self._db.execute(
            "SELECT u.url, u.kind, e.status, e.target, e.message, r.url"
            " FROM urls u LEFT JOIN ends e ON e.id = u.id"
            " LEFT JOIN urls r ON r.id = u.referrer AND r.kind = :hop"
            " WHERE u.state IN (3, 4) AND u.purpose <= 1 AND u.kind != :hop"
            " ORDER BY u.purpose > 0, u.kind = :out, u.depth, u.id LIMIT :most",
            {"hop": Kind.REDIRECTED, "out": Kind.OUT_OF_SCOPE, "most": most},
        )
        return [Leaf._make(row) for row in found]

    def seeds_elsewhere(self) -> list[Leaf]:
        """Where seeds lead out of the scope, by redirects alone."""
        found = self._db.execute(
            "SELECT u.url, u.kind, e.status, e.target, e.message, r.url"
            " FROM urls u JOIN ends e ON e.id = u.id LEFT JOIN urls r ON r.id = u.referrer"
            " WHERE u.depth = 0 AND u.purpose = 0 AND u.kind = ? ORDER BY u.id",
            (Kind.OUT_OF_SCOPE,),
        )
        return [Leaf._make(row) for row in found]
