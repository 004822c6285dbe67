"""How politely each lane was asked, as it is kept in ``crawl.db`` so that anybody can check it afterwards.

Noted when something else is committed, only for lanes that were asked since: no request costs a
transaction. Times are monotonic here and Unix time on disk, so that a rest, and the gap to the last
request of the run before, outlive the process.
"""

import sqlite3
from collections.abc import Iterable
from typing import NamedTuple

from crawler.frontier import bulk
from crawler.frontier.lanes import Lane


class Pace(NamedTuple):
    """The columns of a lane's row that say how it was asked, in the order of the table."""

    per_host: int
    """The limits: requests at once, and …"""
    delay: float
    """… seconds between the starts of two, Crawl-delay included."""
    slots_now: int
    delay_now: float
    """What the throttle makes of them."""
    slow: float
    """How many times slower than its limits; 1 is full speed."""
    requests: int
    failures: int
    """Of all runs; robots.txt and retries are requests too."""
    peak: int
    smallest_gap: float | None
    last_start: float | None
    """Unix time, as is the next one."""
    resting_until: float | None


def load(db: sqlite3.Connection) -> dict[int, Pace]:
    """The pace of every lane that was ever asked, by the lane's id."""
    found = db.execute(
        "SELECT id, per_host, delay, slots_now, delay_now, slow, requests, failures, peak, smallest_gap,"
        " last_start, resting_until FROM lanes WHERE requests IS NOT NULL"
    )
    return {lane: Pace(*pace) for lane, *pace in found}


def save(db: sqlite3.Connection, paces: Iterable[tuple[int, Pace]]) -> None:
    """Write them into the rows of their lanes, inside the caller's transaction."""
    bulk.run(
        db,
        "UPDATE lanes SET per_host = column2, delay = column3, slots_now = column4, delay_now = column5,"
        " slow = column6, requests = column7, failures = column8, peak = column9, smallest_gap = column10,"
        " last_start = column11, resting_until = column12 FROM (VALUES ?) WHERE id = column1",
        [(lane_id, *pace) for lane_id, pace in paces],
    )


def pace_of(lane: Lane, offset: float) -> Pace:
    """What is to be kept of ``lane``; ``offset`` is Unix time less monotonic time."""
    state, throttle = lane.state, lane.throttle
    limits = throttle.limits if throttle else state.limits
    return Pace(
        limits.per_host,
        limits.delay,
        state.limits.per_host,
        state.limits.delay,
        throttle.slow if throttle else 1.0,
        state.requests,
        lane.failures,
        state.peak,
        state.smallest_gap,
        None if state.last_start is None else state.last_start + offset,
        state.resting_until + offset if state.resting_until > float("-inf") else None,
    )


def take_over(lane: Lane, pace: Pace, offset: float) -> None:
    """Go on from what an earlier run kept; the limits are those of today's configuration."""
    state = lane.state
    state.requests, lane.failures = pace.requests, pace.failures
    state.peak, state.smallest_gap = pace.peak, pace.smallest_gap
    if pace.last_start is not None:
        state.last_start = pace.last_start - offset
    if pace.resting_until is not None:
        state.resting_until = pace.resting_until - offset
    if lane.throttle:
        lane.throttle.slow = pace.slow
        state.limits = lane.throttle.in_force()
