"""The status, drawn as tables. Imports rich, so it is imported when first needed."""

import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from crawler.watch.hosts import COLUMNS
from crawler.watch.summary_view import STYLES, host_table
from crawler.watch.units import age, per_second, size

_HOSTS_SHOWN = 20
_STEPS_SHOWN = 5
_WIDE = 130
"""Columns of a terminal from which the table of --hosts has room for the counts by outcome."""
_STATE_STYLES = {"running": "green", "finished": "green", "stopped": "yellow", "silent": "yellow"}


def show(report: Mapping[str, Any], console: Console | None = None, *, all_hosts: bool = False) -> None:
    """Print the report that :func:`crawler.watch.status.make_report` made."""
    if console is None:
        console = Console()
        if not console.is_terminal:
            console.width = 1_000  # nothing is cut or broken for a program that reads it
    console.print(_headline(report), soft_wrap=True)
    if report["state"] in ("finished", "incomplete") and (message := report["meta"].get("message")):
        console.print(Text(message), soft_wrap=True)
    console.print()
    console.print(_counts(report))
    if report["hosts"]:
        console.print()
        if all_hosts:
            console.print(_paces(report["hosts"], console.width))
        else:
            console.print(host_table(report["hosts"], len(report["hosts"]), _HOSTS_SHOWN))
            if len(report["hosts"]) > _HOSTS_SHOWN:
                console.print(Text("all of them, and how politely each was asked: --hosts", style="dim"))
    if report["in_flight"]:
        console.print()
        console.print(_in_flight(report))
    if report["alive"] and report["queues"]:
        console.print()
        console.print(_queues(report))
    if report["counts"]["pending"] and not report["alive"]:
        out = report["settings"].get("out")
        how = f"to go on: crawler resume {shlex.quote(str(out)) if out else 'OUT'}"
        if report["state"] == "finished":
            how = f"a limit ended it; {how} --max-pages N, with a higher N"
        console.print()
        console.print(Text(how), soft_wrap=True)  # never broken, so that it can be copied


def _headline(report: Mapping[str, Any]) -> Text:
    state, silent = report["state"], report["silent_seconds"]
    line = Text.assemble("crawl ", (state, f"bold {_STATE_STYLES.get(state, 'red')}"))
    if state == "running":
        line.append(f" (pid {report['pid']})")
    elif state == "silent":
        line.append(
            f": pid {report['pid']} lives but has said nothing for {age(silent)}; "
            "it hangs, or the pid is another program's by now"
        )
    elif state == "dead":
        line.append(": it ended without saying so")
        if report["pid"] is not None:
            line.append(f"; pid {report['pid']} is gone")
        if silent is not None:
            line.append(f", last heard of {age(silent)} ago")
    if started := report["meta"].get("started_at"):
        line.append(f", started at {started}")
    if report["pages_per_second"] is not None:
        line.append(f", {per_second(report['pages_per_second'])} pages/s")
    if report["memory_bytes"]:
        line.append(f", {size(report['memory_bytes'])} of memory (peak {size(report['peak_memory_bytes'])})")
    return line


def _counts(report: Mapping[str, Any]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    for column in COLUMNS:
        table.add_column(column, justify="right", no_wrap=True, style=STYLES[column])
    table.add_column("discovered", justify="right", no_wrap=True, style="bold")
    table.add_row(*(f"{report['counts'][column]:,}" for column in COLUMNS), f"{report['discovered']:,}")
    return table


def _in_flight(report: Mapping[str, Any]) -> Table:
    steps = report["in_flight"]
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    table.add_column("age", justify="right", no_wrap=True)
    table.add_column("stage", no_wrap=True)
    table.add_column("step", no_wrap=True)
    table.add_column("holder", no_wrap=True)
    table.add_column("pid", justify="right", no_wrap=True)
    table.add_column(
        "oldest in flight" if report["alive"] else "in flight when last heard of", overflow="fold"
    )
    for step in steps[:_STEPS_SHOWN]:
        facts = (age(step["age_seconds"]), step["stage"], step["step"], step["holder"], str(step["pid"]))
        table.add_row(*(Text(fact) for fact in facts), Text(step["url"]))
    if len(steps) > _STEPS_SHOWN:
        table.add_row("", "", "", "", "", Text(f"and {len(steps) - _STEPS_SHOWN:,} more", style="dim"))
    return table


def _queues(report: Mapping[str, Any]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    table.add_column("queue", no_wrap=True)
    table.add_column("items", justify="right", no_wrap=True)
    table.add_column("bytes", justify="right", no_wrap=True)
    table.add_column("of", justify="right", no_wrap=True)
    for queue in report["queues"]:
        name, items, held, capacity = (queue[key] for key in ("name", "items", "bytes", "capacity"))
        table.add_row(Text(name), f"{items:,}", size(held), size(capacity) if capacity else "")
    return table


def _paces(hosts: Sequence[Mapping[str, Any]], width: int) -> Table:
    """The table of --hosts: each host's limits, and how they were kept."""
    outcomes = COLUMNS if width >= _WIDE else ()
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    table.add_column("host", overflow="fold", min_width=16)
    for column in ("requests", "failed", "at once", "limit", "gap ms", "delay ms"):
        table.add_column(column, justify="right", no_wrap=True)
    table.add_column("now")
    for column in outcomes:
        table.add_column(column, justify="right", no_wrap=True, style=STYLES[column])
    for host in hosts:
        counts = (f"{host[column]:,}" for column in outcomes)
        table.add_row(Text(host["origin"]), *_pace(host), *counts)
    return table


def _pace(host: Mapping[str, Any]) -> tuple[str, ...]:
    if "requests" not in host:
        return ("0", "", "", "", "", "", "not asked yet")
    gap = host["smallest_gap_ms"]
    return (
        f"{host['requests']:,}",
        f"{host['failures']:,}",
        f"{host['peak']:,}",
        f"{host['per_host']:,}",
        "" if gap is None else f"{gap:,.0f}" if gap >= 10 else f"{gap:.2g}",
        f"{host['delay'] * 1_000:,.0f}",
        _now(host),
    )


def _now(host: Mapping[str, Any]) -> str:
    if host["resting_seconds"]:
        return f"rests for {age(host['resting_seconds'])}"
    if host["slowed"] == 1.0:
        return ""
    return f"{host['per_host_now']:,} at once, {host['delay_now']:.1f} s apart"
