"""What every benchmark here does with its figures: says what machine it was, prints a table, keeps them."""

import contextlib
import datetime
import importlib.metadata
import json
import os
import platform
import statistics
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

RESULTS = Path(__file__).resolve().parent / "results"
PARTS = ("aiohttp", "uvloop", "selectolax", "turbohtml", "ada-url", "msgspec", "trafilatura")
QUIET_LOAD = 0.5
"""Processes that ran or waited for a core, mean of the last minute, above which others use the machine."""


def machine() -> dict[str, object]:
    """What the figures depend on, without names of hosts and folders. Says so when others use it too."""
    versions = {}
    for part in PARTS:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            versions[part] = importlib.metadata.version(part)
    load = round(os.getloadavg()[0], 2)
    if load > QUIET_LOAD:
        print(f"something else is using this machine (load {load})", file=sys.stderr)
    return {
        "cores": len(os.sched_getaffinity(0)),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "load_before": load,
        "versions": versions,
    }


def print_table(title: str, rows: Sequence[Sequence[str]]) -> None:
    """The heading is the first row. By rich where it is installed; a short row is a reason, said below."""
    heading, *body = rows
    whole = [row for row in body if len(row) == len(heading)]
    try:
        from rich.console import Console
        from rich.table import Table
    except ModuleNotFoundError:
        print(title, *("\t".join(row) for row in [heading, *whole]), sep="\n")
    else:
        table = Table(title=title)
        for number, column in enumerate(heading):
            table.add_column(column, justify="right" if number else "left")
        for row in whole:
            table.add_row(*row)
        console = Console()
        console.width = max(console.width, 120)  # into a file or a pipe it would fold the table at 80
        console.print(table)
    for row in body:
        if row not in whole:
            print(f"{row[0]}: no figures, {row[1]}")


def save(file: str, key: str, entry: dict[str, object]) -> None:
    """Put the entry into ``results/FILE``, with the time, in the place of the earlier one of that key."""
    path = RESULTS / file
    results = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    when = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    results[key] = {"when": when, **entry}
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def median_of(values: Iterable[float], digits: int = 3) -> float:
    """The middle one, rounded."""
    return round(statistics.median(values), digits)


def spread(values: Sequence[float]) -> str:
    """The least and the most, for a table."""
    return f"{min(values):.2f}–{max(values):.2f}"
