import io
import json
import os
import subprocess
import sys

import pytest
from rich.console import Console

from crawler.model.rows import HostRow as Host
from crawler.model.rows import Pace
from crawler.watch.status import judge, make_report, print_status

NOW = 1_763_857_000.0


def step(stage, holder, url, since, **more):
    return {"stage": stage, "holder": holder, "pid": 4242, "step": "body", "url": url, "since": since} | more


class View:
    """What crawl.db would say."""

    def __init__(self, state="running", pid=None, at=NOW - 0.5, steps=(), hosts=1):
        self._meta = {"state": state, "pid": str(pid or os.getpid()), "started_at": "2025-11-23T00:15:18Z"}
        self._at, self._steps, self._hosts = at, list(steps), hosts

    generation = 1

    def settings(self):
        return {"out": "crawls/a b", "fetch": {"concurrency": 32}}

    def meta(self):
        return self._meta

    def counts(self):
        return {"PENDING": 400, "OK": 1_100, "ERROR": 12}

    def hosts(self):
        return [Host(f"http://host{number}", number, 100, 0, 3, 0) for number in range(self._hosts)]

    def live(self):
        if self._at is None:
            return None
        return {
            "pid": int(self._meta["pid"]),
            "at": self._at,
            "steps": self._steps,
            "queues": [{"name": "page", "items": 31, "bytes": 31_200_000, "capacity": 33_554_432}],
            "pages_per_second": 412.3,
            "memory_bytes": 300 * 1024 * 1024,
            "peak_memory_bytes": 412 * 1024 * 1024,
        }


@pytest.fixture(scope="module")
def dead_pid():
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    return child.pid


def printed(view, width=100, **more):
    console = Console(file=io.StringIO(), width=width)
    print_status(view, console=console, now=NOW, **more)
    return console.file.getvalue()


STEPS = (
    step("parse", "parser-1", "http://a/slow", NOW - 42),
    step("fetch", "fetch-7", "http://a/slower", NOW - 90),
    step("fetch", "fetch-8", None, NOW - 500, step="idle"),
)


def test_the_oldest_url_of_a_live_crawl_with_stage_holder_and_age():
    report = make_report(View(steps=STEPS), NOW)
    assert report["state"] == "running"
    assert report["alive"]
    assert report["oldest"] == STEPS[1] | {"age_seconds": 90.0}
    assert [found["holder"] for found in report["in_flight"]] == ["fetch-7", "parser-1"]


def test_the_ages_of_a_dead_crawl_end_with_its_last_snapshot(dead_pid):
    report = make_report(View(pid=dead_pid, at=NOW - 40, steps=STEPS), NOW)
    assert report["state"] == "dead"
    assert not report["alive"]
    assert report["silent_seconds"] == 40.0
    assert report["oldest"]["age_seconds"] == 50.0


def test_states_have_one_spelling_and_none_is_missing():
    report = make_report(View(), NOW)
    assert report["counts"] == {"ok": 1_100, "truncated": 0, "error": 12, "skipped": 0, "pending": 400}
    assert report["discovered"] == 1_512


class CheckView(View):
    """Of a check."""

    def settings(self):
        return super().settings() | {"write": {"sinks": ["facts"]}}

    def counts(self):
        return {"PENDING": 0, "OK": 1_100}

    def targets(self):
        return {"asset": {"ok": 30, "truncated": 0, "error": 2, "skipped": 0, "pending": 1_234}}


def test_targets_are_told_apart_where_there_are_any():
    report = make_report(CheckView(), NOW)
    assert (report["discovered"], report["counts"]["pending"]) == (1_100, 0)
    assert report["targets"]["asset"]["pending"] == 1_234
    for width in (40, 100):
        assert "targets: asset ok 30, error 2, pending 1,234" in printed(CheckView(), width=width)
    assert "targets" not in printed(View())
    assert "to go on: crawler resume" in printed(CheckView(state="stopped"))


@pytest.mark.parametrize("state", ["finished", "stopped", "incomplete"])
def test_a_crawl_that_said_how_it_ended_is_not_alive_whatever_has_its_pid_now(state):
    found = judge({"state": state, "pid": str(os.getpid())}, {}, NOW)
    assert (found.state, found.alive) == (state, False)


def test_a_pid_that_lives_but_says_nothing_is_not_called_running():
    live = {"pid": os.getpid(), "at": NOW - 11}
    found = judge({"state": "running", "pid": str(os.getpid())}, live, NOW)
    assert (found.state, found.alive, found.silent_seconds) == ("silent", True, 11.0)


def test_a_crawl_that_has_only_just_begun_is_running():
    assert judge({"state": "running", "pid": str(os.getpid())}, {}, NOW).state == "running"


def test_somebody_elses_process_is_a_process(monkeypatch):
    def denied(pid, signal):
        raise PermissionError

    monkeypatch.setattr("os.kill", denied)
    assert judge({"state": "running", "pid": "1"}, {}, NOW).alive


def test_without_any_pid_it_is_dead():
    assert judge({}, {}, NOW).state == "dead"


def test_json_is_one_object_with_everything():
    view = View(steps=STEPS, hosts=30)
    report = json.loads(printed(view, width=40, json=True))
    assert report == make_report(view, NOW)
    assert len(report["hosts"]) == 30
    assert report["settings"]["fetch"]["concurrency"] == 32


def test_json_goes_to_stdout(capsys):
    print_status(View(), json=True, now=NOW)
    assert json.loads(capsys.readouterr().out)["state"] == "running"


def test_a_live_crawl_in_print():
    text = printed(View(steps=STEPS))
    assert text.startswith(f"crawl running (pid {os.getpid()}), started at 2025-11-23T00:15:18Z, 412 pages/s")
    assert "1,100          0     12        0      400       1,512" in text
    assert "http://host0" in text
    oldest = next(line for line in text.splitlines() if "http://a/slower" in line)
    assert oldest.split() == ["90", "s", "fetch", "body", "fetch-7", "4242", "http://a/slower"]
    assert "29.8 MiB" in text
    assert "to go on" not in text


@pytest.mark.parametrize(
    ("state", "message", "standing"),
    [
        ("running", None, None),
        ("running", "waiting for memory", "waiting for memory"),
        ("paused", None, "paused"),
        ("stopping", None, "stopping"),
    ],
)
def test_a_crawl_that_does_not_go_on_says_so(state, message, standing):
    class Standing(View):
        def live(self):
            return super().live() | {"state": state, "message": message}

    assert make_report(Standing(), NOW)["standing"] == standing
    headline = printed(Standing()).partition("\n")[0]
    assert (f", {standing}, started at" in headline) is (standing is not None)


def test_a_dead_crawl_does_not_say_that_it_waits(dead_pid):
    class Standing(View):
        def live(self):
            return super().live() | {"state": "paused", "message": None}

    assert make_report(Standing(pid=dead_pid), NOW)["standing"] is None


def test_a_dead_crawl_in_print(dead_pid):
    text = printed(View(pid=dead_pid, at=NOW - 300, steps=STEPS))
    assert f"crawl dead: it ended without saying so; pid {dead_pid} is gone, last heard of 5 min ago" in text
    assert "in flight when last heard of" in text
    assert "412 pages/s" not in text
    assert "to go on: crawler resume 'crawls/a b'" in text


def test_a_silent_crawl_in_print():
    text = printed(View(at=NOW - 300))
    assert "lives but has said nothing for 5 min" in text
    assert "412 pages/s" not in text


def test_a_finished_crawl_in_print():
    text = printed(View(state="finished", at=None))
    assert text.startswith("crawl finished, started at")
    assert "in flight" not in text


def test_a_crawl_that_a_limit_ended_says_how_it_goes_on():
    text = printed(View(state="finished", at=None), 40)
    way_on = "a limit ended it; to go on: crawler resume 'crawls/a b' --max-pages N, with a higher N"
    assert text.splitlines()[-1] == way_on


@pytest.mark.parametrize("width", [40, 60])
def test_a_narrow_terminal_shows_every_figure(width):
    view = View(steps=STEPS, hosts=23)
    lines = [" ".join(line.split()) for line in printed(view, width).splitlines()]
    for line in ("ok 1,100", "error 12", "discovered 1,512", "http://host22", "ok 100, error 3, pending 22"):
        assert line in lines
    at = lines.index("http://a/slower")
    assert lines[at : at + 2] == ["http://a/slower", "90 s, fetch, body, fetch-7, pid 4242"]
    assert "page 31 29.8 MiB 32.0 MiB" in lines
    assert "and 3 more" in lines
    assert not [line for line in lines if "…" in line]


@pytest.mark.parametrize("width", [40, 60, 79])
def test_a_narrow_terminal_shows_how_politely_each_host_was_asked(width):
    text = " ".join(printed(Hosts(), width, hosts=True).split())
    assert "http://a requests 1,234, failed 56, at once 2, limit 2, gap ms 501, delay ms 500 http://a" in text
    assert "delay ms 500, 1 at once, 4.0 s apart http://a" in text
    assert text.count("http://b requests 0, not asked yet") == 1


def test_long_lists_are_cut_and_say_so():
    steps = [step("fetch", f"fetch-{number}", f"http://a/{number}", NOW - number) for number in range(9)]
    text = printed(View(steps=steps, hosts=23))
    assert "and 3 more" in text
    assert "and 4 more" in text


def test_nothing_is_broken_where_no_terminal_is(capsys):
    url = "http://a/" + "x" * 300
    print_status(View(steps=[step("fetch", "fetch-1", url, NOW - 3)]), now=NOW)
    assert url in capsys.readouterr().out


def test_the_memory_of_all_processes_is_told_while_they_live(dead_pid):
    alive, dead = View(), View(pid=dead_pid)
    assert "300.0 MiB of memory (peak 412.0 MiB)" in printed(alive)
    assert "memory" not in printed(dead)
    report = make_report(dead, NOW)
    assert (report["memory_bytes"], report["peak_memory_bytes"]) == (None, 412 * 1024 * 1024)


def paced(*, rest=None, slow=1.0):
    pace = Pace(None, 2, 0.5, 1 if slow > 1 else 2, 0.5 * slow, slow, 1_234, 56, 2, 0.50123, NOW - 3, rest)
    return Host("http://a", 7, 1_100, 0, 56, 3, pace)


class Hosts(View):
    """Hosts that were asked, in all ways, and one that never was."""

    def hosts(self):
        return [
            paced(),
            paced(slow=8.0),
            paced(rest=NOW + 40),
            paced(rest=NOW - 40),
            Host("http://b", *[0] * 5),
        ]


def test_json_says_how_politely_each_host_was_asked():
    first, slow, resting, rested, unasked = make_report(Hosts(), NOW)["hosts"]
    assert first == {
        "origin": "http://a", "ok": 1_100, "truncated": 0, "error": 56, "skipped": 3, "pending": 7,
        "requests": 1_234, "failures": 56, "per_host": 2, "peak": 2, "delay": 0.5, "smallest_gap_ms": 501.23,
        "slowed": 1.0, "per_host_now": 2, "delay_now": 0.5, "resting_seconds": 0.0,
    }  # fmt: skip
    assert (slow["slowed"], slow["per_host_now"], slow["delay_now"]) == (8.0, 1, 4.0)
    assert (resting["resting_seconds"], rested["resting_seconds"]) == (40.0, 0.0)
    assert "requests" not in unasked


def test_every_host_in_print_with_its_limits_and_how_they_were_kept():
    lines = printed(Hosts(), width=160, hosts=True).splitlines()
    hosts = [" ".join(line.split()) for line in lines if line.startswith("http://")]
    assert hosts == [
        "http://a 1,234 56 2 2 501 500 1,100 0 56 3 7",
        "http://a 1,234 56 2 2 501 500 1 at once, 4.0 s apart 1,100 0 56 3 7",
        "http://a 1,234 56 2 2 501 500 rests for 40 s 1,100 0 56 3 7",
        "http://a 1,234 56 2 2 501 500 1,100 0 56 3 7",
        "http://b 0 not asked yet 0 0 0 0 0",
    ]


def test_a_thousand_hosts_stay_readable_and_hosts_shows_them_all():
    short = printed(View(hosts=1_000))
    assert "and 980 more" in short
    assert "--hosts" in short
    assert len(short.splitlines()) < 40
    assert printed(View(hosts=1_000), width=80, hosts=True).count("http://host") == 1_000
