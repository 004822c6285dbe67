"""A read-only view of ``crawl.db``, for ``crawler status``: works beside a live crawl and on a dead one."""

import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from crawler.frontier import rows
from crawler.frontier.schema import SCHEMA_VERSION, damaged, explain
from crawler.model.errors import OutputError


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
