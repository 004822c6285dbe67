"""The race in tables, and what else its reader should know."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from crawler.lab.experiments.race.figures import BUSY, SLOWED, Results, Run, Workload
from crawler.lab.experiments.race.judge import Judged, fastest
from crawler.lab.experiments.race.models import Model, models
from crawler.lab.finding import Table
from crawler.lab.machine import cores


def claims_table(claims: Iterable[Judged]) -> Table:
    """A row for each claim: what was compared, and what came of it."""
    rows = tuple(
        (
            one.claim.text,
            one.workload,
            one.compared,
            "–" if one.ratio is None else f"{one.ratio:.2f}",
            f"{one.verdict or 'not judged'}{' (disturbed)' if one.disturbed else ''}",
        )
        for one in claims
    )
    return Table(("claim", "workload", "compared", "pages/s", "verdict"), rows, "Claim by claim")


def winners(results: Results) -> Table:
    """The fastest model under each workload, and how it works. It decides no claim."""
    by_name = {model.name: model for model in models()}
    rows = []
    for name, runs in results.items():
        first, *ties = fastest(runs)
        base = runs.get("sequential")
        ratio = f"{runs[first].pages_per_second / base.pages_per_second:.1f}" if base else "–"
        rows.append((name, first, ratio, ", ".join(ties) or "–", _how(by_name[first])))
    columns = ("workload", "fastest", "× sequential", "as fast (within 10 %)", "how the fastest works")
    return Table(columns, tuple(rows), f"The fastest, on {cores()} core{'s' if cores() > 1 else ''}")


def _how(model: Model) -> str:
    waits = f"waits with {model.waits}" if model.waits_for_many else f"waits for a page in {model.waits}"
    how = "on all cores" if model.computes_on_all_cores else "on one core"
    return f"{waits}, parses {how}"


def workload_table(workload: Workload, runs: Mapping[str, Run]) -> Table:
    """A row for each model, also for those that did not run here."""
    best = fastest(runs)[0]
    rows = []
    for model in models():
        one = runs.get(model.name)
        if one is None:
            rows.append((model.name, *["–"] * 7, "not tried" if model.not_possible else "failed"))
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


def cost_table(cost: Mapping[str, float]) -> Table:
    """A row for each HTTP client."""
    rows = tuple((client, f"{seconds * 1e6:,.0f}") for client, seconds in cost.items())
    return Table(("client", "CPU µs a request"), rows, "What a request costs its client")


def notes(failed: Mapping[str, str] = MappingProxyType({})) -> list[str]:
    """How the figures came about, and which models are not among them; of those that failed, why."""
    missing = [
        f"{model.name} was not tried: {model.not_possible}." for model in models() if model.not_possible
    ]
    return [
        "Sequential, threads and processes use http.client with kept connections, the others this crawler's "
        "aiohttp backend; the site's own processor time, on the same cores, is not counted.",
        "Each run is one of fresh processes. Starting its pools counts, and so do the imports of the "
        "fork server and of the children; those that it did itself before do not. Memory is the "
        "peak of all its processes, what they share counted once.",
        f"Disturbed is a run beside which other programs, and the site, kept more than {BUSY} cores busy, or "
        f"the processor did the same work {SLOWED} times slower than beside another model.",
        "This crawler also keeps its frontier on disk and commits each record exactly once; the others keep "
        "all in memory and lose it when they are killed. Its row decides no claim.",
        *missing,
        *(f"{why}. So it has no figures." for why in failed.values()),
    ]
