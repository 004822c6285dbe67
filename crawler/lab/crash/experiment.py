"""The experiment: a number of kills, of every kind in turn, on one generated site."""

import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from crawler.lab.crash.kinds import KINDS, PAGES, Kind
from crawler.lab.crash.trial import Verdict, run_trial
from crawler.lab.graph_site import graph_site
from crawler.model.errors import UsageError

if TYPE_CHECKING:
    from rich.table import Table

DELAY = 0.02
"""Seconds until the site answers: the crawl takes about half a second, and something is always in flight."""


def kill_crawls(kills: int, seed: int, on_trial: Callable[[Verdict], None] = lambda _: None) -> list[Verdict]:
    """Trials until ``kills`` processes or groups have been killed; what is killed, and when, is ``seed``'s.

    Blocks for about three seconds for each. Left by an exception (Ctrl-C too), it leaves no process
    and no file behind. Raises UsageError where there is no ``/proc``.
    """
    if not Path("/proc/self/stat").exists():
        raise UsageError("this experiment finds the processes it kills in /proc, which is not here")
    done: list[Verdict] = []
    hit = 0
    with (
        tempfile.TemporaryDirectory(prefix="crawler-crash-") as folder,
        graph_site(PAGES, delay=DELAY) as site,
    ):
        for number, (kind, method) in enumerate(_plan(seed)):
            # A kill that came too late is no kill; but not for ever.
            if hit >= kills or number >= 2 * kills:
                break
            chance = Random(f"{seed} {number} {kind.name}")  # noqa: S311 - must be repeatable
            verdict = run_trial(kind, method, site.under(f"t{number}"), Path(folder) / str(number), chance)
            hit += min(verdict.kills, 1)
            done.append(verdict)
            on_trial(verdict)
    return done


def _plan(seed: int) -> Iterator[tuple[Kind, str]]:
    """Every kind once in each round, in an order of the seed's; rounds take turns with the start methods."""
    chance = Random(seed)  # noqa: S311
    methods = ["forkserver", "spawn"] if sys.platform != "win32" else ["spawn"]
    turn = 0
    while True:
        for kind in chance.sample(KINDS, len(KINDS)):
            method = methods[turn % len(methods)]
            yield kind, method if method in kind.methods else kind.methods[0]
        turn += 1


def as_json(verdicts: Sequence[Verdict], seed: int) -> dict[str, Any]:
    """For programs: the sums, and every trial."""
    return {
        "seed": seed,
        "clean": all(verdict.is_clean for verdict in verdicts),
        "kills": sum(verdict.kills for verdict in verdicts),
        "trials": [asdict(verdict) for verdict in verdicts],
    }


def as_table(verdicts: Sequence[Verdict]) -> "Table":
    """For people: one line for each kind, and their sum."""
    from rich.table import Table

    table = Table("what was killed", title="A crawl is killed, goes on, and is judged")
    for name in (
        "kills",
        "pages",
        "lost",
        "twice",
        "fetched again",
        "of in flight",
        "orphans",
        "left",
        "wrong",
    ):
        table.add_column(name, justify="right")
    names = sorted({verdict.kind for verdict in verdicts}, key=[kind.name for kind in KINDS].index)
    for name in names:
        table.add_row(name, *_sums([verdict for verdict in verdicts if verdict.kind == name]))
    table.add_section()
    table.add_row("in all", *_sums(verdicts))
    return table


def _sums(verdicts: Sequence[Verdict]) -> list[str]:
    names = ("kills", "pages", "lost", "twice", "again", "in_flight", "orphans", "left")
    sums = [sum(getattr(verdict, name) for verdict in verdicts) for name in names]
    wrong = sum(len(verdict.wrongs) + bool(verdict.again_though_safe) for verdict in verdicts)
    return [f"{n:,}" for n in (*sums, wrong)]
