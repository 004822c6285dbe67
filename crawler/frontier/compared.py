"""What ``crawl.db`` tells of pages to whoever compares two crawls."""

import sqlite3
from collections.abc import Callable, Iterator
from typing import NamedTuple

from crawler.model.outcomes import Kind


class PageRow(NamedTuple):
    """A page of a crawl, as far as its database knows it."""

    key: str
    """By which it is found in another crawl."""
    url: str
    id: int
    state: int
    """:class:`crawler.model.outcomes.State`, as the number that it is."""
    kind: Kind | None
    batch: int | None
    """The batch that its record is in; None where it has none yet."""
    status: int | None
    """The answer's; None where it ended well."""
    target: str | None
    """Where it redirects to."""
    content_hash: bytes
    """Of its body; empty where none was read, or the crawl has kept no hashes."""
    near_hash: int
    """Of its visible text; 0 where there is none."""
    is_unchanged: bool
    """It is what the generation before had."""


class Compared:
    """The part of :class:`crawler.frontier.view.FrontierView` that a comparison needs."""

    _db: sqlite3.Connection

    def has_versions(self) -> bool:
        """Whether there is a table of what tells one version of a page from another."""
        return bool(self._db.execute("SELECT 1 FROM sqlite_master WHERE name = 'pages'").fetchone())

    def has_hashes(self) -> bool:
        """Whether pages that were read have hashes, as those of earlier versions of the program have not."""
        if not self._db.execute("SELECT 1 FROM urls WHERE purpose = 0 AND state IN (1, 2)").fetchone():
            return True
        if not self.has_versions():
            return False
        return bool(self._db.execute("SELECT 1 FROM pages WHERE content_hash IS NOT NULL").fetchone())

    def pages_by(self, key: Callable[[str], str] | None) -> Iterator[PageRow]:
        """Every page (no sitemap), ordered by what ``key`` makes of its URL; None: by the URL itself.

        Where several have one key, the first is one that ended well, if one did. SQLite sorts, in a file if
        need be, so that a crawl of any size takes no memory.
        """
        made = "u.url"
        if key is not None:
            self._db.create_function("key_of", 1, key, deterministic=True)
            made = "key_of(u.url)"
        version, joined = "NULL, 0, 0", ""
        if self.has_versions():
            version = "p.content_hash, coalesce(p.near_hash, 0), coalesce(p.unchanged, 0)"
            joined = " LEFT JOIN pages p ON p.id = u.id"
        found = self._db.execute(
            f"SELECT {made}, u.url, u.id, u.state, u.kind, u.batch, e.status, e.target, {version}"  # noqa: S608
            f" FROM urls u LEFT JOIN ends e ON e.id = u.id{joined} WHERE u.purpose = 0"
            " ORDER BY 1, u.state = 0, u.state, u.id"
        )
        for made_key, url, row, state, kind, batch, status, target, content, near, unchanged in found:
            yield PageRow(
                made_key, url, row, state, Kind(kind) if kind else None, batch, status, target,
                content or b"", near, bool(unchanged),
            )  # fmt: skip

    def origins(self) -> set[str]:
        """The origins of all pages."""
        found = self._db.execute(
            "SELECT origin FROM lanes WHERE id IN (SELECT lane FROM urls WHERE purpose = 0)"
        )
        return {origin for (origin,) in found}
