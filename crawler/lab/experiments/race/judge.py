"""What the race's figures say: who was fastest, and whether they bear the claim out."""

from collections.abc import Mapping

from crawler.lab.experiments.race.figures import Results, Run
from crawler.lab.experiments.race.models import models
from crawler.lab.finding import Verdict
from crawler.lab.machine import cores

TIE = 0.9
"""A model this near to the fastest is as fast, as far as one run can tell."""
STARVED = 0.75
"""Of a core: a crawl that only computes uses nearly all of one, unless other programs hold it."""


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
