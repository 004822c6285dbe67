import json
import os
import subprocess
import sys

import pytest

from crawler.model.rows import HostRow, Pace
from crawler.watch.history import History, history_of
from crawler.watch.past import past_of

from .pictures import AT, picture

NOW = AT + 600
COUNTS = {"pending": 40, "ok": 55, "truncated": 0, "error": 4, "skipped": 1}


class View:
    """What crawl.db says."""

    generation = 1

    def __init__(self, state="running", pid=None, message=""):
        self._meta = {
            "state": state, "pid": str(pid or os.getpid()), "ended_at": "2025-11-23T00:20:00Z",
            "message": message,
        }  # fmt: skip

    def meta(self):
        return self._meta

    def settings(self):
        return {"out": "out", "seeds": ["http://a/"], "fetch": {"concurrency": 8}}

    def counts(self):
        return COUNTS

    def hosts(self):
        pace = Pace(1.0, 2, 0.5, 1, 4.0, 8.0, 70, 5, 2, 0.5, AT, NOW + 30)
        return [HostRow("http://a", 40, 55, 0, 4, 1, pace), HostRow("http://b", *[0] * 5)]

    def live(self):
        step = {
            "stage": "fetch",
            "holder": "fetch-1",
            "pid": 7,
            "step": "body",
            "url": "http://a/",
            "since": AT,
        }
        return {"pid": 7, "at": NOW, "steps": [step | {"since": AT}], "queues": [], "peak_memory_bytes": 99}


@pytest.fixture(scope="module")
def dead_pid():
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    return child.pid


@pytest.fixture
def out(tmp_path):
    """With a history of three seconds."""
    history = History(history_of(tmp_path, 1))
    for second in range(3):
        history.add(picture(second, done=10 * second + 10))
    return tmp_path


def test_a_live_crawl_has_its_history_so_far(out):
    past = past_of(View(), out, NOW)
    assert (past.is_live, past.has_history) == (True, True)
    assert [shown.at - AT for shown in past.pictures] == [0, 1, 2]
    assert past.pictures[-1].state == "running"


def test_a_dead_crawl_ends_in_what_crawl_db_says(out, dead_pid):
    past = past_of(View(pid=dead_pid), out, NOW)
    assert not past.is_live
    assert [shown.state for shown in past.pictures] == ["running", "running", "dead"]
    last = past.pictures[-1]
    assert last.message == f"it ended without saying so; pid {dead_pid} is gone"
    assert (last.counts, last.discovered) == (COUNTS, 100)


def test_a_crawl_that_could_not_write_its_last_picture_has_one(out):
    past = past_of(View(state="incomplete", message="the disk is full"), out, NOW)
    assert [shown.state for shown in past.pictures] == ["running", "running", "running", "incomplete"]
    assert (past.pictures[-1].message, past.pictures[-1].counts) == ("the disk is full", COUNTS)


def test_the_last_picture_of_a_finished_crawl_is_not_there_twice(out):
    history = History(history_of(out, 1), goes_on=True)
    history.add(picture(3.0, state="finished"), is_last=True)
    past = past_of(View(state="finished"), out, NOW)
    assert [shown.state for shown in past.pictures] == ["running", "running", "running", "finished"]


@pytest.mark.parametrize("has_summary", [True, False])
def test_without_a_history_there_is_one_picture(tmp_path, has_summary):
    if has_summary:
        summary = {"seconds": 12.5, "requests": 70, "longest_stall_ms": 20.0, "kinds": {"timeout": 4}}
        (tmp_path / "summary.json").write_text(json.dumps(summary))
    past = past_of(View(state="stopped"), tmp_path, NOW)
    assert (past.has_history, past.is_live) == (False, False)
    (only,) = past.pictures
    assert (only.state, only.counts, only.discovered, only.seeds) == ("stopped", COUNTS, 100, ("http://a/",))
    assert (only.elapsed, only.requests) == ((12.5, 70) if has_summary else (0.0, 0))
    assert [(host.origin, host.slowed, host.resting_seconds) for host in only.hosts] == [
        ("http://a", 8.0, 30.0),
        ("http://b", 1.0, 0.0),
    ]
    assert [(lane.holder, lane.url) for lane in only.steps] == [("fetch-1", "http://a/")]


@pytest.mark.parametrize("text", ["", "{", '{"generation": 2, "requests": 9}'])
def test_a_summary_that_is_another_generations_or_damaged_is_none(tmp_path, text):
    (tmp_path / "summary.json").write_text(text)
    (only,) = past_of(View(state="finished"), tmp_path, NOW).pictures
    assert only.requests == 0
