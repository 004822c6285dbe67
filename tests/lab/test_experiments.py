"""Experiments on what runs at the same time: the direction of their figures, never the size."""

from importlib import import_module

import pytest

from crawler.lab.experiments import backpressure, executor, gil, limits, pool_size, start_climb, turns
from crawler.lab.finding import Finding, Scale, Verdict
from crawler.lab.machine import has_gil
from crawler.lab.registry import EXPERIMENTS
from tests.lab.marked import nothing_left
from tests.lab.translated import assert_all_is_said_in_chinese

with_a_lock = pytest.mark.skipif(not has_gil(), reason="this Python has no global interpreter lock")


def found(name: str) -> Finding:
    with nothing_left():
        finding = import_module(EXPERIMENTS[name][0]).run(Scale.QUICK)
    assert_all_is_said_in_chinese(name, finding)
    return finding


def test_start():
    finding = found("start")
    each = finding.figures["each"]
    assert each["coroutines"]["start_s"] < each["processes"]["start_s"]
    assert each["threads"]["start_s"] < each["processes"]["start_s"]
    assert (
        each["coroutines"]["memory_bytes"]
        < each["threads"]["memory_bytes"]
        < each["processes"]["memory_bytes"]
    )
    assert finding.verdict is not Verdict.NOT_BORNE_OUT
    counts = {kind: [step["count"] for step in steps] for kind, steps in finding.figures["steps"].items()}
    assert counts["coroutines"] == [1, 10, 100, 1000]
    assert counts["processes"] == [1, 10]


def test_start_stops_before_it_would_do_harm(monkeypatch):
    ten = {"count": 10, "start_s": 0.1, "end_s": 0.1, "memory_bytes": 1e6}
    monkeypatch.setattr(start_climb, "available_memory", lambda: 100_000_000)
    monkeypatch.setattr(start_climb, "most_processes", lambda: 500)
    assert start_climb.reason_to_stop("threads", 100, ten, timeout=5) is None
    assert "memory" in (start_climb.reason_to_stop("threads", 1000, ten, timeout=500) or "")
    monkeypatch.setattr(start_climb, "available_memory", lambda: None)
    assert "500 that may still be started" in (
        start_climb.reason_to_stop("threads", 1000, ten, timeout=500) or ""
    )
    assert start_climb.reason_to_stop("coroutines", 1000, ten, timeout=500) is None
    assert "20 s" in (start_climb.reason_to_stop("coroutines", 1000, ten, timeout=5) or "")


COSTS = {"start_s": 0.0, "end_s": 0.0, "memory_bytes": 1.0}


def test_start_says_where_it_stopped(monkeypatch):
    monkeypatch.setattr(start_climb, "most_processes", lambda: 100)
    monkeypatch.setattr(
        start_climb, "measured", lambda function, count: start_climb.costs(count, 0.0, 1.0, 0.0)
    )
    steps, reason = start_climb.climb("threads", print, 10_000, timeout=5)
    assert [step["count"] for step in steps] == [1, 10]
    assert reason == "100 are more than half of the 100 that may still be started"


@with_a_lock
def test_gil():
    finding = found("gil")
    assert finding.figures["cores"]["threads"] < 1.1
    assert finding.verdict is Verdict.NOT_BORNE_OUT
    waiting = finding.figures["seconds_and_cores"]["0"]
    assert waiting["4 threads"][0] < waiting["2 threads"][0] < waiting["1 threads"][0]


@pytest.mark.parametrize(
    ("gains", "share"),
    [
        ({0.0: 1.0, 0.5: 1.05, 1.0: 2.0}, 0.526),
        ({0.0: 0.5, 1.0: 1.7}, 0.5),
        ({0.0: 1.0, 0.5: 3.0, 1.0: 1.0}, None),
        ({0.0: 2.0, 1.0: 2.0}, 0.0),
    ],
)
def test_gil_crossover(gains, share):
    assert gil.crossing(gains) == (share if share is None else pytest.approx(share, abs=0.001))


@with_a_lock
def test_overlap():
    # A machine that is busy with other things may not give two cores at once; so some attempts.
    for _ in range(4):
        finding = found("overlap")
        shares = finding.figures["parallel_share"]
        if shares["processes on two cores"] > turns.PARALLEL:
            break
    for name in (
        "coroutines on one core",
        "coroutines on two cores",
        "threads on one core",
        "threads on two cores",
    ):
        assert shares[name] < turns.PARALLEL
    assert shares["processes on two cores"] > max(turns.PARALLEL, shares["processes on one core"])
    assert finding.verdict is Verdict.HALF


def test_overlap_counts_the_time_in_which_two_ran():
    assert turns.parallel_share([[(0, 2)], [(1, 3)]]) == pytest.approx(1 / 3)
    assert turns.parallel_share([[(0, 1), (2, 3)], [(1, 2)]]) == 0
    assert turns.parallel_share([[(0, 1)], [(0, 1)], [(5, 6)]]) == pytest.approx(1 / 2)


def test_pool_size():
    finding = found("pool-size")
    figures = finding.figures
    assert finding.verdict is not Verdict.BORNE_OUT
    assert figures["io_answers_per_s"][64] > 3 * figures["io_answers_per_s"][figures["cores"]]
    assert figures["io_knee"] > figures["cores"]

    assert all(0 < busy["site"] < 1.1 for busy in figures["io_cores_busy"].values())
    found_it = figures["io_limit"] == "the event loop's core"
    assert found_it is ("the core of the event loop was full" in finding.because)


@pytest.mark.parametrize(
    ("loop", "site", "rates", "limit", "words"),
    [
        (
            0.95,
            0.6,
            (10, 90, 100),
            "the event loop's core",
            "about 64 in flight, where the core of the event loop",
        ),
        (
            0.5,
            0.97,
            (10, 90, 100),
            None,
            "where our own site's core was full (97% busy); of the loop, no limit",
        ),
        (
            0.3,
            0.2,
            (10, 50, 100),
            None,
            "it still grew with 512 in flight, the most that were tried; no limit",
        ),
        (0.5, 0.5, (10, 100, 90), None, "no limit was found, other programs may have held the cores"),
    ],
)
def test_pool_size_names_what_was_full(loop, site, rates, limit, words):
    levels = {
        n: {"answers_per_s": float(rate), "loop": loop * share, "site": site * share}
        for (n, share), rate in zip({2: 0.1, 64: 0.9, 512: 1.0}.items(), rates, strict=True)
    }
    found_limit, in_words = pool_size.limit_of(levels)
    assert found_limit == limit
    assert words in in_words


@pytest.mark.parametrize(
    ("soft", "hard", "most"), [(1024, 4096, 3000), (1024, 2000, 2000), (1024, -1, 3000), (4096, 4096, 3000)]
)
def test_no_more_connections_are_tried_than_may_be_open(monkeypatch, soft, hard, most):
    import resource

    told: list[tuple[int, int]] = []
    monkeypatch.setattr(resource, "getrlimit", lambda _: (soft, hard))
    monkeypatch.setattr(resource, "setrlimit", lambda _, limits: told.append(limits))
    assert limits.may_open(3000) == most
    assert told == ([] if soft > 3000 else [(most, hard)])


def test_pool_size_knee():
    assert pool_size.knee({1: 10.0, 2: 86.0, 4: 100.0, 8: 99.0}) == 2


def test_executor():
    finding = found("executor")
    p95 = finding.figures["p95_s"]
    assert p95["process"] < p95["inline"]
    assert p95["no parsing"] < p95["inline"]
    assert set(p95) == set(executor.PLACES)


def test_backpressure():
    finding = found("backpressure")
    assert finding.verdict is Verdict.NOT_BORNE_OUT
    assert (
        finding.figures["bounded"]["waiting"] <= backpressure.BOUND < finding.figures["unbounded"]["waiting"]
    )
    grown = {name: finding.figures[name]["memory"][-1][1] for name in ("bounded", "unbounded")}
    assert grown["unbounded"] > 2 * grown["bounded"]
