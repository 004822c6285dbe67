"""What a start reads of an earlier run from ``crawl.db``.

Ten million pending rows must not take gigabytes for a moment: known URLs go into their set straight from
the cursor, and pending ones are handed over in chunks, each a job of its own.
"""

import asyncio
import sqlite3
import time
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import msgspec

from crawler.frontier import paces
from crawler.frontier.depths import Depths
from crawler.frontier.known import KnownUrls
from crawler.frontier.lanes import Lanes
from crawler.frontier.paces import Pace
from crawler.frontier.store_thread import StoreThread
from crawler.model.outcomes import State

CHUNK = 10_000
"""Pending rows that are in memory as rows at once; 15 ms of the event loop."""


class Pending(NamedTuple):
    """What memory needs of a pending URL."""

    id: int
    lane: int
    depth: int
    priority: int
    due: float | None


class Restored(msgspec.Struct):
    """What a start finds in ``crawl.db``, the pending URLs apart."""

    next_id: int = 1
    pages: int = 0
    beyond: int = 0
    lanes: list[tuple[int, str, float | None]] = []
    paces: dict[int, Pace] = {}


def restore(db: sqlite3.Connection, known: KnownUrls, depths: Depths | None = None) -> Restored:
    """Fill ``known`` and ``depths``; about 2 µs for each known URL."""
    restored = Restored()
    restored.lanes = db.execute("SELECT id, origin, crawl_delay FROM lanes ORDER BY id").fetchall()
    restored.paces = paces.load(db)
    for row, url, depth in db.execute("SELECT id, url, depth FROM urls ORDER BY id"):
        known.add(url)
        if depths is not None:
            depths.add(known.mark(url), row, depth)
    restored.beyond = db.execute("SELECT count(*) FROM urls WHERE state = ?", (State.BEYOND,)).fetchone()[0]
    restored.next_id = db.execute("SELECT coalesce(max(id), 0) + 1 FROM urls").fetchone()[0]
    restored.pages = db.execute(
        "SELECT count(*) FROM urls WHERE state IN (?, ?, ?)", (State.OK, State.TRUNCATED, State.ERROR)
    ).fetchone()[0]
    return restored


def load_pending(db: sqlite3.Connection, after: int, most: int) -> list[Pending]:
    """The first ``most`` pending rows whose id is above ``after``, in the order of their ids."""
    found = db.execute(
        "SELECT id, lane, depth, priority, due FROM urls WHERE id > ? AND state = 0 ORDER BY id LIMIT ?",
        (after, most),
    )
    return [Pending(*row) for row in found]


async def fill_lanes(
    store: StoreThread, state: Restored, lanes: Lanes, depth_order: Callable[[int], int]
) -> int:
    """Make the lanes and put every pending URL into its own; how many there are. Raises StoreFailed."""
    wall, now = time.time(), asyncio.get_running_loop().time()
    for lane_id, lane_origin, crawl_delay in state.lanes:
        lane = lanes.make(lane_id, lane_origin, crawl_delay)
        if (pace := state.paces.get(lane_id)) is not None:
            paces.take_over(lane, pace, wall - now)
    count, last = 0, 0
    while chunk := await store.call(partial(load_pending, after=last, most=CHUNK)):
        for row, lane_id, depth, priority, due in chunk:
            if due is not None and due > wall:
                lanes[lane_id].push_retry(row, now + due - wall)
            else:
                lanes[lane_id].push(row, priority, depth_order(depth))
        count, last = count + len(chunk), chunk[-1].id
    return count
