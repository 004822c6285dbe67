"""A read-only view of ``crawl.db``, for ``crawler status``: works beside a live crawl and on a dead one."""

import json
import os
import sqlite3
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from crawler.frontier import ends, rows, trouble
from crawler.frontier.schema import SCHEMA_VERSION, damaged, explain
from crawler.model.errors import OutputError, StoreFailed
from crawler.model.messages import StoredRobots


class FrontierView:
    """What can be read of a crawl without taking part in it."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.db = connection
        """To be read from only."""

    def meta(self) -> dict[str, str]:
        """The entries of ``meta``: state, pid, started_at, ended_at, settings and more."""
        return rows.get_meta(self.db)

    def settings(self) -> dict[str, Any]:
        """The settings that the crawl was started with."""
        found: dict[str, Any] = json.loads(self.meta().get("settings", "{}"))
        return found

    def counts(self) -> dict[str, int]:
        """URLs by state."""
        return rows.counts(self.db)

    def hosts(self) -> list[rows.HostRow]:
        """Every origin with its URLs by state, the one with the most URLs first."""
        return rows.hosts(self.db)

    def sinks(self) -> list[str]:
        """Names of the sinks that the crawl writes."""
        found: list[str] = self.settings().get("write", {}).get("sinks", [])
        return found

    def positions(self) -> dict[str, int]:
        """Where each sink ends with the last committed batch."""
        return rows.positions(self.db)

    def kinds(self) -> dict[str, int]:
        """Done URLs that are not ok, by kind."""
        return ends.kinds(self.db)

    def links_left(self) -> dict[str, int]:
        """Links of done pages that were not followed, by reason."""
        return ends.links_left(self.db)

    def extract_failures(self) -> tuple[int, str | None, str | None]:
        """See :func:`crawler.frontier.ends.extract_failures`."""
        return ends.extract_failures(self.db)

    def pages_ok(self) -> tuple[int, int, int]:
        """See :func:`crawler.frontier.ends.pages_ok`."""
        return ends.pages_ok(self.db)

    def seeds_unreachable(self, kinds: Collection[str]) -> str | None:
        """See :func:`crawler.frontier.rows.seeds_unreachable`."""
        return rows.seeds_unreachable(self.db, kinds)

    def robots(self, origin: str) -> StoredRobots | None:
        """The robots.txt of an origin, as it was when it was last asked."""
        stored = rows.load_robots(self.db, origin)
        return None if stored is None else StoredRobots(*stored[:2])

    def failed(self, most: int | None = None) -> Iterator[trouble.Failed]:
        """See :func:`crawler.frontier.trouble.failed`."""
        return trouble.failed(self.db, most)

    def redirects(self) -> Iterator[tuple[str, str]]:
        """See :func:`crawler.frontier.trouble.redirects`."""
        return trouble.redirects(self.db)

    def first_referrers(self, url_id: int) -> list[tuple[str, str | None]]:
        """See :func:`crawler.frontier.trouble.first_referrers`."""
        return trouble.first_referrers(self.db, url_id)

    def leaves(self, most: int) -> list[trouble.Leaf]:
        """See :func:`crawler.frontier.trouble.leaves`."""
        return trouble.leaves(self.db, most)

    def login_wall(self, is_login: Callable[[str], bool]) -> tuple[str | None, str] | None:
        """See :func:`crawler.frontier.trouble.login_wall`."""
        return trouble.login_wall(self.db, is_login)

    @contextmanager
    def one_moment(self) -> Iterator[None]:
        """In the block, a live crawl does not change."""
        self.db.execute("BEGIN")
        try:
            yield
        finally:
            self.db.execute("ROLLBACK")

    def live(self) -> dict[str, Any] | None:
        """The last snapshot that the crawl wrote of itself, about once a second; None if it never did."""
        row = self.db.execute("SELECT json FROM live").fetchone()
        return json.loads(row[0]) if row else None


@contextmanager
def open_view(out: Path) -> Iterator[FrontierView]:
    """The view of the crawl in ``out``.

    Raises OutputError where there is none, StoreFailed where it is damaged.
    """
    path = out / "crawl.db"
    if not path.is_file():
        raise OutputError(f"{out} holds no crawl: there is no crawl.db in it")
    try:
        # A dead crawl in a folder that may not be written: SQLite cannot make the files beside it
        # that it reads a live one with, and needs none, since nothing changes.
        dead = not path.with_name("crawl.db-wal").exists() and not os.access(out, os.W_OK)
        how = "immutable=1" if dead else "mode=ro"
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?{how}", uri=True, timeout=10)
        try:
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            if version == 0:
                raise OutputError(f"{out} holds no crawl: there is nothing in its crawl.db")
            if version != SCHEMA_VERSION:
                raise OutputError(f"{path} is not the crawl.db of this version of crawler")
            yield FrontierView(connection)
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise explain(path, error) from error
    except json.JSONDecodeError as error:
        raise damaged(path, error) from error


def damaged_settings(out: Path, error: Exception) -> StoreFailed:
    """What is to be raised where the settings of the crawl in OUT cannot be read."""
    return damaged(out / "crawl.db", f"its settings: {error}")
