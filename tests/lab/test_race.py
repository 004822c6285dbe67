"""The race: every model brings the same records, and who is faster, by direction only."""

import os
import traceback
from collections.abc import Mapping
from dataclasses import replace
from statistics import median

import pytest

from crawler.lab.experiments.race import measured_process, race, runs, tables
from crawler.lab.experiments.race.claims import CLAIMS, Claim
from crawler.lab.experiments.race.figures import RaceFailed, Run, Workload, beside_each_other
from crawler.lab.experiments.race.judge import fastest, judge, judged
from crawler.lab.experiments.race.models import Model, models
from crawler.lab.experiments.race.runs import run_model, run_workload
from crawler.lab.experiments.race.tables import claims_table, winners
from crawler.lab.finding import Scale, Verdict
from crawler.lab.machine import cores
from crawler.lab.report.pictures import can_draw
from crawler.lab.site.site_process import SiteProcess
from tests.lab.marked import nothing_left
from tests.lab.translated import assert_all_is_said_in_chinese

BY_NAME = {model.name: model for model in models()}
POSSIBLE = [model for model in models() if model.not_possible is None]
PAGES = 96
PARSED_AGAIN = (75, 150, 150)
"""Attempts: a machine that does something else for a moment can turn any single comparison round."""


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
@pytest.mark.alone
def test_processes_compute_on_more_cores_than_threads() -> None:
    # The second attempt is long enough for the start of processes to count little, whoever takes a share.
    for parse_again in PARSED_AGAIN:
        found = race_of(Workload("compute", latency=0.0, parse_again=parse_again), "threads", "processes")
        if found["processes"].pages_per_second > 1.05 * found["threads"].pages_per_second:
            # One computes while the others may be in the kernel, reading from their sockets.
            assert found["threads"].cores_used < 1.4
            return
    if os.getloadavg()[0] > 2 * cores():
        pytest.skip(f"others use the cores: load average {os.getloadavg()[0]:.1f} on {cores()}")
    pytest.fail(f"processes were not faster than threads in {len(PARSED_AGAIN)} attempts: {found}")


def test_a_model_that_brings_other_records_ends_the_race(monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = iter(range(10_000))
    monkeypatch.setattr(runs, "compared", lambda record: (next(numbers),))
    with pytest.raises(
        RaceFailed, match=r"^threads \(x\): 96 records of 96 differ from those of sequential$"
    ):
        race_of(Workload("x", 0.0, 0), "sequential", "threads")


def test_no_page_is_worth_all_the_others() -> None:
    """Or no number of cores would help: one core has to parse it, and all wait for that."""
    with SiteProcess() as site:
        found, _ = run_model(BY_NAME["sequential"], site.url)
    sizes = [facts[3] for facts in found.values()]
    assert len(sizes) == PAGES
    assert max(sizes) < 3 * median(sizes)


BROKEN = Model("broken", "no_such_model", "nobody", "nobody")


def test_a_model_that_breaks_says_so() -> None:
    with pytest.raises(RaceFailed, match=r"^broken ended with exit code 1: ModuleNotFoundError: No module"):
        run_workload(Workload("x", 0.0, 0), [BROKEN])


def test_a_model_that_cannot_run_loses_its_row_and_no_more() -> None:
    failed: dict[str, str] = {}
    found = run_workload(Workload("x", 0.0, 0), [BROKEN, BY_NAME["sequential"], BY_NAME["asyncio"]], failed)
    assert list(found) == ["sequential", "asyncio"]
    assert list(failed) == ["broken"]
    with pytest.raises(RaceFailed, match="broken"):  # it is not tried again
        run_workload(Workload("y", 0.0, 0), [BROKEN], failed)


def test_a_model_that_never_ends_loses_its_row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "TIME_LIMIT", 2.0)
    with nothing_left(), pytest.raises(RaceFailed, match=r"^sequential did not end within 2 s$"):
        race_of(Workload("x", latency=1.0, parse_again=0), "sequential")


def test_of_some_runs_the_fastest_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    walls = iter([3.0, 2.0, 4.0])
    monkeypatch.setattr(runs, "run_model", lambda *_: ({}, Run(1, next(walls), 1.0, None, True, others=1.0)))
    found = run_workload(Workload("x", 0.0, 0), [BY_NAME["asyncio"]], rounds=3)
    assert found["asyncio"].wall == 2.0


def test_the_reason_is_what_began_it_all() -> None:
    refused = ImportError("module msgspec._core does not support loading in subinterpreters")
    first = "".join(traceback.format_exception(refused))
    group = "".join(traceback.format_exception(ExceptionGroup("unhandled errors in a TaskGroup", [refused])))
    for errors in (first, group, f"Exception in initializer:\n{first}\nconcurrent.futures.Broken: later"):
        assert runs.reason(errors) == f"ImportError: {refused}"
    assert runs.reason("concurrent.futures.process.BrokenProcessPool: a child died\n").endswith("died")
    assert runs.reason("Killed\n") == "Killed"
    assert runs.reason("") == "it said nothing"


def test_every_request_has_its_price() -> None:
    cost = runs.client_cost(20)
    assert list(cost) == ["http.client", "aiohttp, as this crawler uses it"]
    assert all(0 < seconds < 0.1 for seconds in cost.values())


def results(**speeds: tuple[float, ...]) -> dict[str, dict[str, Run]]:
    """As below, each model named with _ for a space."""
    return as_results({name.replace("_", " "): pages for name, pages in speeds.items()})


def as_results(
    speeds: Mapping[str, tuple[float, ...]], cpu: float = 1.0, others: float | None = None
) -> dict[str, dict[str, Run]]:
    """Runs with so many pages a second under the three workloads; 10 of the models that are not named."""
    found: dict[str, dict[str, Run]] = {}
    for number, workload in enumerate(race.WORKLOADS[Scale.NORMAL]):
        found[workload.name] = {
            model.name: Run(100, 100 / speeds.get(model.name, (10,) * 3)[number], cpu, 10**8, True, others)
            for model in models()
            if not model.without_lock and "interpreters" not in model.name
        }
    return found


TRUE = {
    "asyncio": (50, 10, 20),
    "threads": (40, 4, 15),
    "processes": (10, 19, 15),
    "asyncio + processes": (30, 18, 38),
}


def test_the_verdict_follows_the_figures() -> None:
    verdict, because = judge(as_results(TRUE))
    assert verdict is Verdict.BORNE_OUT
    assert "I/O-bound: threads ÷ sequential 4.0 times, asyncio ÷ sequential 5.0 times" in because
    assert "1.9 times" in because
    assert "mixed: asyncio + processes ÷ the best of the others 1.9 times." in because
    assert judge(results(asyncio=(50, 10, 20)))[0] is Verdict.HALF
    verdict, because = judge(results())
    assert verdict is Verdict.NOT_BORNE_OUT
    assert "got 0.1 of it. Run it again on a quiet machine." in because


WRONG = [("threads", 0, 10), ("asyncio", 0, 10), ("threads", 1, 19), ("asyncio", 1, 12), ("processes", 1, 11)]
WRONG += [("asyncio + processes", 1, 11), ("asyncio + processes", 2, 21)]


@pytest.mark.parametrize(
    ("claim", "wrong"), list(zip(CLAIMS, WRONG, strict=True)), ids=[claim.text for claim in CLAIMS]
)
def test_each_claim_has_a_verdict_of_its_own(claim: Claim, wrong: tuple[str, int, float]) -> None:
    model, workload, pages = wrong
    figures = {**TRUE, model: tuple(pages if n == workload else old for n, old in enumerate(TRUE[model]))}
    found = judged(as_results(figures))
    assert [one.claim for one in found if one.verdict is not Verdict.BORNE_OUT] == [claim]
    (row,) = [row for row in claims_table(found).rows if row[-1] != "borne out"]
    assert (row[0], row[-1]) == (claim.text, "not borne out")
    verdict, because = judge(as_results(figures))
    assert verdict is Verdict.HALF
    assert f"Not borne out: {claim.text}" in because


def test_this_crawler_s_row_decides_nothing() -> None:
    loser, winner = (as_results(TRUE | {"this crawler": (pages,) * 3}) for pages in (1, 1000))
    assert judge(loser) == judge(winner)
    assert judge(results(this_crawler=(1000,) * 3))[0] is Verdict.NOT_BORNE_OUT


def test_a_claim_about_a_model_that_failed_is_not_judged() -> None:
    found = as_results(TRUE)
    for runs_ in found.values():
        del runs_["threads"]
    verdicts = {row[0]: row[-1] for row in claims_table(judged(found)).rows}
    assert verdicts["Threads wait for many answers at once."] == "not judged"
    assert verdicts["Coroutines wait for many answers at once."] == "borne out"
    assert judge(found)[0] is Verdict.BORNE_OUT
    for runs_ in found.values():
        runs_.clear()
    with pytest.raises(RaceFailed, match="No claim can be judged"):
        judge(found)


def test_other_programs_are_named_where_a_claim_fails_beside_them() -> None:
    figures = TRUE | {"processes": (10, 11, 15)}
    assert "Run it again" not in judge(as_results(figures, cpu=10.0, others=0.2))[1]
    because = judge(as_results(figures, cpu=10.0, others=0.9))[1]
    assert "other programs kept up to 0.9 cores busy meanwhile. Run it again on a quiet machine." in because
    rows = claims_table(judged(as_results(figures, cpu=10.0, others=0.9))).rows
    assert {row[-1] for row in rows} == {
        "borne out (disturbed)",
        "not borne out (disturbed)",
    }


def test_what_others_disturbed_is_run_again(monkeypatch: pytest.MonkeyPatch) -> None:
    figures = iter([Run(1, 2.0, 1.0, None, True, 0.9), Run(1, 1.0, 1.0, None, True, 0.1)])
    monkeypatch.setattr(runs, "run_model", lambda _model, _seed: ({}, next(figures)))
    found = run_workload(Workload("x", 0.0, 0), [BY_NAME["asyncio"]], rounds=5)
    assert found["asyncio"].wall == 1.0


def test_so_is_what_a_slower_processor_disturbed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Other machines share it, and nothing here is busy then. The same piece of work is timed beside each."""
    figures = iter([
        Run(1, 2.0, 2.0, None, True, 0.1, pace=0.2),
        Run(1, 1.0, 1.0, None, True, 0.1, pace=0.1),
        Run(1, 0.9, 0.9, None, True, 0.1, pace=0.11),
    ])  # fmt: skip
    monkeypatch.setattr(runs, "run_model", lambda _model, _seed: ({}, next(figures)))
    found = run_workload(Workload("x", 0.0, 0), [BY_NAME["sequential"], BY_NAME["asyncio"]], rounds=2)
    assert [(one.wall, one.disturbed) for one in found.values()] == [(0.9, False), (1.0, False)]


def test_a_slower_processor_is_named_where_a_claim_fails_beside_it() -> None:
    found = as_results(TRUE | {"processes": (10, 11, 15)}, cpu=10.0, others=0.2)
    slow = {
        workload: beside_each_other({
            name: replace(one, pace=0.1 if name == "asyncio" else 0.17) for name, one in each.items()
        })
        for workload, each in found.items()
    }  # fmt: skip
    assert "up to 1.7 times slower beside some models than beside others" in judge(slow)[1]


def test_the_pace_of_the_machine_is_measured() -> None:
    assert 0 < measured_process.pace() < 5


def test_the_race_goes_on_without_a_model_that_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    def run_all(
        workload: Workload, _models: object, failed: dict[str, str], _rounds: int
    ) -> Mapping[str, Run]:
        failed["asyncio + threads"] = "asyncio + threads ended with exit code 1: ImportError: no"
        found = as_results(TRUE)[workload.name]
        del found["asyncio + threads"]
        return found

    monkeypatch.setattr(race, "run_workload", run_all)
    monkeypatch.setattr(race, "client_cost", lambda _requests: {"http.client": 0.001})
    finding = race.run(Scale.NORMAL)
    assert_all_is_said_in_chinese("race", finding)
    assert finding.verdict is Verdict.BORNE_OUT
    assert finding.figures["failed"] == {
        "asyncio + threads": finding.notes[-1].removesuffix(". So it has no figures.")
    }
    rows = [row for table in finding.tables for row in table.rows if row[0] == "asyncio + threads"]
    assert [row[-1] for row in rows] == ["failed"] * 3
    assert "of the fork server" in " ".join(finding.notes)
    assert [one["verdict"] for one in finding.figures["claims"]] == ["borne out"] * len(CLAIMS)


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
    assert "failed here" not in words
    assert sum("★" in text for text in words) >= 3
    assert [panel.get_xlabel() for panel in figure.axes] == ["pages per second · cores used"] * 3
