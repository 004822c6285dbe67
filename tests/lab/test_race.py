"""The race: every model brings the same records, and who is faster, by direction only."""

import os
from collections.abc import Mapping

import pytest

from crawler.lab.experiments.race import race, runs, tables
from crawler.lab.experiments.race.figures import Run, Workload
from crawler.lab.experiments.race.judge import fastest, judge
from crawler.lab.experiments.race.models import Model, models
from crawler.lab.experiments.race.runs import RaceFailed, run_workload
from crawler.lab.experiments.race.tables import winners
from crawler.lab.finding import Scale, Verdict
from crawler.lab.machine import cores
from crawler.lab.report.pictures import can_draw

BY_NAME = {model.name: model for model in models()}
POSSIBLE = [model for model in models() if model.not_possible is None]
PAGES = 97
ATTEMPTS = 3
"""A machine that does something else for a moment can turn any single comparison round."""


def race_of(workload: Workload, *names: str) -> Mapping[str, Run]:
    return run_workload(workload, [BY_NAME[name] for name in names])


def test_every_model_brings_the_same_records() -> None:
    found = run_workload(Workload("tiny", latency=0.0, parse_again=0), POSSIBLE)
    assert list(found) == [model.name for model in POSSIBLE]
    assert len(found) >= 7
    for one in found.values():
        assert one.pages == PAGES
        assert one.wall > 0
        assert one.cpu > 0
        assert one.memory is None or one.memory > 10e6


def test_coroutines_and_threads_wait_for_many_at_once() -> None:
    found = race_of(Workload("wait", latency=0.03, parse_again=0), "sequential", "threads", "asyncio")
    assert found["sequential"].wall >= PAGES * 0.03
    assert found["threads"].pages_per_second > 2 * found["sequential"].pages_per_second
    assert found["asyncio"].pages_per_second > 2 * found["sequential"].pages_per_second


@pytest.mark.skipif(cores() < 2, reason="with one core there is nothing to gain from a second process")
@pytest.mark.timeout(180)
def test_processes_compute_on_more_cores_than_threads() -> None:
    compute = Workload("compute", latency=0.0, parse_again=30)
    for _ in range(ATTEMPTS):
        found = race_of(compute, "threads", "processes")
        if found["processes"].pages_per_second > 1.05 * found["threads"].pages_per_second:
            assert found["threads"].cores_used < 1.2
            return
    if os.getloadavg()[0] > 2 * cores():
        pytest.skip(f"others use the cores: load average {os.getloadavg()[0]:.1f} on {cores()}")
    pytest.fail(f"processes were not faster than threads in {ATTEMPTS} attempts: {found}")


def test_a_model_that_brings_other_records_ends_the_race(monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = iter(range(10_000))
    monkeypatch.setattr(runs, "compared", lambda record: (next(numbers),))
    with pytest.raises(
        RaceFailed, match=r"^threads \(x\): 97 records of 97 differ from those of sequential$"
    ):
        race_of(Workload("x", 0.0, 0), "sequential", "threads")


def test_a_model_that_breaks_says_so() -> None:
    broken = Model("broken", "no_such_model", "nobody", "nobody")
    with pytest.raises(RaceFailed, match=r"^broken ended with exit code 1: ModuleNotFoundError"):
        run_workload(Workload("x", 0.0, 0), [broken])


def test_every_request_has_its_price() -> None:
    cost = runs.client_cost(20)
    assert list(cost) == ["http.client", "aiohttp, as this crawler uses it"]
    assert all(0 < seconds < 0.1 for seconds in cost.values())


def results(**speeds: tuple[float, ...]) -> dict[str, dict[str, Run]]:
    """Pages a second under the three workloads, of each model named with _ for a space; 10 of the others."""
    found: dict[str, dict[str, Run]] = {}
    for number, workload in enumerate(race.WORKLOADS[Scale.NORMAL]):
        found[workload.name] = {
            model.name: Run(
                100, 100 / speeds.get(model.name.replace(" ", "_"), (10,) * 3)[number], 1.0, 10**8, True
            )
            for model in models()
            if not model.without_lock and "interpreters" not in model.name
        }
    return found


def test_the_verdict_follows_the_figures() -> None:
    won = results(asyncio=(50, 10, 20), processes=(10, 19, 15), this_crawler=(40, 18, 38))
    verdict, because = judge(won)
    assert verdict is Verdict.BORNE_OUT
    assert "5.0 times" in because
    assert "1.9 times" in because
    assert judge(results(asyncio=(50, 10, 20)))[0] is Verdict.HALF
    verdict, because = judge(results())
    assert verdict is Verdict.NOT_BORNE_OUT
    assert "got 0.1 of it. Run it again on a quiet machine." in because


def test_winners_are_named_with_those_as_fast() -> None:
    found = results(asyncio=(50, 10, 20), threads=(46, 10, 20), this_crawler=(40, 18, 38))
    assert fastest(found["I/O-bound"]) == ["asyncio", "threads"]
    table = winners(found)
    assert table.rows[0][:4] == ("I/O-bound", "asyncio", "5.0", "threads")
    assert table.rows[2][4] == "waits with 32 coroutines, parses on all cores"


def test_what_this_python_cannot_run_is_told_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crawler.lab.experiments.race.models._has_interpreters", lambda: False)
    monkeypatch.setattr("crawler.lab.experiments.race.models.can_do_without_lock", lambda: False)
    notes = "\n".join(tables.notes())
    assert "asyncio + interpreters was not tried: needs Python 3.14" in notes
    assert "threads without GIL was not tried: this Python has a global lock" in notes
    table = tables.workload_table(race.WORKLOADS[Scale.NORMAL][0], results()["I/O-bound"])
    assert [row[0] for row in table.rows if row[-1] == "not tried"] == [
        "asyncio + interpreters",
        "threads without GIL",
    ]


@pytest.mark.skipif(not can_draw(), reason="matplotlib is not installed")
def test_the_picture_says_what_was_not_tried() -> None:
    from matplotlib.figure import Figure

    figure = Figure()
    race.draw(race.WORKLOADS[Scale.NORMAL], results(), models(), figure)
    words = [text.get_text() for panel in figure.axes for text in panel.texts]
    assert words.count("not tried here") == 6
    assert sum("★" in text for text in words) >= 3
    assert [panel.get_xlabel() for panel in figure.axes] == ["pages per second"] * 3
