"""Experiments on processes, their pools, queues and pipes: the figures' direction. Each runs once, QUICK."""

import multiprocessing
import os
import re
from importlib import import_module
from pathlib import Path

import pytest

from crawler.lab.experiments import limits, pipe, queues
from crawler.lab.finding import Finding, NotPossible, Scale, Verdict
from crawler.lab.registry import EXPERIMENTS
from tests.lab.marked import nothing_left


def run(name: str) -> Finding:
    with nothing_left():
        return import_module(EXPERIMENTS[name][0]).run(Scale.QUICK)


def test_globals():
    finding = run("globals")
    assert finding.verdict is Verdict.NOT_BORNE_OUT
    everything = {"sees_global", "sees_environ", "sees_file", "sees_argument", "seen_global", "seen_value"}
    sees = {worker: {key for key, saw in seen.items() if saw} for worker, seen in finding.figures.items()}
    assert sees["thread"] == everything
    assert sees["process (spawn)"] == {"sees_environ", "sees_argument", "seen_value"}
    assert sees["process (forkserver)"] == {"sees_argument", "seen_value"}
    assert sees["process (fork)"] == everything - {"seen_global"}


def test_globals_without_fork(monkeypatch):
    monkeypatch.setattr(multiprocessing, "get_all_start_methods", lambda: ["spawn"])
    finding = run("globals")
    assert set(finding.figures) == {"thread", "process (spawn)"}
    assert "no fork" in finding.notes[0]


def test_segfault():
    finding = run("segfault")
    codes = {place: end["exit_code"] for place, end in finding.figures.items()}
    assert codes == {
        "thread": -11,
        "coroutine": -11,
        "Process": 0,
        "multiprocessing.Pool": 0,
        "ProcessPoolExecutor": 0,
    }
    assert finding.figures["Process"]["saw"] == "exitcode -11 (SIGSEGV)"
    assert finding.figures["multiprocessing.Pool"]["saw"].startswith("no result and no error")
    assert finding.figures["ProcessPoolExecutor"]["saw"].startswith("BrokenProcessPool for 2 of 2")
    assert finding.verdict is Verdict.HALF


def test_process():
    finding = run("process")
    children = finding.figures["children"]
    assert [child["exitcode"] for child in children.values()] == [0, 3, 1, -15, None, -9]
    assert [child["alive_after"] for child in children.values()] == [False, False, False, False, True, False]
    assert all(child["pid_before"] is None and child["has_pid"] for child in children.values())
    assert finding.figures["with_child_s"] > finding.figures["with_daemon_s"]
    assert finding.verdict is Verdict.HALF


def test_pool():
    finding = run("pool")
    ways = finding.figures["ways"]
    assert ways["pool.apply"]["all_s"] > ways["pool.apply_async"]["all_s"]
    assert ways["pool.apply_async"]["returns_s"] < ways["pool.map"]["returns_s"]
    assert ways["pool.imap_unordered"]["first_s"] < ways["pool.map"]["first_s"]
    assert finding.figures["initializer_calls"] == 4
    assert finding.figures["callback_in"] != "MainThread"
    assert finding.figures["error_is_kept"]
    assert finding.figures["done_when_pool_left"] < finding.figures["done_when_executor_left"] == 8
    assert finding.verdict is Verdict.NOT_BORNE_OUT


def test_queue():
    finding = run("queue")
    for end in finding.figures["ends"]:
        assert all((lost == 0) == end["by_sentinel"] for lost in end["lost"])
        assert (end["ahead"] <= queues.BOUND + 3) == (end["bound"] == queues.BOUND)
    assert [join["stuck_before"] for join in finding.figures["joins"]] == [False, True]
    assert [join["stuck_after"] for join in finding.figures["joins"]] == [False, False]
    assert finding.verdict is Verdict.NOT_BORNE_OUT


def test_pipe():
    finding = run("pipe")
    rates = finding.figures["messages_per_s"]
    # A thousand times the bytes cost nowhere near a thousand times the time.
    assert all(65536 * rates[way]["65536"] > 2 * 64 * rates[way]["64"] > 0 for way in pipe.WAYS)
    assert finding.figures["end_is_seen"] == {"True": True, "False": False}


def test_cancel():
    finding = run("cancel")
    cancelled = finding.figures["cancelled"]
    assert set(cancelled) - set(finding.figures["went_on"]) == {
        "coroutine",
        "thread's future, waiting",
        "process's future, waiting",
    }
    assert cancelled["coroutine"]["finally_ran"]
    assert not cancelled["thread's future, running"]["cancel_returned"]
    assert cancelled["await of a process"]["cancel_returned"]
    assert finding.verdict is Verdict.HALF


def test_pool_kill():
    finding = run("pool-kill")
    executor, queue, ours = (finding.figures[name] for name in ("executor", "queue", "ours"))
    assert executor["hung"] + sum(broken > 1 for broken in executor["broken"]) > 0
    assert 0 < queue["stuck"] < queue["kills"]
    assert ours["killed"] == ours["kills"]
    assert ours["again"] <= ours["killed"]
    assert ours["parsed"] > 0
    assert finding.verdict is Verdict.HALF


CORES = {"gil", "overlap", "pool-size", "executor", "pool-kill"}
FORK_SERVER = {"start", "overlap", "queue", "pipe", "cancel", "pool-kill"}
MEMORY = {"start", "backpressure"}


@pytest.mark.parametrize("name", sorted(CORES))
def test_one_core_is_too_few(name, monkeypatch):
    monkeypatch.setattr(limits, "cores", lambda: 1)
    with pytest.raises(NotPossible, match="needs 2 CPU cores, and may use 1 here"):
        run(name)


@pytest.mark.parametrize("name", sorted(FORK_SERVER))
def test_without_a_fork_server(name, monkeypatch):
    monkeypatch.setattr(multiprocessing, "get_all_start_methods", lambda: ["spawn"])
    with pytest.raises(NotPossible, match="forkserver"):
        run(name)


@pytest.mark.parametrize("name", sorted(MEMORY))
def test_where_memory_is_not_told(name, monkeypatch):
    monkeypatch.setattr(limits, "PROC", Path("/nowhere"))
    with pytest.raises(NotPossible, match="smaps_rollup"):
        run(name)


def test_overlap_where_cores_cannot_be_chosen(monkeypatch):
    monkeypatch.delattr(os, "sched_setaffinity")
    with pytest.raises(NotPossible, match="sched_setaffinity"):
        run("overlap")


def test_the_limits_of_this_machine():
    assert 1_000_000 < limits.available_memory() < 1 << 45
    assert 1_000_000 < limits.memory_of() < 1 << 40
    assert 0 < limits.most_processes() < 1 << 32


def test_the_docs_name_every_claim():
    """The table in docs/lab.md, against the claims as the files have them."""
    root = Path(__file__).parents[2]
    rows = dict(
        re.findall(
            r"^\| \[`(.+?)`\]\(.+\) \| (.+) \|$", (root / "docs/lab.md").read_text("utf-8"), re.MULTILINE
        )
    )
    for name, (module, _) in EXPERIMENTS.items():
        if name != "race":
            source = (root / (module.replace(".", "/") + ".py")).read_text("utf-8")
            assert f'claim="{rows.pop(name)}"' in source


def test_verdict_of_points():
    assert Verdict.of([True, True]) is Verdict.BORNE_OUT
    assert Verdict.of(iter([True, False])) is Verdict.HALF
    assert Verdict.of([False]) is Verdict.NOT_BORNE_OUT
