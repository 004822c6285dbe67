"""What was committed lately: the newest things, their rate, and what is kept for them."""

import json

import pytest

from crawler.model.messages import Finished, Ticket
from crawler.model.outcomes import Kind, Outcome
from crawler.watch import lately
from crawler.watch.lately import Lately
from crawler.watch.picture import MAX_RECENT


def done(number: int, outcome: Outcome = Outcome.OK, **record: object) -> Finished:
    kind = None if outcome is Outcome.OK else Kind.HTTP_STATUS
    ticket = Ticket(number, f"http://a/{number}", 1, 0, referrer="http://a/")
    return Finished(ticket, outcome, kind, json.dumps({"status": 200, **record}).encode())


class Clock:
    now = 1_000.0

    def monotonic(self) -> float:
        return self.now

    time = monotonic


@pytest.fixture
def clock(monkeypatch):
    found = Clock()
    monkeypatch.setattr(lately, "time", found)
    return found


def test_the_newest_come_first_and_no_more_than_so_many(clock):
    last = Lately()
    last.add([done(n, title=f"page {n}") for n in range(100)])
    last.add([done(100, Outcome.ERROR, status=404, message="gone"), done(101)])
    found = last.records
    assert len(found) == MAX_RECENT
    assert [one.url for one in found[:3]] == ["http://a/101", "http://a/100", "http://a/99"]
    assert (found[2].title, found[2].status, found[2].at) == ("page 99", 200, 1_000.0)
    (error,) = last.errors
    assert (error.outcome, error.kind, error.status, error.message) == ("error", "http_status", 404, "gone")
    assert error.referrer == "http://a/"


def test_a_large_record_is_not_kept(clock):
    last = Lately()
    last.add([done(1, title="large", text="x" * 1_000_000), done(2, title="small")])
    assert [one.title for one in last.records] == ["small", "large"]
    assert [isinstance(kept, tuple) for kept in last._records] == [False, True]


def test_a_record_that_is_none_is_shown_without_what_it_says(clock):
    last = Lately()
    last.add([Finished(Ticket(1, "http://a/", 1, 0), Outcome.OK, None, b"{")])
    assert [(one.url, one.title) for one in last.records] == [("http://a/", None)]


def test_the_rate_is_that_of_the_last_seconds(clock):
    last = Lately()
    assert last.rate == 0.0
    for _ in range(100):
        clock.now += 0.1
        last.add([done(n) for n in range(3)])
    assert last.rate == pytest.approx(30, rel=0.1)
    for _ in range(100):
        clock.now += 0.1
        last.add([done(1)])
    assert last.rate == pytest.approx(10, rel=0.1)
    clock.now += 2.5
    assert last.rate == pytest.approx(5, rel=0.2)
    clock.now += 100
    assert last.rate == 0.0
    assert len(last._moments) < 30
