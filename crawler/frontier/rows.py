"""The statements that the store thread runs: functions of the connection, nothing else."""

import json
import sqlite3
from array import array
from collections.abc import Collection, Sequence
from typing import NamedTuple

import msgspec

from crawler.frontier import bulk, ends, paces
from crawler.frontier.depths import Edges
from crawler.frontier.paces import Pace
from crawler.model.messages import Commit, Hop, Ticket
from crawler.model.outcomes import STATE_OF, Kind, State
from crawler.plumbing import faults

UrlRow = tuple[int, str, int, int, int, int | None, bytes | None, int, int]
"""id, url, lane, depth, priority, referrer, redirects, sitemap, state."""
LaneRow = tuple[int, str, int]
"""id, origin, partition."""

_hops = msgspec.json.Decoder(tuple[Hop, ...])


class HostRow(NamedTuple):
    """One origin's URLs by state."""

    origin: str
    pending: int
    ok: int
    truncated: int
    error: int
    skipped: int
    pace: Pace | None = None
    """None where it was never asked."""


def load_tickets(db: sqlite3.Connection, ids: Sequence[int]) -> list[Ticket]:
    """The tickets of the rows ``ids`` that are pending."""
    found = db.execute(
        "SELECT u.id, u.url, u.lane, u.depth, r.url, u.attempts, u.redirects, u.sitemap"
        " FROM urls u LEFT JOIN urls r ON r.id = u.referrer"
        " WHERE u.id IN (SELECT value FROM json_each(?)) AND u.state = 0",
        (json.dumps(ids),),
    )
    return [
        Ticket(row, url, lane, depth, referrer, attempts + 1, _hops.decode(hops) if hops else (), sitemap)
        for row, url, lane, depth, referrer, attempts, hops, sitemap in found
    ]


class NewRows(msgspec.Struct):
    """What is not on disk yet; always saved in one transaction."""

    urls: list[UrlRow] = []
    lanes: list[LaneRow] = []
    delays: list[tuple[float, int]] = []
    """Seconds of crawl-delay that were learnt, and the lane's id."""
    paces: list[tuple[int, Pace]] = []
    """How lanes stand that were asked, by their ids."""
    edges: dict[int, Edges] = {}
    """Links of finished pages, by row; only with scope.max_depth."""


def save_new(db: sqlite3.Connection, new: NewRows) -> None:
    """Save what was learnt, without making anything done."""
    db.execute("BEGIN IMMEDIATE")
    _insert(db, new)
    db.execute("COMMIT")


def save_depths(db: sqlite3.Connection, nearer: Sequence[tuple[int, int, int]]) -> None:
    """Save depths that became smaller, all or none.

    ``nearer`` holds the depth, the state that a row takes that was beyond the limit, and the id.
    """
    db.execute("BEGIN IMMEDIATE")
    bulk.run(
        db,
        "UPDATE urls SET depth = column1, state = CASE state WHEN 5 THEN column2 ELSE state END"
        " FROM (VALUES ?) WHERE id = column3",
        nearer,
    )
    db.execute("COMMIT")


def load_edges(db: sqlite3.Connection, ids: Sequence[int]) -> dict[int, Edges]:
    """The links of those of the rows ``ids`` that have some."""
    found = db.execute(
        "SELECT id, targets FROM edges WHERE id IN (SELECT value FROM json_each(?))", (json.dumps(ids),)
    )
    return {row: array("q", targets) for row, targets in found}


def load_lanes(db: sqlite3.Connection, ids: Sequence[int]) -> list[tuple[int, int]]:
    """Id and lane of the rows ``ids``."""
    return db.execute(
        "SELECT id, lane FROM urls WHERE id IN (SELECT value FROM json_each(?)) ORDER BY id",
        (json.dumps(ids),),
    ).fetchall()


def save_retry(db: sqlite3.Connection, row: int, attempts: int, due: float) -> None:
    """Remember that ``attempts`` attempts failed, and when the next may start (unix time)."""
    db.execute("UPDATE urls SET attempts = ?, due = ? WHERE id = ?", (attempts, due, row))


def save_commits(db: sqlite3.Connection, new: NewRows, commits: Sequence[Commit]) -> None:
    """The one transaction in which URLs become done."""
    faults.hit("store:before_transaction")
    db.execute("BEGIN IMMEDIATE")
    _insert(db, new)
    for commit in commits:
        bulk.run(
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
        ends.save(db, commit.finished)
        db.executemany(
            "INSERT OR REPLACE INTO batches (n, sink, position) VALUES (?, ?, ?)",
            [(commit.n, sink, position) for sink, position in commit.positions.items()],
        )
    if commits:
        set_meta(db, {"batch": str(commits[-1].n)})
    faults.hit("store:inside_transaction")
    db.execute("COMMIT")
    faults.hit("store:after_transaction")


def _insert(db: sqlite3.Connection, new: NewRows) -> None:
    bulk.run(db, "INSERT INTO lanes (id, origin, partition) VALUES ?", new.lanes)
    bulk.run(
        db,
        "INSERT INTO urls (id, url, lane, depth, priority, referrer, redirects, sitemap, state) VALUES ?",
        new.urls,
    )
    bulk.run(
        db,
        "INSERT OR REPLACE INTO edges (id, targets) VALUES ?",
        [(row, targets.tobytes()) for row, targets in new.edges.items()],
    )
    db.executemany("UPDATE lanes SET crawl_delay = ? WHERE id = ?", new.delays)
    paces.save(db, new.paces)


def set_meta(db: sqlite3.Connection, values: dict[str, str]) -> None:
    """Write entries of the ``meta`` table."""
    db.executemany("INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)", list(values.items()))


def get_meta(db: sqlite3.Connection) -> dict[str, str]:
    """The whole ``meta`` table."""
    return dict(db.execute("SELECT key, value FROM meta").fetchall())


def counts(db: sqlite3.Connection) -> dict[str, int]:
    """URLs by state, by the state's name in lower case; every state is there."""
    found = dict(db.execute("SELECT state, count(*) FROM urls GROUP BY state").fetchall())
    return {state.name.lower(): found.get(int(state), 0) for state in State if state is not State.BEYOND}


def seeds_unreachable(db: sqlite3.Connection, kinds: Collection[str]) -> str | None:
    """A seed and why, when no seed led to any page: each ended with one of ``kinds``, else None.

    A redirect is an answer, but no page: what counts is where it led to, if it was followed.
    """
    # Of depth 0 are the seeds, and what they redirect to, which has them for referrers.
    roots = db.execute(
        "SELECT u.url, u.state, u.kind, r.url, e.message FROM urls u LEFT JOIN urls r ON r.id = u.referrer"
        " LEFT JOIN ends e ON e.id = u.id WHERE u.depth = 0 AND u.sitemap = 0"
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


def hosts(db: sqlite3.Connection) -> list[HostRow]:
    """Every origin with its URLs by state, the one with the most URLs first."""
    found = db.execute(
        "SELECT lane, origin, sum(state = 0), sum(state = 1), sum(state = 2), sum(state = 3), sum(state = 4)"
        " FROM urls JOIN lanes ON lanes.id = urls.lane GROUP BY lane ORDER BY count(*) DESC, origin"
    )
    known = paces.load(db)
    return [HostRow._make((*row, known.get(lane))) for lane, *row in found]


def positions(db: sqlite3.Connection) -> dict[str, int]:
    """Where each sink ends with the last committed batch."""
    # SQLite takes the bare column from the row that holds the maximum.
    return {
        sink: position
        for sink, position, _ in db.execute("SELECT sink, position, max(n) FROM batches GROUP BY sink")
    }


def roll_back(db: sqlite3.Connection, lengths: dict[str, int]) -> dict[str, int]:
    """Make ``crawl.db`` agree with sinks that may be shorter than it thinks (power loss).

    ``lengths`` is what each sink really holds. URLs of batches that some sink does not hold whole
    go back to pending. Returns the position to which each sink must cut itself.
    """
    at = positions(db)
    if all(lengths[sink] >= at.get(sink, 0) for sink in lengths):
        return {sink: at.get(sink, 0) for sink in lengths}
    last = min(
        db.execute(
            "SELECT coalesce(max(n), 0) FROM batches WHERE sink = ? AND position <= ?", (sink, length)
        ).fetchone()[0]
        for sink, length in lengths.items()
    )
    db.execute("BEGIN IMMEDIATE")
    db.execute("DELETE FROM ends WHERE id IN (SELECT id FROM urls WHERE batch > ?)", (last,))
    db.execute(
        "UPDATE urls SET state = 0, kind = NULL, batch = NULL, attempts = 0, due = NULL WHERE batch > ?",
        (last,),
    )
    db.execute("DELETE FROM batches WHERE n > ?", (last,))
    set_meta(db, {"batch": str(last)})
    db.execute("COMMIT")
    at = positions(db)
    return {sink: at.get(sink, 0) for sink in lengths}


def begin_again(db: sqlite3.Connection) -> None:
    """Forget what a crawl recorded that found no page, so that it may try once more."""
    db.execute("BEGIN IMMEDIATE")
    db.execute("DELETE FROM ends")
    db.execute(
        "UPDATE urls SET state = 0, kind = NULL, batch = NULL, attempts = 0, due = NULL WHERE state != 5"
    )
    db.execute("DELETE FROM batches")
    db.execute("UPDATE lanes SET robots_status = NULL")
    set_meta(db, {"batch": "0"})
    db.execute("COMMIT")


def load_robots(db: sqlite3.Connection, origin: str) -> tuple[int, bytes, float] | None:
    """The stored robots.txt of ``origin``: status, body and the unix time at which it was fetched, if any."""
    row: tuple[int, bytes, float] | None = db.execute(
        "SELECT robots_status, robots_body, robots_at FROM lanes"
        " WHERE origin = ? AND robots_status IS NOT NULL",
        (origin,),
    ).fetchone()
    return row


def save_robots(db: sqlite3.Connection, origin: str, status: int, body: bytes, at: float) -> None:
    """Keep the robots.txt of ``origin``, fetched at unix time ``at``."""
    db.execute(
        "UPDATE lanes SET robots_status = ?, robots_body = ?, robots_at = ? WHERE origin = ?",
        (status, body, at, origin),
    )


def save_live(db: sqlite3.Connection, text: str) -> None:
    """Replace the snapshot that ``crawler status`` reads."""
    db.execute("INSERT OR REPLACE INTO live (id, json) VALUES (1, ?)", (text,))
