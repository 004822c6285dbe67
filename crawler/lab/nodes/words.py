"""The outcome, for people and for programs."""

from collections.abc import Sequence
from typing import Any

import msgspec
from rich.table import Table

from crawler.lab.nodes.inflicting import Done
from crawler.lab.nodes.judging import Outcome, times
from crawler.lab.nodes.plan import HARMLESS, Fault


def as_table(outcome: Outcome) -> Table:
    """A line for each kind of fault, and their sum."""
    table = Table("what was done", title="One crawl, several nodes, many faults")
    for name in ("times", "in flight", "takeovers", "median", "most", "asked again, median"):
        table.add_column(name, justify="right")
    for fault in Fault:
        if some := [done for done in outcome.faults if done.fault is fault]:
            table.add_row(str(fault), *_row(some))
    table.add_section()
    table.add_row("in all", *_row(outcome.faults))
    return table


def _row(faults: Sequence[Done]) -> list[str]:
    took = times(faults, *Fault)
    asked = sorted(
        done.takeover.asked
        for done in faults
        if done.takeover is not None and done.takeover.asked is not None
    )
    in_flight = sum(done.in_flight for done in faults if done.fault not in HARMLESS)
    if not took:
        return [f"{len(faults):,}", f"{in_flight:,}", "", "", "", ""]
    figures = [f"{seconds:.2f} s" for seconds in (took[len(took) // 2], took[-1])]
    again = f"{asked[len(asked) // 2]:.2f} s" if asked else ""
    return [f"{len(faults):,}", f"{in_flight:,}", f"{len(took):,}", *figures, again]


def lines(outcome: Outcome) -> list[str]:
    """What else there is to say; at last the verdict, in one line."""
    verdict, chaos = outcome.verdict, outcome.chaos
    said = [
        f"{outcome.requests:,} requests in {outcome.seconds:.0f} s by {chaos.nodes} nodes;"
        f" {outcome.again:,} pages were fetched again, of at most {outcome.in_flight:,} in flight",
        f"violations of limits, delays and robots.txt: {outcome.violations:,};"
        f" a paused node's last requests, seen late: {outcome.late:,}",
    ]
    said += [f"WRONG: {wrong}" for wrong in outcome.wrongs]
    said += [f"SLOW: {slow}" for slow in outcome.slow]
    said += [f"WRONG: {error}: {', '.join(urls[:3])}" for error, urls in verdict.named.items()]
    if outcome.missed:
        said.append(f"{outcome.missed} faults found nothing to befall, or no time")
    counts = f"{verdict.lost:,} lost, {verdict.twice:,} twice, {verdict.wrong + verdict.strange:,} wrong"
    result = "right" if outcome.is_right else "WRONG"
    return [
        *said,
        f"{result}: {len(outcome.faults):,} faults, {verdict.urls:,} URLs, {outcome.records:,} records:"
        f" {counts}",
    ]


def as_json(outcome: Outcome) -> dict[str, Any]:
    """For programs."""
    told: dict[str, Any] = msgspec.to_builtins(outcome)
    return told | {"right": outcome.is_right, "in_flight": outcome.in_flight}
