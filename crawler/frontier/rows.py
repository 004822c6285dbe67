"""What is written to ``crawl.db``: functions of the connection, each run by its thread in one transaction."""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence

from crawler.frontier.ends import end_of
from crawler.frontier.unsaved import Unsaved
from crawler.frontier.view import FrontierView
from crawler.model.messages import Commit
from crawler.model.outcomes import STATE_OF
from crawler.plumbing import faults

ROWS_TOGETHER = (64, 16, 4, 1)
"""Rows of one statement. Few sizes, so that SQLite keeps each of them prepared."""


def save(db: sqlite3.Connection, unsaved: Unsaved, commits: Sequence[Commit]) -> None:
    """Make URLs done, together with all that was to be saved before."""
    faults.hit("store:before_transaction")
    _save_rows(db, unsaved)
    for commit in commits:
        _save_commit(db, commit)
    faults.hit("store:inside_transaction")


def _save_rows(db: sqlite3.Connection, unsaved: Unsaved) -> None:
    execute_values(db, "INSERT INTO lanes (id, origin, partition) VALUES ?", unsaved.lanes)
    execute_values(
        db,
        "INSERT INTO urls (id, url, lane, depth, referrer, redirects, purpose, indexes, state) VALUES ?",
        unsaved.urls,
    )
    execute_values(
        db,
        "UPDATE lanes SET crawl_delay = column2, per_host = column3, delay = column4, slots_now = column5,"
        " delay_now = column6, slow = column7, requests = column8, failures = column9, peak = column10,"
        " smallest_gap = column11, last_start = column12, resting_until = column13"
        " FROM (VALUES ?) WHERE id = column1",
        [(lane_id, *pace) for lane_id, pace in unsaved.paces],
    )
    db.executemany(
        "UPDATE lanes SET robots_status = ?, robots_body = ?, robots_at = ? WHERE origin = ?", unsaved.robots
    )
    db.executemany("UPDATE urls SET attempts = ?, due = ? WHERE id = ?", unsaved.retries)
    db.executemany(
        "UPDATE urls SET purpose = ?, indexes = ?, depth = ?, referrer = ?, redirects = ? WHERE id = ?",
        unsaved.given_to_pages,
    )
    execute_values(
        db,
        "INSERT OR REPLACE INTO pages (id, fetched_at, etag, last_modified, accept_encoding, content_hash,"
        " near_hash, unchanged, leads_to) VALUES ?",
        {page[0]: page for page in unsaved.pages}.values(),
    )
    execute_values(
        db,
        "INSERT OR REPLACE INTO edges (id, targets) VALUES ?",
        [(row, targets.tobytes()) for row, targets in unsaved.edges.items()],
    )
    execute_values(
        db,
        "UPDATE urls SET depth = column2, state = CASE state WHEN 5 THEN column3 ELSE state END"
        " FROM (VALUES ?) WHERE id = column1",
        [(row, *nearer) for row, nearer in unsaved.depths.items()],
    )


def _save_commit(db: sqlite3.Connection, commit: Commit) -> None:
    execute_values(
        db,
        "UPDATE urls SET state = column2, kind = column3, attempts = column4, batch = column5,"
        " due = NULL, out_of_scope = column6, too_deep = column7, nofollow = column8"
        " FROM (VALUES ?) WHERE id = column1",
        [
            (
                done.ticket.id,
                STATE_OF[done.outcome],
                done.kind,
                done.ticket.attempt,
                commit.n,
                done.links_out_of_scope,
                done.links_too_deep,
                done.links_nofollow,
            )
            for done in commit.finished
        ],
    )
    execute_values(
        db,
        "INSERT OR REPLACE INTO ends (id, status, target, message, extract, login) VALUES ?",
        [end for done in commit.finished if (end := end_of(done)) is not None],
    )
    db.executemany(
        "INSERT OR REPLACE INTO batches (n, sink, position) VALUES (?, ?, ?)",
        [(commit.n, sink, position) for sink, position in commit.positions.items()],
    )
    set_meta(db, {"batch": str(commit.n)})


def execute_values(db: sqlite3.Connection, sql: str, values: Iterable[Sequence[object]]) -> None:
    """Run ``sql`` for all rows of ``values``; ``VALUES ?`` in it stands for many of them.

    Their columns are ``column1``, ``column2``…. In an UPDATE … FROM (SQLite 3.33) no two rows may
    concern the same one.

    ``executemany`` would run it once for each. The sqlite3 module gives the interpreter lock up for every
    single run of a statement and asks for it again, and each time the event loop, which had it meanwhile, is
    made to stop. With a row for each URL these were most of the hand-overs between the two.
    """
    rows = list(values)
    start = 0
    for size in ROWS_TOGETHER:
        while len(rows) - start >= size:
            some = rows[start : start + size]
            marks = ", ".join([f"({', '.join('?' * len(some[0]))})"] * size)
            db.execute(sql.replace("VALUES ?", f"VALUES {marks}"), [value for row in some for value in row])
            start += size


def roll_back(db: sqlite3.Connection, lengths: Mapping[str, int]) -> dict[str, int]:
    """Make ``crawl.db`` agree with sinks that may be shorter than it thinks (power loss).

    ``lengths`` is what each sink really holds. URLs of batches that some sink does not hold whole
    go back to pending. Returns the position to which each sink must cut itself.
    """
    at = FrontierView(db).positions()
    if any(length < at.get(sink, 0) for sink, length in lengths.items()):
        last = min(
            db.execute(
                "SELECT coalesce(max(n), 0) FROM batches WHERE sink = ? AND position <= ?", (sink, length)
            ).fetchone()[0]
            for sink, length in lengths.items()
        )
        forget_batches(db, last)
        at = FrontierView(db).positions()
    return {sink: at.get(sink, 0) for sink in lengths}


def forget_batches(db: sqlite3.Connection, last: int) -> None:
    """URLs of batches after ``last`` are pending again."""
    db.execute("DELETE FROM ends WHERE id IN (SELECT id FROM urls WHERE batch > ?)", (last,))
    db.execute(
        "UPDATE urls SET state = 0, kind = NULL, batch = NULL, attempts = 0, due = NULL WHERE batch > ?",
        (last,),
    )
    db.execute("DELETE FROM batches WHERE n > ?", (last,))
    set_meta(db, {"batch": str(last)})


def begin_again(db: sqlite3.Connection) -> None:
    """Forget how every URL ended or was tried, and each robots.txt."""
    db.execute("UPDATE lanes SET robots_status = NULL")
    db.execute("UPDATE urls SET attempts = 0, due = NULL WHERE state = 0")
    forget_batches(db, 0)


def set_meta(db: sqlite3.Connection, entries: Mapping[str, str]) -> None:
    """Write entries of the table ``meta``."""
    db.executemany("INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)", list(entries.items()))


def save_live(db: sqlite3.Connection, picture: str) -> None:
    """Replace the snapshot that ``crawler status`` reads."""
    db.execute("INSERT OR REPLACE INTO live (id, json) VALUES (1, ?)", (picture,))
