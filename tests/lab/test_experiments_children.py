"""Experiments on how children start, talk and are left: the figures' direction. Each runs once, QUICK."""

import multiprocessing
from importlib import import_module

import pytest

from crawler.lab.experiments.pool_join_programs import TASKS
from crawler.lab.experiments.pool_pipe_workers import ITEMS
from crawler.lab.experiments.start_methods import DEFAULTS
from crawler.lab.experiments.start_methods_start import LOOKS
from crawler.lab.finding import Finding, Scale, Verdict
from crawler.lab.registry import EXPERIMENTS
from crawler.lab.tables import siblings as tables_siblings
from tests.lab.marked import nothing_left
from tests.lab.translated import assert_all_is_said_in_chinese


def run(name: str) -> Finding:
    with nothing_left():
        finding = import_module(EXPERIMENTS[name][0]).run(Scale.QUICK)
    assert_all_is_said_in_chinese(name, finding)
    return finding


def test_start_methods():
    finding = run("start-methods")
    methods = finding.figures["methods"]
    has = {method: {key for key in LOOKS if start[key]} for method, start in methods.items()}
    assert has == {
        "fork": {"global", "module", "file", "environ", "lock"},
        "spawn": {"environ"},
        "forkserver": set(),
    }
    assert methods["fork"]["later_s"] < methods["spawn"]["later_s"]
    assert methods["forkserver"]["later_s"] < methods["forkserver"]["first_s"]
    assert finding.verdict is Verdict.HALF


def test_start_methods_tells_the_default_of_every_version_and_of_this_one(monkeypatch):
    monkeypatch.setattr(multiprocessing, "get_all_start_methods", lambda: ["spawn"])
    finding = run("start-methods")
    assert finding.figures["default"] == "spawn"
    assert finding.tables[1].rows == (*DEFAULTS, ("this one", "this one", "spawn"))
    assert finding.verdict is Verdict.NOT_BORNE_OUT
    assert finding.notes == ["This platform has no fork, so it could not be tried."]


def test_pool_join():
    finding = run("pool-join")
    programs = finding.figures["programs"]
    done = {how: end["done"] for how, end in programs.items()}
    assert done["Pool, close() and join()"] == TASKS
    assert done["ProcessPoolExecutor, left alone"] == done["Process, left alone"] == TASKS
    for how in ("Pool, left alone", "with Pool()", "Process with daemon=True, left alone"):
        assert done[how] < TASKS
    assert [end["exit_code"] for end in programs.values()] == [0] * len(programs)
    assert finding.verdict is Verdict.BORNE_OUT


def test_pool_pipe():
    finding = run("pool-pipe")
    assert {way: one["items"] for way, one in finding.figures.items()} == {
        "Pipe, the parent keeps its write end": None,
        "Pipe, the parent closes its write end in time": ITEMS,
        "Pipe, with a last item": ITEMS,
        "Pipe, the same, the workers forked after it was made": None,
        "Queue as an argument": None,
        "Queue by the initializer, with a last item": ITEMS,
        "a manager's queue, with a last item": ITEMS,
    }
    assert [one["error"] for one in finding.figures.values() if one["error"]] == ["RuntimeError"]
    assert finding.verdict is Verdict.HALF
    assert "told by get() alone" in dict(finding.tables[0].rows)["Queue as an argument"]


def test_siblings():
    finding = run("siblings")
    assert {way: talk["went_on"] for way, talk in finding.figures.items()} == {
        "Pipe": True,
        "two Queues": True,
        "through the parent": False,
    }
    assert all(talk["trips_per_s"] > 0 for talk in finding.figures.values())
    assert finding.verdict is Verdict.NOT_BORNE_OUT


@pytest.mark.parametrize(("went_on", "words"), [(True, "they went on"), (False, "it was over")])
def test_siblings_says_what_the_figures_say(went_on, words):
    found = {"Pipe": {"trips_per_s": 1234.5, "went_on": went_on}}
    assert tables_siblings.in_words(found) == (
        f"Pipe: 1,234 round trips a second, and after the parent's death {words}."
    )
