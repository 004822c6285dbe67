"""What ``crawl.db`` says of URLs that did not end well, and when it is forgotten."""

from pathlib import Path

import pytest

from crawler.frontier import ends, rows, trouble
from crawler.frontier.rows import NewRows
from crawler.frontier.schema import open_for_writing
from crawler.model.messages import Commit, Finished, Ticket
from crawler.model.outcomes import Kind, Outcome
from crawler.model.record import encode, of_ticket
from crawler.rules.login_page import is_login_url

SITE = "http://a.example/"


class Db:
    """A crawl.db with URLs whose ids are their places in ``names``, from 1."""

    def __init__(self, path: Path, referrers: dict[str, str | None]) -> None:
        self.db = open_for_writing(path)
        self.ids = {name: number for number, name in enumerate(referrers, 1)}
        new = NewRows(lanes=[(1, "http://a.example", 0)])
        for name, number in self.ids.items():
            referrer = referrers[name]
            source = None if referrer is None else self.ids[referrer]
            new.urls.append((number, SITE + name, 1, int(source is not None), 0, source, None, 0, 0))
        rows.save_new(self.db, new)

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
        rows.save_commits(self.db, NewRows(), [Commit(batch, (done,), {"jsonl": batch * 10})])


@pytest.fixture
def db(tmp_path):
    made = Db(tmp_path / "crawl.db", {"": None, "a": "", "b": "", "old": "a", "older": "", "gone": "old"})
    yield made
    made.db.close()


def test_a_page_that_is_ok_has_no_row(db):
    db.end(1, "")
    assert db.db.execute("SELECT count(*) FROM ends").fetchone() == (0,)


def test_errors_are_told_as_in_their_records_and_first_referrers_through_redirects(db):
    db.end(1, "gone", Kind.HTTP_STATUS, status=404, message="Not there.")
    db.end(1, "b", Kind.CONNECT, message="Refused.")
    db.end(1, "old", Kind.REDIRECTED, to="gone", status=301)
    assert [tuple(one[1:]) for one in trouble.failed(db.db)] == [
        (f"{SITE}b", "connect", None, "Refused."),
        (f"{SITE}gone", "http_status", 404, "Not there."),
    ]
    assert list(trouble.redirects(db.db)) == [(f"{SITE}old", f"{SITE}gone")]
    assert trouble.first_referrers(db.db, db.ids["gone"]) == [(f"{SITE}a", f"{SITE}old")]
    assert trouble.first_referrers(db.db, db.ids["b"]) == [(SITE, None)]
    assert trouble.first_referrers(db.db, db.ids[""]) == []


def test_of_many_errors_each_kind_and_status_has_its_turn(db):
    for name, status in (("", 404), ("a", 404), ("b", 404), ("gone", 503)):
        db.end(1, name, Kind.HTTP_STATUS, status=status)
    db.end(1, "old", Kind.DNS)
    assert [one.url[len(SITE) :] for one in trouble.failed(db.db, 3)] == ["old", "", "gone"]


def test_a_record_that_cannot_be_read_leaves_its_kind(db):
    ticket = Ticket(1, SITE, 1, 0)
    done = Finished(ticket, Outcome.ERROR, Kind.DNS, b"not JSON")
    rows.save_commits(db.db, NewRows(), [Commit(1, (done,), {})])
    assert [tuple(one) for one in trouble.failed(db.db)] == [(1, SITE, "dns", None, None)]


def test_what_is_tried_again_is_forgotten(db):
    db.end(1, "", extract_error="Traceback\n  line 3", login="Sign in")
    db.end(2, "a", Kind.DNS)
    assert ends.extract_failures(db.db) == (1, SITE, "Traceback\n  line 3")
    # The sink holds the first batch alone.
    rows.roll_back(db.db, {"jsonl": 10})
    assert (len(list(trouble.failed(db.db))), ends.extract_failures(db.db)[0]) == (0, 1)
    rows.begin_again(db.db)
    assert ends.extract_failures(db.db) == (0, None, None)
    assert db.db.execute("SELECT count(*) FROM ends").fetchone() == (0,)


def test_the_first_failure_that_has_a_traceback_stands_for_all(db):
    for batch, (name, text) in enumerate([("a", "one line"), ("b", "the\ntrace"), ("", "another\ntrace")]):
        db.end(batch, name, extract_error=text)
    assert ends.extract_failures(db.db) == (3, f"{SITE}b", "the\ntrace")


def test_a_wall_is_what_every_seed_redirects_to(tmp_path):
    walled = Db(tmp_path / "crawl.db", {"": None, "x": None, "login": "", "help": "login"})
    try:
        walled.end(1, "", Kind.REDIRECTED, to="login")
        walled.end(1, "x", Kind.REDIRECTED, to="login")
        walled.end(1, "login")
        walled.db.execute("UPDATE urls SET depth = 0 WHERE id = 3")  # a redirect's target keeps the depth
        assert trouble.login_wall(walled.db, is_login_url) == (SITE, f"{SITE}login")
        assert trouble.login_wall(walled.db, lambda _: False) is None
    finally:
        walled.db.close()
