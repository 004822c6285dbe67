"""The witness of the internet, by a virtual clock: what it counts, and what it does not."""

import asyncio

import pytest

from crawler.lab.internet.internet import Internet
from crawler.lab.internet.ledger import Ledger
from crawler.lab.internet.proxy import Connection
from crawler.lab.internet.report import MAX_VIOLATIONS, Limits, Rule
from crawler.lab.internet.world import ROBOTS, World

PLAIN = World(hosts=3, pages=60, closed=0, without_robots=0, forbidding=0, delaying=0)
FORBIDS = World(hosts=3, pages=60, closed=0, without_robots=0, forbidding=1, delaying=0)
DELAYS = World(hosts=3, pages=60, closed=0, without_robots=0, forbidding=0, delaying=1, crawl_delay=2)


class Client:
    """Asks, on a clock of its own."""

    def __init__(self, world: World, limits: Limits | None = None) -> None:
        self.ledger = Ledger(world, limits or Limits(per_host=2, delay=0.5, tolerance=0.05))
        self.now = 100.0
        self.ask(0, ROBOTS)

    def ask(self, host: int, page: int, connection: int = 1, seconds: float = 0.1):
        note = self.start(host, page, connection)
        self.now += seconds
        self.ledger.end(note)
        self.ledger.whole(note, host, page)
        return note

    def start(self, host: int, page: int, connection: int = 1):
        return self.ledger.begin(host, page, self.now, 1e9 + self.now, connection)

    @property
    def found(self) -> list[tuple[Rule, float]]:
        return [(each.rule, round(each.by, 6)) for each in self.ledger.report().violations]


def test_who_keeps_all_limits_is_told_nothing():
    client = Client(FORBIDS)
    for page in (0, 1, 2, 3):
        client.now += 0.4
        client.ask(0, page)
    report = client.ledger.report()
    assert report.violations == []
    assert sum(report.counts.values()) == 0
    assert (report.requests, report.pages, report.hosts, report.peak, report.under_way) == (5, 4, 1, 1, 0)
    assert report.shortest_gap == pytest.approx(0.5)


def test_a_request_too_many_at_once():
    client = Client(PLAIN, Limits(per_host=2, delay=None))
    notes = [client.start(0, page) for page in (1, 2, 3, 4)]
    assert client.found == [(Rule.PER_HOST, 1), (Rule.PER_HOST, 2)]
    client.start(1, ROBOTS)
    for note in notes:
        client.ledger.end(note)
    client.start(0, 5)
    assert len(client.found) == 2
    assert (client.ledger.of(0).peak, client.ledger.of(0).at_once, client.ledger.of(1).peak) == (4, 1, 1)


def test_a_request_too_early():
    client = Client(PLAIN)
    client.now += 0.36  # 0.46 s after the start of the last one: within the tolerance
    client.ask(0, 1)
    assert client.found == []
    client.now += 0.3
    client.ask(0, 2)
    assert client.found == [(Rule.DELAY, 0.1)]
    client.ask(1, ROBOTS)  # another host
    assert len(client.found) == 1
    (violation,) = client.ledger.report().violations
    assert (violation.host, violation.path, violation.at) == ("h0.test", "/p2", pytest.approx(1e9 + 100.86))
    assert client.ledger.of(0).shortest_gap == pytest.approx(0.4)


def test_crawl_delay_holds_once_robots_txt_has_been_answered():
    client = Client(DELAYS)
    client.now += 0.9
    client.ask(0, 1)
    assert client.found == [(Rule.CRAWL_DELAY, 1.0)]
    client.now += 1.9
    client.ask(0, 2)
    assert len(client.found) == 1
    for _ in range(2):  # it fails at first, so nobody knows what it says
        client.ledger.end(client.start(1, ROBOTS))
        client.now += 0.5
    assert len(client.found) == 1


def test_a_page_that_robots_txt_forbids_and_one_that_is_asked_for_before_it():
    client = Client(FORBIDS, Limits(per_host=None, delay=None))
    client.ask(0, 6)
    assert client.found == []
    client.ask(0, 7)
    client.ask(1, 1)
    assert client.found == [(Rule.ROBOTS, 1), (Rule.ROBOTS, 1)]
    assert [each.path for each in client.ledger.report().violations] == ["/private/p7", "/p1"]


def test_all_pages_of_a_closed_host_are_forbidden():
    world = World(hosts=9, pages=90, closed=1)
    client = Client(world, Limits(per_host=None, delay=None))
    client.ask(0, 0)
    client.ledger.end(client.start(5, ROBOTS))
    client.start(5, 0)
    assert client.found == [(Rule.ROBOTS, 1)]


def test_robots_txt_is_nothing_to_who_need_not_obey():
    client = Client(World(hosts=1, pages=60, without_robots=0, forbidding=1, delaying=1, crawl_delay=9),
                    Limits(per_host=None, delay=None, robots=False))  # fmt: skip
    client.ask(0, 7)
    assert client.found == []


def test_retry_after():
    client = Client(PLAIN, Limits(per_host=None, delay=None))
    note = client.ask(0, 1)
    client.ledger.rest(note, client.now, 3, connection=1)
    client.now += 0.1
    client.ask(0, 2, connection=2, seconds=0)  # it may have been sent before that answer was there
    assert client.found == []
    client.ask(0, 2, connection=1, seconds=0)  # this one was not
    assert client.found == [(Rule.RETRY_AFTER, 2.9)]
    client.now += 1
    client.ask(0, 3, connection=2, seconds=0)
    assert client.found[1:] == [(Rule.RETRY_AFTER, 1.9)]
    client.ask(1, ROBOTS)  # another host has nothing to do with it
    client.now += 1.86
    client.ask(0, 4)
    assert len(client.found) == 2


def test_a_shorter_rest_does_not_end_a_longer_one():
    client = Client(PLAIN, Limits(per_host=None, delay=None))
    note = client.ask(0, 1)
    client.ledger.rest(note, client.now, 10, connection=1)
    client.ledger.rest(note, client.now, 1, connection=1)
    client.now += 5
    client.ask(0, 2)
    assert client.found == [(Rule.RETRY_AFTER, 5)]


def test_pages_answered_again_are_counted_by_name():
    client = Client(PLAIN, Limits(per_host=None, delay=None))
    for page in (1, 2, 1, 1):
        client.ask(0, page)
    client.ask(0, ROBOTS)
    report = client.ledger.report()
    assert (report.pages, report.again) == (2, 2)
    assert report.asked_again == ["http://h0.test/p1"] * 2


def test_all_violations_are_counted_and_the_first_are_kept():
    client = Client(PLAIN, Limits(per_host=None, delay=1.0))
    for _ in range(MAX_VIOLATIONS + 5):
        client.ask(0, 1, seconds=0)
    report = client.ledger.report()
    assert report.counts[Rule.DELAY] == MAX_VIOLATIONS + 5
    assert len(report.violations) == MAX_VIOLATIONS
    assert client.ledger.of(0).violations == MAX_VIOLATIONS + 5


def test_hosts_that_were_asked_of_late_are_told_with_the_first_time():
    client = Client(PLAIN)
    client.now += 1
    since = 1e9 + client.now
    for host, page in ((1, 0), (2, 0), (1, 1)):
        client.ask(host, page)
        client.now += 1
    assert client.ledger.since(since) == {1: since, 2: pytest.approx(since + 1.1)}
    assert client.ledger.since(since + 2) == {1: pytest.approx(since + 2.2)}
    assert client.ledger.since(since + 9) == {}
    assert set(client.ledger.since(0.0)) == {0, 1, 2}


class ClosingTransport(asyncio.Transport):
    """One whose client went in the very moment in which it was written to."""

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        pass

    def write(self, data: bytes) -> None:
        pass

    def is_closing(self) -> bool:
        return True


async def test_a_request_ends_though_its_client_goes_while_the_answer_is_written():
    internet = Internet(World(hosts=1, pages=9, faults=0, latency=0), Limits(1, None))
    connection = Connection(internet)
    connection.connection_made(ClosingTransport())
    connection.data_received(b"GET http://h0.test/ HTTP/1.1\r\n\r\n")
    connection.connection_lost(None)
    report = internet.ledger.report()
    assert (report.requests, report.under_way, report.pages) == (1, 0, 0)
