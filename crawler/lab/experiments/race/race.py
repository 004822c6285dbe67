"""The race itself: every model under three workloads, reported as one finding.

A crawler waits for answers and computes with pages. Who waits for one answer at a time gets one in each
round trip; threads and coroutines wait for many at once, and that costs next to no CPU. To parse takes CPU,
and threads and coroutines of one process share one interpreter, which runs one of them at a time. Processes
have an interpreter each: they parse at once, on as many cores as there are. So a model that does only one
of the two well is as slow as the other one lets it be, and the third workload, which has both, shows it.
"""

from dataclasses import asdict
from functools import partial

from crawler.lab.experiments.race.figures import Run, Workload
from crawler.lab.experiments.race.judge import fastest, judge, judged
from crawler.lab.experiments.race.models import models
from crawler.lab.experiments.race.picture import draw
from crawler.lab.experiments.race.runs import client_cost, run_workload
from crawler.lab.experiments.race.tables import claims_table, cost_table, notes, winners, workload_table
from crawler.lab.finding import Finding, Scale
from crawler.lab.machine import cores

WORKLOADS = {
    Scale.NORMAL: (
        Workload("I/O-bound", latency=0.02, parse_again=0),
        Workload("CPU-bound", latency=0.0, parse_again=150),
        Workload("mixed", latency=0.02, parse_again=120),
    ),
    Scale.QUICK: (
        Workload("I/O-bound", latency=0.02, parse_again=0),
        Workload("CPU-bound", latency=0.0, parse_again=120),
        Workload("mixed", latency=0.02, parse_again=80),
    ),
}
ROUNDS = {Scale.NORMAL: 2, Scale.QUICK: 1}
"""Runs of each model under each workload, at most: one that nobody disturbed is enough."""


def run(scale: Scale) -> Finding:
    """Race. Takes most of a minute on two cores, and longer while others use them."""
    workloads, rounds = WORKLOADS[scale], ROUNDS[scale]
    runners = [model for model in models() if model.not_possible is None]
    failed: dict[str, str] = {}
    results = {workload.name: run_workload(workload, runners, failed, rounds) for workload in workloads}
    cost = client_cost(300 if scale is Scale.NORMAL else 100)
    pages = next(iter(results[workloads[0].name].values())).pages
    verdict, because = judge(results)
    claims = judged(results)
    return Finding(
        claim="Coroutines and threads are for waiting, processes for computing; a crawler does both, so it "
        "needs both.",
        done=f"{pages} pages of a like size, of the fixture site in a process of its own, were crawled under "
        "each model by the same rules and the same parser; all brought the same records. Parsing is made "
        "dear by parsing each page many times over. "
        f"Each model ran once{', and once more where something disturbed it' if rounds > 1 else ''}.",
        tables=[
            claims_table(claims),
            winners(results),
            *(workload_table(workload, results[workload.name]) for workload in workloads),
            cost_table(cost),
        ],
        verdict=verdict,
        because=because,
        figures={
            "cores": cores(),
            "pages": pages,
            "rounds": rounds,
            "workloads": {workload.name: asdict(workload) for workload in workloads},
            "runs": {
                name: {model: _figures(one) for model, one in runs.items()} for name, runs in results.items()
            },
            "claims": [
                {
                    "claim": one.claim.text,
                    "workload": one.workload,
                    "compared": one.compared,
                    "ratio": one.ratio,
                    "verdict": one.verdict,
                }
                for one in claims
            ],
            "winners": {name: fastest(runs) for name, runs in results.items()},
            "not_possible": {model.name: model.not_possible for model in models() if model.not_possible},
            "failed": failed,
            "cpu_per_request_s": cost,
        },
        draw=partial(draw, workloads, results, models()),
        notes=notes(failed),
    )


def _figures(one: Run) -> dict[str, object]:
    return {
        "pages_per_second": round(one.pages_per_second, 2),
        "wall_s": round(one.wall, 4),
        "cpu_s": round(one.cpu, 4),
        "cores_used": round(one.cores_used, 3),
        "peak_memory_bytes": one.memory,
        "others_cores": one.others,
        "slowed": round(one.slowed, 2),
        "gil": one.gil,
    }
