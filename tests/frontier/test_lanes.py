"""Lanes and their heap: pure bookkeeping, tested with a clock that is an argument."""

from crawler.config import Config
from crawler.frontier import hosts_now
from crawler.frontier.hosts_now import HostsNow
from crawler.frontier.lane import Lane
from crawler.frontier.lanes import Lanes
from crawler.frontier.waiting import IdQueue, Waiting
from crawler.model.messages import HostFeedback, Ticket
from crawler.rules.politeness import LaneLimits, LaneState


def lane(number: int = 1, per_host: int = 1, delay: float = 1.0) -> Lane:
    return Lane(number, f"http://h{number}", Waiting(), LaneState(LaneLimits(per_host, delay)))


def test_id_queue_is_first_in_first_out_across_compaction():
    ids = IdQueue()
    for row in range(20_000):
        ids.append(row)
    assert [ids.pop(newest=False) for _ in range(15_000)] == list(range(15_000))
    assert ids.peek(3, newest=False) == [15_000, 15_001, 15_002]
    assert ids.peek(2, newest=True) == [19_999, 19_998]
    assert ids.pop(newest=True) == 19_999
    assert len(ids) == 4_999


def test_breadth_first_takes_the_smallest_depth_in_order_of_arrival():
    street = lane()
    for row, depth in ((1, 2), (2, 1), (3, 1), (4, 0)):
        street.pages.push(row, depth)
    assert [street.pages.take(0.0) for _ in range(4)] == [4, 2, 3, 1]
    assert street.size == 0


def test_a_retry_waits_until_it_is_due_then_goes_first():
    street = lane()
    street.pages.push(1, 0)
    street.pages.push_retry(2, due=10.0)
    assert street.next_ids(9, 9.9) == [1]
    assert street.next_ids(9, 10.0) == [2, 1]
    assert street.pages.take(10.0) == 2


def test_a_lane_with_only_retries_is_due_when_the_first_is():
    street = lane()
    street.pages.push_retry(1, due=7.0)
    assert street.due_at(0.0) == 7.0


def test_where_errors_do_not_count_an_answer_that_never_came_is_no_sign_of_health_either():
    polite = {"per_host": 8, "delay": 0.0, "throttle_max_delay": 10.0}
    lanes = Lanes(Config(politeness=polite, fetch={"busy_max": 0}))
    street = lanes.make(1, "http://h")

    def ask(now: float, feedback: HostFeedback) -> LaneLimits:
        street.pages.push(1, 0)
        lanes.keep(Ticket(1, "http://h/", 1, 0))
        lanes.schedule(street, now)
        assert len(lanes.take_due(1, now, 1, 0)[0]) == 1
        lanes.answered(street, 1, feedback, now + 0.1)
        return street.state.limits

    for n in range(40):
        slow = ask(20.0 * n, HostFeedback(elapsed=0.01, failed=True, put_off=True))
    assert slow == LaneLimits(1, 10.0)
    for n in range(40, 80):
        assert ask(20.0 * n, HostFeedback(failed=True)) == slow  # time-outs
    for n in range(80, 200):
        fast = ask(20.0 * n, HostFeedback(elapsed=0.01, failed=True))  # error pages
    assert fast == LaneLimits(8, 0.0)


def test_heap_hands_out_a_lane_only_when_its_delay_is_over():
    heap, street = Lanes(Config()), lane(delay=2.0)
    street.pages.push(1, 0)
    street.pages.push(2, 0)
    heap.schedule(street, 0.0)
    assert heap.pop_due(0.0) is street
    street.pages.take(0.0)
    street.state.start(0.0)
    heap.schedule(street, 0.0)
    assert heap.pop_due(0.5) is None  # one at a time, and it is busy
    street.state.end(0.5, None)
    heap.schedule(street, 0.5)
    assert heap.next_due() == 2.0
    assert heap.pop_due(1.9) is None
    assert heap.pop_due(2.0) is street


def test_lanes_that_are_due_together_take_turns():
    heap = Lanes(Config())
    lanes = [lane(n, per_host=8, delay=0.0) for n in range(3)]
    for street in lanes:
        for row in range(3):
            street.pages.push(row, 0)
        heap.schedule(street, 0.0)
    order = []
    while (street := heap.pop_due(0.0)) is not None:
        street.pages.take(0.0)
        order.append(street.id)
        heap.schedule(street, 0.0)
    assert order == [0, 1, 2] * 3


def test_one_stuck_host_among_a_thousand_delays_nobody():
    heap = Lanes(Config())
    lanes = [lane(n, per_host=1, delay=0.0) for n in range(1000)]
    for street in lanes:
        street.pages.push(1, 0)
        street.pages.push(2, 0)
        heap.schedule(street, 0.0)
    stuck = heap.pop_due(0.0)
    assert stuck is not None
    stuck.state.start(0.0)  # and never ends
    stuck.pages.take(0.0)
    heap.schedule(stuck, 0.0)
    served = 0
    while (street := heap.pop_due(0.0)) is not None:
        street.pages.take(0.0)
        street.state.start(0.0)
        street.state.end(0.0, None)
        served += 1
        heap.schedule(street, 0.0)
    assert served == 999 * 2


class Asked:
    """A lane with a hundred pending pages, and a clock that is set by hand."""

    def __init__(self, per_host: int = 8, **fetch: object) -> None:
        polite = {"per_host": per_host, "delay": 0.0, "throttle": False}
        self.lanes = Lanes(Config(politeness=polite, fetch=fetch))
        self.street = self.lanes.make(1, "http://h")
        for row in range(100):
            self.street.pages.push(row, 0)
            self.lanes.keep(Ticket(row, f"http://h/{row}", 1, 0))

    def take(self, now: float) -> list[Ticket]:
        self.lanes.schedule(self.street, now)
        return self.lanes.take_due(99, now, 100, 0)[0]

    def answer(self, ticket: Ticket, now: float, *, put_off: bool, retry_after: float | None = None) -> None:
        feedback = HostFeedback(retry_after, elapsed=0.01, failed=put_off, put_off=put_off)
        self.lanes.answered(self.street, ticket.id, feedback, now)


def test_a_lane_that_is_put_off_rests_once_and_is_then_asked_more_and_more():
    asked = Asked(backoff=1.0, backoff_max=4.0)
    (first,) = asked.take(0.0)
    asked.answer(first, 0.0, put_off=False)
    wave = asked.take(1.0)
    assert (len(wave), any(ticket.alone for ticket in wave)) == (8, False)
    for ticket in wave:
        asked.answer(ticket, 1.0, put_off=True)
    now, rests = 1.0, []
    for _ in range(4):  # one rest for the whole wave, and each further one is longer, up to the most
        due = asked.street.due_at(now)
        assert due is not None
        rests.append(due - now)
        now = due
        (alone,) = asked.take(now)
        assert alone.alone
        asked.answer(alone, now, put_off=True)
    assert rests == [1.0, 2.0, 4.0, 4.0]
    now += 4.0
    at_once = []
    for _ in range(4):
        some = asked.take(now)
        at_once.append(len(some))
        for ticket in some:
            asked.answer(ticket, now, put_off=False)
    assert at_once == [1, 2, 4, 8]
    assert asked.lanes.given_up == set()


def test_an_answer_to_what_was_asked_before_the_rest_does_not_end_it():
    asked = Asked()
    (first,) = asked.take(0.0)
    asked.answer(first, 0.0, put_off=False)
    one, other, *_ = asked.take(1.0)
    asked.answer(one, 1.1, put_off=True, retry_after=5.0)
    asked.answer(other, 1.2, put_off=False)
    assert asked.take(6.0) == []
    assert asked.street.refused_since == 1.1


def test_a_lane_that_puts_everything_off_is_given_up_but_for_what_was_asked():
    asked = Asked(busy_max=10)
    (first,) = asked.take(0.0)
    asked.answer(first, 0.0, put_off=True, retry_after=6.0)
    assert asked.lanes.given_up == set()
    (second,) = asked.take(6.0)
    asked.answer(second, 6.0, put_off=True, retry_after=6.0)
    assert asked.lanes.given_up == {asked.street}
    assert (asked.take(12.0), asked.street.pages_out_of_reach) == ([], 98)
    # What was put off itself comes once more, and an answer to that opens the lane again.
    asked.lanes.keep(second)
    asked.street.pages.push_retry(second.id, 12.0)
    assert asked.street.pages_out_of_reach == 98
    (again,) = asked.take(12.0)
    assert again.id == second.id
    asked.answer(again, 12.0, put_off=False)
    assert (asked.lanes.given_up, asked.street.pages_out_of_reach) == (set(), 0)
    assert len(asked.take(12.0)) == 2


def test_few_of_many_hosts_are_found_without_a_look_at_all_of_them(monkeypatch):
    lanes = Lanes(Config())
    for number in range(10_000):
        lanes.make(number, f"http://h{number}").pages.push(number, 0)
    looked_at = []
    ranked = hosts_now._ranked

    def counted(lanes, now):
        looked_at.append(len(lanes))
        return ranked(lanes, now)

    monkeypatch.setattr(hosts_now, "_ranked", counted)
    hosts = HostsNow(lanes)
    lanes.by_id[17].state.start(0.0)
    for _ in range(20):
        known, found = hosts.take(50, ["http://h17"])
        assert (known, len(found), found[0].origin) == (10_000, 50, "http://h17")
    assert looked_at.count(10_000) == 1
    assert max(sorted(looked_at)[:-1]) <= 51


def test_a_host_in_trouble_comes_before_a_larger_one():
    lanes = Lanes(Config(politeness={"delay": 1.0, "per_host": 1}))
    for number in range(3):
        one = lanes.make(number, f"http://h{number}")
        for row in range(10 * number + 1):
            one.pages.push(row, 0)
    lanes.by_id[0].state.resting_until = float("inf")
    _, (first, second) = HostsNow(lanes).take(2)
    assert (first.origin, first.resting_seconds > 0, first.per_host) == ("http://h0", True, 1)
    assert (second.origin, second.pending, second.resting_seconds) == ("http://h2", 21, 0.0)
