"""The adaptive throttle against hosts of every temper, on a virtual clock."""

import heapq
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.rules.politeness import LaneLimits, LaneState
from crawler.rules.throttle import Throttle

FAST = LaneLimits(per_host=32, delay=0.0)
POLITE = LaneLimits(per_host=2, delay=0.5)
MOST = 10.0


def rate(limits: LaneLimits, latency: float = 0.1) -> float:
    """Requests a second that the limits allow a host of this latency, at most."""
    return min(limits.per_host / latency, 1 / limits.delay if limits.delay else float("inf"))


class Host:
    """A lane that always has something to ask, and a host that answers as it is told to."""

    def __init__(self, limits: LaneLimits, max_delay: float = MOST) -> None:
        self.throttle = Throttle(limits, max_delay)
        self.state = LaneState(limits)
        self.now = 0.0
        self.asked = 0
        self._ends: list[tuple[float, float, float, bool]] = []

    def run(self, seconds: float, answer) -> float:
        """``answer(in_flight)`` is (latency, failed). Returns requests a second."""
        until, before = self.now + seconds, self.asked
        while True:
            ready = self.state.ready_at(self.now)
            if ready is not None and (not self._ends or ready <= self._ends[0][0]):
                if ready >= until:
                    break
                self.now = ready
                self.state.start(ready)
                self.asked += 1
                latency, failed = answer(self.state.in_flight)
                heapq.heappush(self._ends, (ready + latency, ready, latency, failed))
                continue
            if self._ends[0][0] >= until:
                break
            self.now, started, latency, failed = heapq.heappop(self._ends)
            self.state.end(self.now)
            if self.throttle.answered(started, self.now, latency, failed):
                self.state.limits = self.throttle.in_force()
        self.now = until
        return (self.asked - before) / seconds


def test_a_healthy_local_server_is_asked_at_full_speed_though_requests_wait_in_its_line():
    # It serves one after the other, 2 ms each: with 32 at once, the last waits 64 ms.
    host = Host(FAST)
    host.run(0.1, lambda in_flight: (0.002, False))
    host.run(10, lambda in_flight: (0.002 * in_flight, False))
    assert host.throttle.slow == 1.0
    assert host.state.limits == FAST


@pytest.mark.parametrize("seed", range(5))
def test_jitter_a_mix_of_fast_and_slow_pages_and_rare_errors_are_no_reason(seed):
    random = Random(seed)
    host = Host(POLITE)
    host.run(2_000, lambda _: (random.choice((0.05, 0.1, 0.4, 0.6)), random.random() < 0.02))
    assert host.throttle.slow < 4.0
    assert host.asked > 3_000  # of 4,000 at full speed


def test_one_blip_changes_nothing_and_two_do_not_either():
    throttle = Throttle(FAST, MOST)
    for n in range(100):
        assert not throttle.answered(n, n + 0.1, 0.1, failed=n in (50, 51))


def test_three_failures_in_a_row_halve_it_once():
    throttle = Throttle(FAST, MOST)
    changed = [throttle.answered(n, n + 0.1, 0.1, failed=True) for n in range(3)]
    assert changed == [False, False, True]
    assert throttle.in_force() == LaneLimits(16, 0.0)


def test_time_outs_of_one_moment_are_one_sign():
    throttle = Throttle(FAST, MOST)
    for _ in range(32):
        throttle.answered(0.0, 30.0, 30.0, failed=True)  # all sent at once, all given up at once
    assert throttle.in_force() == LaneLimits(16, 0.0)


@pytest.mark.parametrize("limits", [FAST, POLITE, LaneLimits(1, 0.0)])
def test_a_dead_host_goes_down_to_the_longest_pause_and_no_further(limits):
    host = Host(limits)
    host.run(600, lambda _: (0.001, True))
    assert host.state.limits == LaneLimits(1, MOST)
    assert host.run(1_000, lambda _: (0.001, True)) == pytest.approx(1 / MOST, rel=0.02)


@pytest.mark.parametrize("limits", [FAST, POLITE])
def test_a_host_that_comes_back_is_at_full_speed_again_within_minutes(limits):
    host = Host(limits)
    host.run(3_600, lambda _: (0.001, True))
    host.run(400, lambda _: (0.1, False))
    assert host.state.limits == limits


def test_an_overloaded_server_is_asked_less_until_it_is_well_and_no_less_than_it_can():
    # It serves 10 a second, so latency is the length of its line: 32 at once wait 3.2 s each.
    host = Host(FAST)
    host.run(1, lambda _: (0.1, False))
    host.run(300, lambda in_flight: (0.1 * in_flight, False))
    latency = 0.1 * host.state.limits.per_host
    assert 0.1 < latency < 1.7
    assert host.run(300, lambda in_flight: (0.1 * in_flight, False)) > 5.0


def test_latency_alone_never_costs_more_than_a_pause_as_long_as_an_answer():
    host = Host(POLITE)
    host.run(100, lambda _: (0.1, False))
    slowest = 0.0
    for second in range(200):
        host.run(1, lambda _, second=second: (0.1 + 0.05 * min(second, 60), False))
        slowest = max(slowest, host.state.limits.delay)
    assert 0.5 < slowest <= 8.0


def test_a_host_that_stays_slower_than_it_was_is_taken_as_it_is():
    host = Host(POLITE)
    host.run(100, lambda _: (0.1, False))
    host.run(1_000, lambda _: (1.5, False))
    assert host.throttle.slow == 1.0


def test_configured_delays_beyond_the_throttles_own_bound_stay():
    limits = LaneLimits(4, 30.0)
    host = Host(limits)
    host.run(3_000, lambda _: (0.1, True))
    assert host.state.limits == LaneLimits(1, 30.0)


answers = st.lists(
    st.tuples(st.floats(0, 60), st.booleans(), st.floats(0, 5)),
    max_size=200,
)
limits = st.builds(LaneLimits, st.integers(1, 64), st.floats(0, 20))


@given(limits, st.floats(0, 30), answers)
@settings(max_examples=60, deadline=None)
def test_it_never_exceeds_the_limits_nor_its_own_bound(limits, most, answers):
    throttle, now = Throttle(limits, most), 0.0
    for latency, failed, pause in answers:
        throttle.answered(now, now + latency, latency, failed)
        now += latency + pause
        force = throttle.in_force()
        assert 1 <= force.per_host <= limits.per_host
        assert limits.delay <= force.delay <= max(limits.delay, most)


@given(limits, answers, st.lists(st.one_of(st.none(), st.floats(0.002, 5)), min_size=1, max_size=100))
@settings(max_examples=60, deadline=None)
def test_it_never_speeds_up_while_latency_or_errors_grow(limits, before, worse):
    # Whatever came before: then each answer comes later than all before it, or is a failure (None).
    throttle, now, latency = Throttle(limits, MOST), 0.0, 0.0
    for past, failed, pause in before:
        throttle.answered(now, now + past, past, failed)
        now += past + pause
        latency = max(latency, past)
    for growth in worse:
        force = throttle.in_force()
        latency += growth or 0.0
        throttle.answered(now, now + latency, latency, failed=growth is None)
        now += latency
        after = throttle.in_force()
        assert after.per_host <= force.per_host
        assert after.delay >= force.delay


@given(limits, answers)
@settings(max_examples=60, deadline=None)
def test_it_recovers_from_everything(limits, before):
    throttle, now = Throttle(limits, MOST), 0.0
    for latency, failed, pause in before:
        throttle.answered(now, now + latency, latency, failed)
        now += latency + pause
    for _ in range(400):
        throttle.answered(now, now + 0.1, 0.1, failed=False)
        now += 0.1
    assert throttle.in_force() == limits
