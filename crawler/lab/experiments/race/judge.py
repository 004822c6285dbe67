"""What the race's figures say: a verdict for each claim of ``claims.py``, and one for all of them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby

from crawler.lab.experiments.race.claims import CLAIMS, COMPUTING, Claim
from crawler.lab.experiments.race.figures import BUSY, SLOWED, RaceFailed, Results, Run
from crawler.lab.finding import Verdict
from crawler.lab.machine import cores

TIE = 0.9
"""A model this near to the fastest is as fast, as far as one run can tell."""
STARVED = 0.75
"""Of a core: a crawl that only computes uses nearly all of one, unless other programs hold it."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A claim, and what the figures say to it; two times None where a model that it needs did not run."""

    claim: Claim
    workload: str
    ratio: float | None
    verdict: Verdict | None
    disturbed: bool = False
    """Other programs held cores, or the processor was slower, while one of the two ran."""

    @property
    def compared(self) -> str:
        """Who was compared with whom."""
        others = self.claim.others
        several = "the best of the others" if len(others) > 2 else " or ".join(others)
        return f"{self.claim.model} ÷ {several}"


def judged(results: Results) -> list[Judged]:
    """Every claim on its own."""
    return [_judged(claim, *list(results.items())[claim.workload]) for claim in CLAIMS]


def _judged(claim: Claim, workload: str, runs: Mapping[str, Run]) -> Judged:
    # Without a model that failed, the others may still be compared with the rest of them.
    others = [runs[name] for name in claim.others if name in runs]
    one = runs.get(claim.model)
    if one is None or not others:
        return Judged(claim, workload, None, None)
    other = max(others, key=lambda run: run.pages_per_second)
    ratio = one.pages_per_second / other.pages_per_second
    verdict = Verdict.of([claim.at_least <= ratio <= claim.at_most])
    return Judged(claim, workload, ratio, verdict, one.disturbed or other.disturbed)


def judge(results: Results) -> tuple[Verdict, str]:
    """What they say together, and the figures that decide it. Raises RaceFailed where none can be judged."""
    found = [one for one in judged(results) if one.ratio is not None]
    if not found:
        raise RaceFailed("No claim can be judged: the models that it takes did not run.")
    told = "; ".join(
        f"{workload}: {', '.join(f'{one.compared} {one.ratio:.1f} times' for one in some)}"
        for workload, some in groupby(found, lambda one: one.workload)
    )
    because = f"Pages/s, with {cores()} core{'s' if cores() > 1 else ''}. {told}."
    wrong = [one.claim for one in found if one.verdict is not Verdict.BORNE_OUT]
    if wrong:
        because += f" Not borne out: {' '.join(claim.text for claim in wrong)}{_excuse(results, wrong)}"
    gained = [one for one in found if one.claim.at_least and one.claim not in wrong]
    # That something is no faster bears nothing out by itself.
    together = Verdict.of(one.claim not in wrong for one in found) if gained else Verdict.NOT_BORNE_OUT
    return together, because


def _excuse(results: Results, wrong: Iterable[Claim]) -> str:
    """What else may have turned the figures round."""
    runs = list(results.values())
    sequential = runs[COMPUTING].get("sequential")
    beside = [one for claim in wrong for one in runs[claim.workload].values()]
    others = max((one.others or 0 for one in beside), default=0)
    slowed = max((one.slowed for one in beside), default=1)
    excuse = ""
    if sequential is not None and sequential.cores_used < STARVED:
        excuse = (
            " But other programs held the cores meanwhile: a crawl that could have used one whole core got "
            f"{sequential.cores_used:.1f} of it. Run it again on a quiet machine."
        )
    elif others > BUSY:
        excuse = (
            f" But the site and other programs kept up to {others:.1f} cores busy meanwhile. "
            "Run it again on a quiet machine."
        )
    elif slowed > SLOWED:
        excuse = (
            f" But the processor itself was up to {slowed:.1f} times slower beside some models than beside "
            "others, as one is that other machines share. Run it again later."
        )
    if cores() == 1:
        excuse += " With a single core there is nothing for a second process to run on."
    return excuse


def fastest(runs: Mapping[str, Run]) -> list[str]:
    """The fastest model, and those that are as fast as one run can tell, fastest first."""
    ranked = sorted(runs, key=lambda name: -runs[name].pages_per_second)
    best = runs[ranked[0]].pages_per_second
    return [name for name in ranked if runs[name].pages_per_second >= TIE * best]
