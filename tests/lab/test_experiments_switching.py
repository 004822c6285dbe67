"""Experiments on who runs when, in threads and in the event loop: the direction of the figures. All QUICK."""

import concurrent.futures
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module

import pytest

from crawler.lab.experiments import c_code, interpreters, lost_update, lost_update_ways, slow_callback
from crawler.lab.experiments.lost_update import SLOW, WORKERS
from crawler.lab.experiments.semaphore import AT_ONCE
from crawler.lab.finding import Finding, NotPossible, Scale, Verdict
from crawler.lab.machine import has_gil
from crawler.lab.registry import EXPERIMENTS
from crawler.lab.tables import c_code as tables_c_code
from tests.lab.marked import nothing_left
from tests.lab.translated import assert_all_is_said_in_chinese

with_a_lock = pytest.mark.skipif(not has_gil(), reason="this Python has no global interpreter lock")


def run(name: str) -> Finding:
    with nothing_left():
        finding = import_module(EXPERIMENTS[name][0]).run(Scale.QUICK)
    assert_all_is_said_in_chinese(name, finding)
    return finding


def test_lost_update():
    finding = run("lost-update")
    lost = {kind: {way: one["lost"] for way, one in ways.items()} for kind, ways in finding.figures.items()}
    # Of coroutines that all read before one of them writes, one update of each round is left.
    assert lost["coroutines"] == {
        "counter += 1": 0,
        "counter += await one()": (WORKERS - 1) * SLOW,
        "read, await, write": (WORKERS - 1) * SLOW,
        "read, await, write, with a Lock": 0,
    }
    assert lost["threads"]["read, wait, write"] > 0
    assert lost["threads"]["read, wait, write, with a Lock"] == 0
    assert finding.verdict is Verdict.HALF
    assert "75% by read, await, write" in finding.because


def test_lost_update_counts_what_threads_add():
    assert lost_update.by_threads(lost_update_ways.add_locked, 5) == 5 * WORKERS
    assert lost_update.by_coroutines(lost_update_ways.add_over_an_await, 5) == 5


def test_semaphore():
    finding = run("semaphore")
    tasks, workers = finding.figures["Semaphore"], finding.figures["workers"]
    assert (tasks["tasks"], workers["tasks"]) == (2_000, AT_ONCE)
    assert (tasks["done"], workers["done"]) == (2_000, 2_000)
    assert tasks["most"] == workers["most"] == AT_ONCE
    assert tasks["memory_bytes"] > 3 * workers["memory_bytes"]
    assert tasks["cancel_s"] > workers["cancel_s"]
    assert finding.verdict is Verdict.HALF


def test_slow_callback():
    finding = run("slow-callback")
    heard = finding.figures["heard"]
    assert {how: one["named"] for how, one in heard.items()} == {
        "one long step of a task": ["page-7"],
        "one long callback": ["on_timer"],
        "many short steps": [],
        "one long step, debug mode off": [],
    }
    assert heard["one long step of a task"]["seconds"][0] >= slow_callback.BLOCK
    assert not any(one["call_named"] for one in heard.values())
    rates = finding.figures["tasks_per_s"]
    assert rates["on"] < rates["off"]
    assert finding.verdict is Verdict.HALF
    assert "Not named: many short steps." in finding.because


@with_a_lock
def test_c_code():
    finding = run("c-code")
    let_go = {name.partition(": ")[2] for name, one in finding.figures.items() if one["lets_go"]}
    assert let_go - {"numpy.sort, 4 MB at a time"} == {
        "hashlib.sha256, 4 MB at a time",
        "zlib.compress, 4 MB at a time",
    }
    # How many cores that keeps busy is the machine's business; one lock keeps one busy, on any.
    assert all(one["cores"] < 1.2 for one in finding.figures.values() if not one["lets_go"])
    assert finding.verdict is Verdict.HALF


def test_c_code_says_what_the_figures_say(monkeypatch):
    """Figures that nobody has seen yet: nobody has to let go of a lock that is not there."""
    one = {"lets_go": True, "cores": 1.97, "times_one_thread": 1.9}
    monkeypatch.setattr(c_code, "measured", lambda *_: {"Python: a loop": one})
    monkeypatch.setattr(c_code, "has_gil", lambda: False)
    finding = c_code.run(Scale.QUICK)
    assert finding.verdict is Verdict.NOT_BORNE_OUT
    assert finding.because == "Other threads ran beside a loop (1.97 cores busy)."
    assert len(finding.notes) == 1
    assert "without the lock" in finding.notes[0]
    one["cores"] = 0.9
    assert "other programs may have had them" in c_code.run(Scale.QUICK).notes[1]
    assert (
        tables_c_code.in_words({"C: zlib": one | {"lets_go": False}})
        == "None ran beside zlib (0.90 cores busy)."
    )
    assert tables_c_code.table({"C: zlib": one}).rows == (("C: zlib", "yes", "0.90", "1.90"),)


def test_interpreters_where_all_threads_share_one_lock(monkeypatch):
    monkeypatch.delattr(concurrent.futures, "InterpreterPoolExecutor", raising=False)
    monkeypatch.setattr(interpreters, "has_gil", lambda: True)
    with pytest.raises(NotPossible, match=r"InterpreterPoolExecutor \(Python 3\.14 .*; this is CPython 3\."):
        run("interpreters")


def test_interpreters_are_measured_where_there_are_some(monkeypatch):
    """Threads stand in for them: how they are made and asked is the same, what they gain is not."""
    monkeypatch.setattr(concurrent.futures, "InterpreterPoolExecutor", ThreadPoolExecutor, raising=False)
    monkeypatch.setattr(interpreters, "has_gil", lambda: False)
    monkeypatch.setattr(interpreters, "TASK", 0.002)
    assert interpreters.ways() == ["interpreters", "threads without a lock", "processes"]
    found = interpreters.measure(interpreters.ways()[:-1], 1)
    assert set(found) == {"one thread", "interpreters", "threads without a lock"}
    assert found["one thread"]["gain"] == 1
    assert all(pace["gain"] > 0 and pace["start_s"] > 0 for pace in found.values())


@pytest.mark.parametrize(
    ("gains", "verdict"),
    [
        ({"interpreters": 1.9, "threads without a lock": 1.8}, Verdict.NOT_BORNE_OUT),
        ({"interpreters": 1.9, "threads without a lock": 1.0}, Verdict.HALF),
        ({"interpreters": 1.0, "threads without a lock": 1.0}, Verdict.BORNE_OUT),
    ],
)
def test_interpreters_judge_what_is_inside_one_process(gains, verdict, monkeypatch):
    paces = {way: {"start_s": 0.01, "gain": gain} for way, gain in (gains | {"processes": 1.9}).items()}
    monkeypatch.setattr(interpreters, "ways", lambda: list(paces))
    monkeypatch.setattr(interpreters, "measured", lambda *_: paces)
    finding = interpreters.run(Scale.QUICK)
    assert finding.verdict is verdict
    assert "1.90 (processes)" in finding.because
    assert finding.notes == []
    paces["processes"]["gain"] = 1.0
    assert "this decides nothing" in interpreters.run(Scale.QUICK).notes[0]


@pytest.mark.skipif(
    not hasattr(concurrent.futures, "InterpreterPoolExecutor"),
    reason="this Python has no InterpreterPoolExecutor (new in 3.14)",
)
def test_interpreters():
    finding = run("interpreters")
    assert finding.figures["interpreters"]["gain"] > 0.3
    assert finding.figures["interpreters"]["start_s"] < finding.figures["processes"]["start_s"]
