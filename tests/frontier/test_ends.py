"""What ``crawl.db`` says of URLs that did not end well, and when it is forgotten."""

import sqlite3
from pathlib import Path

import pytest

from crawler.frontier import rows
from crawler.frontier.state_thread import CrawlState
from crawler.frontier.unsaved import Unsaved
from crawler.frontier.view import FrontierView
from crawler.model.messages import Commit, Finished, Ticket
from crawler.model.outcomes import Kind, Outcome
from crawler.model.record import encode, of_ticket
from crawler.model.rows import Failed
from crawler.rules.urls import is_login_url

SITE = "http://a.example/"


class Db:
    """A crawl.db with URLs whose ids are their places in ``names``, from 1."""

    def __init__(self, path: Path, referrers: dict[str, str | None]) -> None:
        self.state = CrawlState(path)
        self.ids = {name: number for number, name in enumerate(referrers, 1)}
        new = Unsaved(lanes=[(1, "http://a.example", 0)])
        for name, number in self.ids.items():
            referrer = referrers[name]
            source = None if referrer is None else self.ids[referrer]
            new.urls.append((number, SITE + name, 1, int(source is not None), source, None, 0, 0, 0))
        self.state.run(lambda db: rows.save(db, new, ()))

    def end(self, batch: int, name: str, kind: Kind | None = None, **more: object) -> None:
        """``name`` ends as ``kind``; ``to`` is where it redirects to, the rest as in records or Finished."""
        ticket = Ticket(self.ids[name], SITE + name, 1, 0)
        skipped = kind in (Kind.REDIRECTED, Kind.OUT_OF_SCOPE, Kind.ROBOTS)
        outcome = Outcome.OK if kind is None else Outcome.SKIPPED if skipped else Outcome.ERROR
        target = more.pop("to", None)
        line = encode(
            of_ticket(
                ticket,
                outcome,
                kind,
                final_url=None if target is None else f"{SITE}{target}",
                fetched_at="2026-01-01T00:00:00Z",
                status=more.pop("status", None),
                message=more.pop("message", None),
            )
        )
        done = Finished(ticket, outcome, kind, line, **more)  # type: ignore[arg-type]
        self.commit(Commit(batch, (done,), {"jsonl": batch * 10}))

    def commit(self, commit: Commit) -> None:
        self.state.run(lambda db: rows.save(db, Unsaved(), [commit]))


def failed(view: FrontierView) -> list[Failed]:
    return list(view.failed())


def extract_failures(view: FrontierView) -> tuple[int, str | None, str | None]:
    totals = view.totals()
    error = totals["extract_error"] or {"url": None, "error": None}
    return totals["extract_failed"], error["url"], error["error"]


def count_ends(db: sqlite3.Connection) -> int:
    return db.execute("SELECT count(*) FROM ends").fetchone()[0]


@pytest.fixture
def db(tmp_path):
    made = Db(tmp_path, {"": None, "a": "", "b": "", "old": "a", "older": "", "gone": "old"})
    yield made
    made.state.close()


def test_a_page_that_is_ok_has_no_row(db):
    db.end(1, "")
    assert db.state.run(count_ends) == 0


def test_errors_are_told_as_in_their_records_and_first_referrers_through_redirects(db):
    db.end(1, "gone", Kind.HTTP_STATUS, status=404, message="Not there.")
    db.end(1, "b", Kind.CONNECT, message="Refused.")
    db.end(1, "old", Kind.REDIRECTED, to="gone", status=301)
    assert [tuple(one[1:]) for one in db.state.read(failed)] == [
        (f"{SITE}b", "connect", None, "Refused."),
        (f"{SITE}gone", "http_status", 404, "Not there."),
    ]
    assert db.state.read(lambda view: list(view.redirects())) == [(f"{SITE}old", f"{SITE}gone")]
    assert db.state.read(lambda view: view.first_referrers(db.ids["gone"])) == [(f"{SITE}a", f"{SITE}old")]
    assert db.state.read(lambda view: view.first_referrers(db.ids["b"])) == [(SITE, None)]
    assert db.state.read(lambda view: view.first_referrers(db.ids[""])) == []


def test_of_many_errors_each_kind_and_status_has_its_turn(db):
    for name, status in (("", 404), ("a", 404), ("b", 404), ("gone", 503)):
        db.end(1, name, Kind.HTTP_STATUS, status=status)
    db.end(1, "old", Kind.DNS)
    assert [one.url[len(SITE) :] for one in db.state.read(lambda view: list(view.failed(3)))] == [
        "old",
        "",
        "gone",
    ]


def test_a_record_that_cannot_be_read_leaves_its_kind(db):
    ticket = Ticket(1, SITE, 1, 0)
    done = Finished(ticket, Outcome.ERROR, Kind.DNS, b"not JSON")
    db.commit(Commit(1, (done,), {}))
    assert [tuple(one) for one in db.state.read(failed)] == [(1, SITE, "dns", None, None)]


def test_what_is_tried_again_is_forgotten(db):
    db.end(1, "", extract_error="Traceback\n  line 3", login="Sign in")
    db.end(2, "a", Kind.DNS)
    # One that is still pending has been tried, and is put off.
    last = max(db.ids.values())
    db.state.run(lambda db: db.execute("UPDATE urls SET attempts = 2, due = 9e9 WHERE id = ?", (last,)))
    assert db.state.read(extract_failures) == (1, SITE, "Traceback\n  line 3")
    # The sink holds the first batch alone.
    db.state.run(lambda db: rows.roll_back(db, {"jsonl": 10}))
    assert (len(list(db.state.read(failed))), db.state.read(extract_failures)[0]) == (0, 1)
    db.state.begin_again()
    assert db.state.read(extract_failures) == (0, None, None)
    assert db.state.run(count_ends) == 0
    tried = "SELECT count(*) FROM urls WHERE attempts > 0 OR due IS NOT NULL"
    assert db.state.run(lambda db: db.execute(tried).fetchone()[0]) == 0


def test_the_first_failure_that_has_a_traceback_stands_for_all(db):
    for batch, (name, text) in enumerate([("a", "one line"), ("b", "the\ntrace"), ("", "another\ntrace")]):
        db.end(batch, name, extract_error=text)
    assert db.state.read(extract_failures) == (3, f"{SITE}b", "the\ntrace")


def test_a_wall_is_what_every_seed_redirects_to(tmp_path):
    walled = Db(tmp_path, {"": None, "x": None, "login": "", "help": "login"})
    try:
        walled.end(1, "", Kind.REDIRECTED, to="login")
        walled.end(1, "x", Kind.REDIRECTED, to="login")
        walled.end(1, "login")
        # A redirect's target keeps the depth.
        walled.state.run(lambda db: db.execute("UPDATE urls SET depth = 0 WHERE id = 3"))
        assert walled.state.read(lambda view: view.login_wall(is_login_url)) == (SITE, f"{SITE}login")
        assert walled.state.read(lambda view: view.login_wall(lambda _: False)) is None
    finally:
        walled.state.close()
