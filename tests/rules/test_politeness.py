import heapq
from random import Random

import pytest

from crawler.rules.politeness import LaneLimits, LaneState, heeds_errors, limits_for

FAR, NEAR = "http://example.com", "http://127.0.0.1:8000"


@pytest.mark.parametrize(
    ("origin", "per_host", "delay", "crawl_delay", "expected"),
    [
        (FAR, None, None, None, LaneLimits(2, 0.5)),
        (NEAR, None, None, None, LaneLimits(32, 0.0)),
        (FAR, 8, 0.0, None, LaneLimits(8, 0.0)),
        (NEAR, 1, 0.25, None, LaneLimits(1, 0.25)),
        (FAR, None, None, 5.0, LaneLimits(2, 5.0)),
        (FAR, None, None, 0.1, LaneLimits(2, 0.5)),
        (FAR, None, 9.0, 5.0, LaneLimits(2, 9.0)),
        (FAR, 8, 0.0, 5.0, LaneLimits(8, 5.0)),
        (FAR, None, None, 86_400.0, LaneLimits(2, 60.0)),
    ],
)
def test_limits(origin, per_host, delay, crawl_delay, expected):
    assert limits_for(origin, per_host, delay, crawl_delay, 32, 60.0) == expected


@pytest.mark.parametrize(
    ("origin", "delay", "expected"),
    [
        (FAR, None, True),
        (FAR, 0.5, True),
        (FAR, 0.0, False),
        (NEAR, None, False),
        (NEAR, 0.0, False),
        (NEAR, 0.5, False),
    ],
)
def test_whose_errors_slow_a_lane_down(origin, delay, expected):
    assert heeds_errors(origin, delay) is expected


def test_starts_are_a_delay_apart():
    lane = LaneState(LaneLimits(2, 0.5))
    assert lane.ready_at(10.0) == 10.0
    lane.start(10.0)
    assert lane.ready_at(10.1) == 10.5
    assert lane.ready_at(11.0) == 11.0


def test_no_slot_is_free_until_one_ends():
    lane = LaneState(LaneLimits(1, 0.0))
    lane.start(0.0)
    assert lane.ready_at(99.0) is None
    lane.end(100.0)
    assert lane.ready_at(100.0) == 100.0


def test_retry_after_rests_the_whole_lane_and_a_shorter_one_does_not_wake_it():
    lane = LaneState(LaneLimits(3, 0.0))
    lane.start(0.0)
    lane.start(0.0)
    lane.end(1.0, retry_after=30.0)
    lane.end(2.0, retry_after=5.0)
    assert lane.ready_at(3.0) == 31.0
    assert lane.ready_at(40.0) == 40.0


def test_new_limits_hold_at_once():
    lane = LaneState(LaneLimits(2, 0.5))
    lane.start(0.0)
    lane.limits = LaneLimits(2, 10.0)
    assert lane.ready_at(1.0) == 10.0
    lane.limits = LaneLimits(1, 0.0)
    assert lane.ready_at(1.0) is None


def test_an_end_without_a_start_is_an_error():
    with pytest.raises(RuntimeError):
        LaneState(LaneLimits(1, 0.0)).end(0.0)


@pytest.mark.parametrize(("per_host", "delay"), [(1, 0.0), (2, 0.5), (4, 0.1), (32, 0.0)])
def test_a_thousand_requests_on_a_virtual_clock_never_break_the_limits(per_host, delay):
    random = Random(per_host)
    lane = LaneState(LaneLimits(per_host, delay))
    now, left, ends = 0.0, 1000, []
    while left or ends:
        ready = lane.ready_at(now) if left else None
        if ready is not None and (not ends or ready <= ends[0]):
            now = ready
            lane.start(now)
            left -= 1
            heapq.heappush(ends, now + random.uniform(0.01, 3.0))
        else:
            now = heapq.heappop(ends)
            lane.end(now)
    assert lane.in_flight == 0
    assert lane.peak == per_host
    assert lane.smallest_gap is not None
    assert lane.smallest_gap >= delay - 1e-9


def test_a_request_that_was_not_made_leaves_no_delay_behind():
    lane = LaneState(LaneLimits(per_host=2, delay=1.0))
    lane.start(0.0)
    lane.end(0.1)
    lane.start(1.0)
    lane.withdraw(1.0)
    assert (lane.ready_at(1.1), lane.in_flight, lane.smallest_gap) == (1.1, 0, None)


def test_an_older_request_that_is_withdrawn_does_not_hurry_the_one_after():
    lane = LaneState(LaneLimits(per_host=3, delay=1.0))
    lane.start(0.0)
    lane.start(1.0)
    lane.withdraw(0.0)
    assert lane.ready_at(1.5) == 2.0
    with pytest.raises(RuntimeError):
        LaneState(LaneLimits(1, 0.0)).withdraw(0.0)
