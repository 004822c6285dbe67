"""What the Chinese texts of ``race`` say where figures are other than this machine's."""

import pytest

from crawler.lab.chinese import chinese_of
from crawler.lab.experiments.race import models as race_models
from crawler.lab.experiments.race import race, tables
from crawler.lab.experiments.race.claims import CLAIMS
from crawler.lab.experiments.race.figures import Run
from crawler.lab.experiments.race.judge import judged
from crawler.lab.experiments.race.models import models
from crawler.lab.finding import Finding, Scale, Table
from tests.lab.in_chinese import because, english_in

Results = dict[str, dict[str, Run]]


def raced(results: Results, monkeypatch: pytest.MonkeyPatch, scale: Scale = Scale.NORMAL) -> Finding:
    monkeypatch.setattr(race, "run_workload", lambda workload, *_: results[workload.name])
    monkeypatch.setattr(race, "client_cost", lambda _requests: {"http.client": 0.001})
    return race.run(scale)


def results(
    cpu: float = 10.0, others: float | None = None, slowed: float = 1.0, **paces: tuple[float, ...]
) -> Results:
    """Runs with 10 pages a second, or with ``paces``; ``asyncio_processes`` is that pair."""
    named = {name.replace("_", " + "): pace for name, pace in paces.items()}
    return {
        workload.name: {
            name: Run(100, 100 / named.get(name, (10.0,) * 3)[n], cpu, None, True, others, slowed=slowed)
            for name in ("sequential", "threads", "processes", "asyncio", "asyncio + processes")
        }
        for n, workload in enumerate(race.WORKLOADS[Scale.NORMAL])
    }


TRUE = {
    "asyncio": (50, 10, 20),
    "threads": (40, 4, 15),
    "processes": (10, 19, 15),
    "asyncio_processes": (30, 18, 38),
}
SLOW = TRUE | {"processes": (10, 11, 15)}
EXCUSES = {
    "But other programs held the cores": "其他程序占着 CPU：本来能用满一个核的爬取，只分到了 0.1 个核。",
    "But the site and other programs": "网站和其他程序最多占用了 0.9 个核。",
    "up to 1.6 times slower": "处理器本身时快时慢，最多相差 1.6 倍",
    "With a single core": "只有一个核，第二个进程就没有核可用。",
    "Run it again": "再跑一遍。",
}


@pytest.mark.parametrize("cores", [1, 2])
@pytest.mark.parametrize(("cpu", "others"), [(10.0, None), (10.0, 0.2), (10.0, 0.9), (1.0, 0.9)])
@pytest.mark.parametrize("slowed", [1.0, 1.6])
@pytest.mark.parametrize("paces", [TRUE, SLOW])
def test_race_says_what_may_have_turned_the_figures_round(
    paces: dict[str, tuple[float, ...]],
    cpu: float,
    others: float | None,
    slowed: float,
    cores: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("crawler.lab.experiments.race.judge.cores", lambda: cores)
    monkeypatch.setattr(race, "cores", lambda: cores)
    finding = raced(results(cpu, others, slowed, **paces), monkeypatch)
    said = because("race", finding.figures)
    assert f"可用 {cores} 个核" in said
    assert ("不成立的是“多个进程一起计算，比一个快”。" in said) is ("Not borne out" in finding.because)
    assert [words in said for words in EXCUSES.values()] == [words in finding.because for words in EXCUSES]


def test_race_leaves_out_what_was_not_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    runs = results(**TRUE)
    for one in runs.values():
        del one["sequential"], one["threads"]
    finding = raced(runs, monkeypatch)
    assert because("race", finding.figures) == (
        "比较每秒爬的页数（可用 2 个核）。"
        "计算密集型：asyncio + 进程是 asyncio、asyncio + 线程中较快者的 1.8 倍；"
        "混合型：asyncio + 进程是其余各种中最快者的 1.9 倍。"
    ).replace("可用 2", f"可用 {finding.figures['cores']}")
    assert english_in("race", finding.tables) == []


@pytest.mark.parametrize(("scale", "again"), [(Scale.NORMAL, True), (Scale.QUICK, False)])
def test_race_says_whether_a_disturbed_model_runs_again(
    scale: Scale, again: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    finding = raced(results(), monkeypatch, scale)
    assert ("干扰的再跑一遍" in chinese_of("race").done(finding.figures)) is again
    assert ("once more" in finding.done) is again


@pytest.mark.parametrize("cores", [1, 2])
@pytest.mark.parametrize("possible", [True, False])
def test_race_has_words_for_every_model(possible: bool, cores: int, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (race_models, tables):
        monkeypatch.setattr(module, "cores", lambda: cores)
    for ask in ("can_do_without_lock", "_has_interpreters"):
        monkeypatch.setattr(race_models, ask, lambda: possible)
    each = {model.name: Run(100, 10.0, 1.0, 10**8, not model.without_lock, 0.9) for model in models()}
    runs = {workload.name: each for workload in race.WORKLOADS[Scale.NORMAL]}
    fastest = [tables.winners({"mixed": {name: one} | each}) for name, one in each.items()]
    notes = tables.notes(
        {"threads": "threads did not end within 60 s", "x": "asyncio ended with exit code -9: no"}
    )
    made = [
        tables.claims_table(judged(runs)),
        *fastest,
        *(tables.workload_table(workload, each) for workload in race.WORKLOADS[Scale.QUICK]),
        tables.workload_table(race.WORKLOADS[Scale.QUICK][0], {"asyncio": each["asyncio"]}),
        Table(("how the fastest works",), tuple((tables._how(model),) for model in models())),
    ]
    assert english_in("race", made, notes) == []
    word = chinese_of("race").word
    assert word(notes[-2]) == "“线程”在 60 秒之内没有结束，所以没有它的数据。"
    assert word(notes[-1]) == "“asyncio”结束时的退出码是 -9：no。所以没有它的数据。"
    assert word("threads, asyncio + threads, asyncio") == "线程、asyncio + 线程、asyncio"


def test_race_has_words_for_every_claim() -> None:
    assert [claim.text for claim in CLAIMS if chinese_of("race").word(claim.text) is None] == []
    assert [model.name for model in models() if chinese_of("race").word(model.name) is None] == []
