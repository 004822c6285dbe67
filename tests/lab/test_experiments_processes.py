"""Experiments on processes, their pools, queues and pipes: the figures' direction. Each runs once, QUICK."""

import multiprocessing
import os
import re
from importlib import import_module
from pathlib import Path

import pytest

from crawler.lab.experiments import limits, pipe, pool, queues, segfault
from crawler.lab.experiments.process_daemon import End
from crawler.lab.experiments.race.claims import CLAIMS
from crawler.lab.finding import Finding, NotPossible, Scale, Verdict
from crawler.lab.registry import EXPERIMENTS
from crawler.lab.sandbox_process import Outcome
from crawler.lab.tables import pool as tables_pool
from crawler.lab.tables import pool_kill as tables_pool_kill
from crawler.lab.tables import segfault as tables_segfault
from tests.lab.marked import nothing_left
from tests.lab.translated import assert_all_is_said_in_chinese


def run(name: str) -> Finding:
    with nothing_left():
        finding = import_module(EXPERIMENTS[name][0]).run(Scale.QUICK)
    assert_all_is_said_in_chinese(name, finding)
    return finding


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


@pytest.mark.parametrize("methods", [["fork", "spawn", "forkserver"], ["forkserver", "spawn", "fork"]])
def test_globals_tells_the_default_of_this_python(monkeypatch, methods):
    """``fork`` was Linux's up to 3.13; ``forkserver`` is since."""
    monkeypatch.setattr(multiprocessing, "get_all_start_methods", lambda: methods)
    assert run("globals").notes == [
        f"Unless told otherwise, multiprocessing starts children by {methods[0]} here."
    ]


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
    assert finding.figures["multiprocessing.Pool"]["saw"].endswith("; new workers: 1")
    assert (
        finding.figures["ProcessPoolExecutor"]["saw"]
        == "BrokenProcessPool for 2 of 2 tasks, 1 of them innocent"
    )
    assert [row[2] for row in finding.tables[0].rows[:2]] == ["nothing: no finally block was run"] * 2
    assert finding.verdict is Verdict.HALF


def test_segfault_says_where_a_finally_block_was_run():
    ended = Outcome(answer=None, exit_code=1, hung=False, errors=f"{segfault.SURVIVED}\nTraceback")
    table = tables_segfault.table({"thread": ended}, segfault.SURVIVED)
    assert table.rows == (("thread", "ended: exit code 1", segfault.SURVIVED),)


def test_process():
    finding = run("process")
    children = finding.figures["children"]
    assert [child["exitcode"] for child in children.values()] == [0, 3, 1, -15, None, -9]
    assert [child["alive_after"] for child in children.values()] == [False, False, False, False, True, False]
    assert all(child["pid_before"] is None and child["has_pid"] for child in children.values())
    assert finding.figures["with_child_s"] > finding.figures["with_daemon_s"]
    assert [note.rpartition(": ")[2] for note in finding.notes] == [
        "the child was waited for.",
        "the child was ended.",
    ]
    assert finding.verdict is Verdict.HALF


def test_process_tells_what_became_of_the_child_however_long_it_took():
    assert End(5.0, child_ended_itself=False).child == "the child was ended"
    assert End(1.0, child_ended_itself=True).child == "the child was waited for"


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
    assert "one after the other" in finding.because


def test_pool_says_what_the_figures_say(monkeypatch):
    """Figures that nobody has seen yet: apply() at once, a Pool that waits, an executor that does not."""
    way = {"returns_s": 0.0, "first_s": 0.05, "all_s": 0.1, "in_order": True}
    hidden = {
        "initializer_calls": 4,
        "callback_in": "MainThread",
        "error_is_kept": False,
        "workers": 2,
        "tasks": 8,
    }
    hidden |= {"done_when_pool_left": 8, "done_when_executor_left": 3}
    answers = iter([dict.fromkeys(("pool.apply", "pool.apply_async"), way), hidden])
    monkeypatch.setattr(pool, "measured", lambda _: next(answers))
    finding = pool.run(Scale.QUICK)
    assert finding.verdict is Verdict.BORNE_OUT
    assert "more than one at a time" in finding.because
    assert [row[1] for row in tables_pool.hidden_table(hidden).rows[1:]] == [
        "MainThread",
        "is raised",
        "8 (it waited)",
        "3 (the others were dropped)",
    ]


def test_queue():
    finding = run("queue")
    for end in finding.figures["ends"]:
        assert all((lost == 0) == end["by_sentinel"] for lost in end["lost"])
        assert (end["ahead"] <= queues.BOUND + 3) == (end["bound"] == queues.BOUND)
    assert [join["stuck_before"] for join in finding.figures["joins"]] == [False, True]
    assert [join["stuck_after"] for join in finding.figures["joins"]] == [False, False]
    assert finding.verdict is Verdict.NOT_BORNE_OUT


def test_pipe_sends_memory_that_was_written():
    """``bytes(size)`` is the system's page of zeros over and over: no message is so cheap to read."""
    waiting, go = multiprocessing.Pipe(duplex=False)
    go.send_bytes(b"go")
    sent: list[bytes] = []
    pipe.send(sent.append, 8, 2, waiting)
    assert len(sent) == 3
    assert all(len(message) == 8 and any(message) for message in sent)
    waiting.close()
    go.close()


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
    # Two coroutines count in one place: each has to read it and add to it without a wait in between.
    assert ours["parsed"] == ours["begun"] > 0
    assert finding.verdict is Verdict.HALF


def test_pool_kill_tells_what_was_lost_and_what_was_not():
    found = {
        "executor": {"kills": 3, "hung": 0, "broken": []},
        "queue": {"kills": 4, "stuck": 0},
        "ours": {"killed": 3, "begun": 12, "parsed": 10, "again": 1},
    }
    rows = tables_pool_kill.table(found, 12).rows
    assert [row[2:] for row in rows] == [
        ("0 programs", "up to 0 of 12 futures failed at once"),
        ("0 consumers", "nothing"),
        ("2 pages", "parsed again: 1 of 10 pages"),
    ]


CORES = {"gil", "c-code", "interpreters", "overlap", "pool-size", "executor", "pool-kill"}
FORK_SERVER = {"start", "pool-pipe", "siblings", "overlap", "queue", "pipe", "cancel", "pool-kill"}
MEMORY = {"start", "semaphore", "backpressure"}


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
    lab = (root / "docs/lab.md").read_text("utf-8")
    assert all(f"| {claim.text} |" in lab for claim in CLAIMS)


def test_verdict_of_points():
    assert Verdict.of([True, True]) is Verdict.BORNE_OUT
    assert Verdict.of(iter([True, False])) is Verdict.HALF
    assert Verdict.of([False]) is Verdict.NOT_BORNE_OUT
