"""What ``crawl.db`` tells of one URL: how it stands, by which way it was found, and which others are like it.

There is no index of URLs (see :mod:`crawler.frontier.schema`), so each question that begins with one goes
through the whole table once: a tenth of a second for a million URLs.
"""

import sqlite3
from collections.abc import Collection, Iterator
from typing import NamedTuple

from crawler.model.outcomes import Kind, Purpose, State


class UrlRow(NamedTuple):
    """A URL as the crawl has it."""

    id: int
    url: str
    depth: int
    referrer: int | None
    """Id of the URL that first named it."""
    purpose: Purpose
    state: State
    kind: Kind | None
    attempts: int
    due: float | None
    """Unix time before which it must not be tried again."""
    batch: int | None
    """The batch that its record is in."""
    status: int | None
    """The answer's; None where it ended well."""
    target: str | None
    """Where it redirects to."""
    message: str | None


_COLUMNS = (
    "u.id, u.url, u.depth, u.referrer, u.purpose, u.state, u.kind, u.attempts, u.due, u.batch,"
    " e.status, e.target, e.message"
)
_ROWS = f"SELECT {_COLUMNS} FROM urls u LEFT JOIN ends e ON e.id = u.id"  # noqa: S608


def _row(columns: tuple[object, ...]) -> UrlRow:
    row = UrlRow._make(columns)
    return row._replace(
        purpose=Purpose(row.purpose), state=State(row.state), kind=Kind(row.kind) if row.kind else None
    )


class Found:
    """The part of :class:`crawler.frontier.view.FrontierView` that explains a URL."""

    _db: sqlite3.Connection

    def rows_of(self, urls: Collection[str]) -> list[UrlRow]:
        """Those of the serialised ``urls`` (some hundred at most) that are there, pages first."""
        marks = ", ".join("?" * len(urls))
        found = self._db.execute(f"{_ROWS} WHERE u.url IN ({marks}) ORDER BY u.purpose, u.id", [*urls])
        return [_row(columns) for columns in found]

    def way_to(self, row: UrlRow) -> list[UrlRow]:
        """The URLs that led to ``row``, each the one that first named the next; the first has none."""
        way, seen = [row], {row.id}
        while (before := way[-1].referrer) is not None and before not in seen:
            columns = self._db.execute(f"{_ROWS} WHERE u.id = ?", (before,)).fetchone()
            if columns is None:
                break
            way.append(_row(columns))
            seen.add(before)
        return way[::-1]

    def redirecting_to(self, url: str, most: int = 100) -> list[str]:
        """Pages whose redirects lead to ``url``, whether they were followed or not; the last hops first.

        ``most``: no further hops are looked for once so many were found.
        """
        found: dict[str, None] = {}
        targets = [url]
        while targets and len(found) < most:
            marks = ", ".join("?" * len(targets))
            rows = self._db.execute(
                "SELECT u.url FROM ends e CROSS JOIN urls u ON u.id = e.id"  # noqa: S608
                f" WHERE e.target IN ({marks}) AND u.purpose <= 1 ORDER BY u.id LIMIT ?",
                [*targets, most],
            ).fetchall()
            targets = [source for (source,) in rows if source not in found and source != url]
            found |= dict.fromkeys(targets)
        return list(found)

    def similar(self, origin: str, path: str, slack: int) -> Iterator[str]:
        """Pages and sitemaps of ``origin`` of about the same length, that begin or end as ``path`` does.

        Or are the same but for capitals. ``slack`` characters may be more or less. Whoever mistypes one thing
        leaves one half as it was.
        """
        half, length = max(1, len(path) // 2), len(origin) + len(path)
        begin = f"{origin}{path[:half]}"
        found = self._db.execute(
            "SELECT url FROM urls WHERE lane = (SELECT id FROM lanes WHERE origin = ?) AND purpose <= 1"
            " AND state != ? AND length(url) BETWEEN ? AND ?"
            " AND (substr(url, 1, ?) = ? OR substr(url, ?) = ? OR url = ? COLLATE NOCASE)",
            (
                origin, State.BEYOND, length - slack, length + slack,
                len(begin), begin, -half, path[-half:], f"{origin}{path}",
            ),
        )  # fmt: skip
        for (url,) in found:
            yield url
