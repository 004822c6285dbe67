"""The hosts of a crawl as they are asked now, for whoever looks: a few of them, whatever their number.

To put a hundred thousand lanes in order takes a tenth of a second of Python, so that is done seldom; those
that are asked just now come on top. What is read here is written by the event loop: it is copied first.
"""

import heapq
import time
from collections.abc import Iterable
from operator import itemgetter

from crawler.frontier.lane import Lane
from crawler.frontier.lanes import Lanes
from crawler.model.rows import HostNow

AGAIN = 2.0
"""Seconds for which an order holds, and …"""
SHARE = 0.01
"""… the share of the time that may go into making it."""


class HostsNow:
    """Finds the hosts that are worth a look. In any thread."""

    def __init__(self, lanes: Lanes) -> None:
        self._lanes = lanes
        self._ordered: list[Lane] = []
        self._until = float("-inf")

    def take(self, most: int, asked: Iterable[str] = ()) -> tuple[int, list[HostNow]]:
        """How many lanes there are, and up to ``most``; ``asked``: origins with requests in flight."""
        now = time.monotonic()
        if now >= self._until or len(self._ordered) < min(most, len(self._lanes.by_id)):
            every = list(self._lanes.by_id.values())
            self._ordered = [lane for _, _, lane in heapq.nlargest(most, _ranked(every, now), _RANK)]
            took = time.monotonic() - now
            self._until = now + max(AGAIN, took / SHARE)
        known = self._lanes.by_origin
        busy = {lane.id: lane for origin in asked if (lane := known.get(origin)) is not None}
        found = {lane.id: lane for lane in self._ordered if lane.id in self._lanes.by_id} | busy
        best = heapq.nlargest(most, _ranked(found.values(), now), _RANK)
        return len(self._lanes.by_id), [_of(lane, now) for _, _, lane in best]


_RANK = itemgetter(0, 1)
"""Not the lane itself, which has no order."""


def _ranked(lanes: Iterable[Lane], now: float) -> Iterable[tuple[int, int, Lane]]:
    """Each with what it is sorted by: whether it is asked or in trouble, and how much waits there."""
    for lane in lanes:
        state = lane.state
        in_trouble = lane.given_up or state.resting_until > now or lane.refused_since is not None
        is_slow = lane.throttle is not None and lane.throttle.slow > 1.0
        yield 3 if state.in_flight else 2 if in_trouble else int(is_slow), lane.size, lane


def _of(lane: Lane, now: float) -> HostNow:
    state = lane.state
    return HostNow(
        origin=lane.origin,
        in_flight=state.in_flight,
        pending=lane.size,
        per_host=min(lane.at_once, state.limits.per_host),
        delay=state.limits.delay,
        slowed=lane.throttle.slow if lane.throttle is not None else 1.0,
        resting_seconds=max(0.0, state.resting_until - now),
        failures=lane.failures,
        crawl_delay=lane.crawl_delay,
        given_up=lane.given_up,
    )
