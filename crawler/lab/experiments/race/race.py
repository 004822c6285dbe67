"""The race itself: every model under three workloads, told as one finding."""

from collections.abc import Mapping
from dataclasses import asdict
from functools import partial

from crawler.lab.experiments.race.models import Model, models
from crawler.lab.experiments.race.picture import draw
from crawler.lab.experiments.race.runs import Run, Workload, client_cost, run_workload
from crawler.lab.finding import Finding, Scale, Table, Verdict
from crawler.lab.machine import cores

WORKLOADS = {
    Scale.NORMAL: (
        Workload("I/O-bound", latency=0.04, parse_again=0),
        Workload("CPU-bound", latency=0.0, parse_again=90),
        Workload("mixed", latency=0.04, parse_again=60),
    ),
    Scale.QUICK: (
        Workload("I/O-bound", latency=0.02, parse_again=0),
        Workload("CPU-bound", latency=0.0, parse_again=40),
        Workload("mixed", latency=0.02, parse_again=30),
    ),
}
TIE = 0.9
"""A model this near to the fastest is as fast, as far as one run can tell."""
STARVED = 0.75
"""Of a core: a crawl that only computes uses nearly all of one, unless other programs hold it."""
Results = Mapping[str, Mapping[str, Run]]
"""By workload, by model."""


def run(scale: Scale) -> Finding:
    """Race. Takes most of a minute on two cores."""
    workloads = WORKLOADS[scale]
    runners = [model for model in models() if model.not_possible is None]
    results = {workload.name: run_workload(workload, runners) for workload in workloads}
    cost = client_cost(300 if scale is Scale.NORMAL else 100)
    pages = next(iter(results[workloads[0].name].values())).pages
    verdict, because = judge(results)
    tables = [winners(results), *(_table(workload, results[workload.name]) for workload in workloads)]
    return Finding(
        claim="Coroutines and threads are for waiting, processes for computing; a crawler does both, so it "
        "needs both.",
        done=f"{pages} pages of the fixture site, served by a process of its own, were crawled under each "
        "model by the same rules and the same parser; all brought the same records. "
        "Parsing is made dear by parsing each page many times over.",
        tables=[*tables, _cost_table(cost)],
        verdict=verdict,
        because=because,
        figures={
            "cores": cores(),
            "pages": pages,
            "workloads": {workload.name: asdict(workload) for workload in workloads},
            "runs": {
                name: {model: _figures(one) for model, one in runs.items()} for name, runs in results.items()
            },
            "winners": {name: fastest(runs) for name, runs in results.items()},
            "not_possible": {model.name: model.not_possible for model in models() if model.not_possible},
            "cpu_per_request_s": cost,
        },
        draw=partial(draw, workloads, results, models()),
        notes=_notes(),
    )


def fastest(runs: Mapping[str, Run]) -> list[str]:
    """The fastest model, and those that are as fast as one run can tell, fastest first."""
    ranked = sorted(runs, key=lambda name: -runs[name].pages_per_second)
    best = runs[ranked[0]].pages_per_second
    return [name for name in ranked if runs[name].pages_per_second >= TIE * best]


def judge(results: Results) -> tuple[Verdict, str]:
    """What the figures say to the claim, each of its three parts on its own."""
    waiting, computing, mixed = (_by_kind(runs) for runs in results.values())
    ratios = (
        waiting["many"] / waiting["sequential"],
        computing["all cores"] / computing["one core"],
        mixed["both"] / mixed["one core"],
    )
    parts = (ratios[0] >= 2, ratios[1] >= 1.15, ratios[2] >= 1.05)
    because = (
        f"With {cores()} core{'s' if cores() > 1 else ''}: of waiting, coroutines or threads got through "
        f"{ratios[0]:.1f} times as many pages as one after the other; of computing, processes did "
        f"{ratios[1]:.1f} times as many as the best model that computes in one; of both, coroutines with "
        f"processes did {ratios[2]:.1f} times as many as that."
    )
    if all(parts):
        return Verdict.BORNE_OUT, because
    had = _computing(results)["sequential"].cores_used
    if had < STARVED:
        because += (
            f" But other programs held the cores meanwhile: a crawl that could have used one whole core got "
            f"{had:.1f} of it. Run it again on a quiet machine."
        )
    if cores() == 1:
        because += " With a single core there is nothing for a second process to run on."
    return (Verdict.HALF if any(parts) else Verdict.NOT_BORNE_OUT), because


def _computing(results: Results) -> Mapping[str, Run]:
    """The runs under the workload that is nothing but computing, the second one."""
    return list(results.values())[1]


def _by_kind(runs: Mapping[str, Run]) -> dict[str, float]:
    """Pages a second of the best model of each kind."""
    speed = {model: runs[model.name].pages_per_second for model in models() if model.name in runs}
    with_lock = {model: pages for model, pages in speed.items() if not model.without_lock}

    def best(**wanted: bool) -> float:
        fit = [
            pages
            for model, pages in with_lock.items()
            if all(getattr(model, name) is value for name, value in wanted.items())
        ]
        return max(fit)

    return {
        "sequential": runs["sequential"].pages_per_second,
        "many": best(waits_for_many=True, computes_on_all_cores=False),
        "one core": best(computes_on_all_cores=False),
        "all cores": best(computes_on_all_cores=True),
        "both": best(waits_for_many=True, computes_on_all_cores=True),
    }


def winners(results: Results) -> Table:
    """The table that says it all."""
    by_name = {model.name: model for model in models()}
    rows = []
    for name, runs in results.items():
        first, *ties = fastest(runs)
        ratio = runs[first].pages_per_second / runs["sequential"].pages_per_second
        rows.append((name, first, f"{ratio:.1f}", ", ".join(ties) or "–", _why(by_name[first])))
    columns = ("workload", "fastest", "× sequential", "as fast (within 10 %)", "why")
    return Table(columns, tuple(rows), f"Who won, on {cores()} core{'s' if cores() > 1 else ''}")


def _why(model: Model) -> str:
    waits = f"waits with {model.waits}" if model.waits_for_many else f"waits for a page in {model.waits}"
    how = "on all cores" if model.computes_on_all_cores else "on one core"
    return f"{waits}, parses {how}"


def _table(workload: Workload, runs: Mapping[str, Run]) -> Table:
    best = fastest(runs)[0]
    rows = []
    for model in models():
        one = runs.get(model.name)
        if one is None:
            rows.append((model.name, *["–"] * 7, "not tried"))
            continue
        rows.append(
            (
                f"{model.name} ★" if model.name == best else model.name,
                model.waits,
                model.parses,
                f"{one.pages_per_second:,.0f}",
                f"{one.wall:.2f}",
                f"{one.cpu:.2f}",
                f"{one.cores_used:.2f}",
                f"{one.memory / 1e6:,.0f}" if one.memory else "–",
                "" if one.gil else "no GIL",
            )
        )
    waiting = f"answers take {workload.latency * 1000:.0f} ms" if workload.latency else "answers come at once"
    parsing = f"{workload.parse_again + 1} times" if workload.parse_again else "once"
    columns = ("model", "waits", "parses", "pages/s", "wall s", "CPU s", "cores used", "peak MB", "")
    return Table(columns, tuple(rows), f"{workload.name}: {waiting}, each page is parsed {parsing}")


def _cost_table(cost: Mapping[str, float]) -> Table:
    rows = tuple((client, f"{seconds * 1e6:,.0f}") for client, seconds in cost.items())
    return Table(("client", "CPU µs a request"), rows, "What a request costs its client")


def _figures(one: Run) -> dict[str, object]:
    return {
        "pages_per_second": round(one.pages_per_second, 2),
        "wall_s": round(one.wall, 4),
        "cpu_s": round(one.cpu, 4),
        "cores_used": round(one.cores_used, 3),
        "peak_memory_bytes": one.memory,
        "gil": one.gil,
    }


def _notes() -> list[str]:
    missing = [
        f"{model.name} was not tried: {model.not_possible}." for model in models() if model.not_possible
    ]
    return [
        "Sequential, threads and processes use http.client with kept connections, the others this crawler's "
        "aiohttp backend; the site's own processor time, on the same cores, is not counted.",
        "Each model ran once, in fresh processes; starting its pools counts, imports do not. Memory is the "
        "peak of all its processes, what they share counted once.",
        "This crawler also keeps its frontier on disk and commits each record exactly once; the others keep "
        "all in memory and lose it when they are killed.",
        *missing,
    ]
