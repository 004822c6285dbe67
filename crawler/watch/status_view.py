"""The status, drawn as tables. Imports rich, so it is imported when first needed."""

import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from crawler.model.cluster import CLUSTER_ENTRY, node_command
from crawler.watch import narrow_view
from crawler.watch.hosts import COLUMNS
from crawler.watch.summary_lines import targets
from crawler.watch.summary_view import STYLES, host_table
from crawler.watch.units import age, per_second, size

_HOSTS_SHOWN = 20
_STEPS_SHOWN = 5
_WIDE = 130
"""Columns of a terminal from which the table of --hosts has room for the counts by outcome."""
_TABLE_OF_PACES = 80
"""Columns from which it has room at all."""
_PACE = ("requests", "failed", "at once", "limit", "gap ms", "delay ms", "now")
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
    console.print(_counts(report, console.width))
    if report["targets"]:
        console.print(Text.assemble(("targets: ", "dim"), targets(report["targets"])), soft_wrap=True)
    if report["hosts"]:
        console.print()
        if all_hosts:
            console.print(_paces(report["hosts"], console.width))
        else:
            console.print(host_table(report["hosts"], len(report["hosts"]), console.width, _HOSTS_SHOWN))
            if len(report["hosts"]) > _HOSTS_SHOWN:
                console.print(Text("all of them, and how politely each was asked: --hosts", style="dim"))
    if report["in_flight"]:
        console.print()
        console.print(_in_flight(report, console.width))
    if report["alive"] and report["queues"]:
        console.print()
        console.print(_queues(report))
    settings = report["settings"]
    out = str(settings.get("out") or "OUT")
    if settings.get("check", {}).get("enabled"):
        console.print()
        console.print(Text(f"what the check has found: crawler report {shlex.quote(out)}"), soft_wrap=True)
    left = [report["counts"], *report["targets"].values()]
    is_over = not report["alive"] and report["state"] != "running"
    if is_over and any(counts["pending"] for counts in left):
        console.print()
        console.print(Text(_how_to_go_on(report, out)), soft_wrap=True)  # whole, so that it can be copied


def _how_to_go_on(report: Mapping[str, Any], out: str) -> str:
    """Of a crawl in ``out`` with something pending."""
    is_limited = report["state"] == "finished" and report["counts"]["pending"]
    if cluster := report["meta"].get(CLUSTER_ENTRY):
        return "a limit ended it" if is_limited else f"to go on: {node_command(cluster, out)}"
    how = f"to go on: crawler resume {shlex.quote(out)}"
    return f"a limit ended it; {how} --max-pages N, with a higher N" if is_limited else how


def _headline(report: Mapping[str, Any]) -> Text:
    state, silent = report["state"], report["silent_seconds"]
    generation = report["generation"]
    which = "crawl" if generation == 1 else f"generation {generation}"
    line = Text.assemble(f"{which} ", (state, f"bold {_STATE_STYLES.get(state, 'red')}"))
    if state == "running":
        line.append(f" (pid {report['pid']})" if report["alive"] else " on its nodes, when this was gathered")
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
    if report["standing"]:
        line.append(f", {report['standing']}", style="yellow")
    if started := report["meta"].get("started_at"):
        line.append(f", started at {started}")
    if report["pages_per_second"] is not None:
        line.append(f", {per_second(report['pages_per_second'])} pages/s")
    if report["memory_bytes"]:
        line.append(f", {size(report['memory_bytes'])} of memory (peak {size(report['peak_memory_bytes'])})")
    return line


def _counts(report: Mapping[str, Any], width: int) -> Table:
    counts = {**{column: report["counts"][column] for column in COLUMNS}, "discovered": report["discovered"]}
    narrow = narrow_view.is_narrow(width)
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0), show_header=not narrow)
    if narrow:
        for name, count in counts.items():
            table.add_row(Text(name, style=STYLES.get(name, "bold")), Text(f"{count:,}", justify="right"))
        return table
    for name in counts:
        table.add_column(name, justify="right", no_wrap=True, style=STYLES.get(name, "bold"))
    table.add_row(*(f"{count:,}" for count in counts.values()))
    return table


def _in_flight(report: Mapping[str, Any], width: int) -> RenderableType:
    steps, shown = report["in_flight"], report["in_flight"][:_STEPS_SHOWN]
    title = "oldest in flight" if report["alive"] else "in flight when last heard of"
    more: list[RenderableType] = (
        [Text(f"and {left:,} more", style="dim")] if (left := len(steps) - len(shown)) else []
    )
    if narrow_view.is_narrow(width):
        return Group(Text(title, style="dim"), *narrow_view.steps(shown), *more)
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    for column in ("age", "stage", "step", "holder", "pid"):
        table.add_column(column, justify="right" if column in ("age", "pid") else "left", no_wrap=True)
    table.add_column(title, overflow="fold")
    for step in shown:
        facts = (age(step["age_seconds"]), step["stage"], step["step"], step["holder"], str(step["pid"]))
        table.add_row(*(Text(fact) for fact in facts), Text(step["url"]))
    for line in more:
        table.add_row("", "", "", "", "", line)
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


def _paces(hosts: Sequence[Mapping[str, Any]], width: int) -> RenderableType:
    """The table of --hosts: each host's limits, and how they were kept."""
    paces = [_pace(host) for host in hosts]
    if width < _TABLE_OF_PACES:
        return narrow_view.paces(hosts, paces)
    outcomes = COLUMNS if width >= _WIDE else ()
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    table.add_column("host", overflow="fold", min_width=16)
    for column in _PACE[:-1]:
        table.add_column(column, justify="right", no_wrap=True)
    table.add_column(_PACE[-1])
    for column in outcomes:
        table.add_column(column, justify="right", no_wrap=True, style=STYLES[column])
    for host, pace in zip(hosts, paces, strict=True):
        counts = (f"{host[column]:,}" for column in outcomes)
        table.add_row(Text(host["origin"]), *pace.values(), *counts)
    return table


def _pace(host: Mapping[str, Any]) -> dict[str, str]:
    """The figures of one host, in the columns of _PACE."""
    if "requests" not in host:
        return dict.fromkeys(_PACE, "") | {"requests": "0", "now": "not asked yet"}
    gap = host["smallest_gap_ms"]
    figures = (
        f"{host['requests']:,}",
        f"{host['failures']:,}",
        f"{host['peak']:,}",
        f"{host['per_host']:,}",
        "" if gap is None else f"{gap:,.0f}" if gap >= 10 else f"{gap:.2g}",
        f"{host['delay'] * 1_000:,.0f}",
        _now(host),
    )
    return dict(zip(_PACE, figures, strict=True))


def _now(host: Mapping[str, Any]) -> str:
    if host["resting_seconds"]:
        return f"rests for {age(host['resting_seconds'])}"
    if host["slowed"] == 1.0:
        return ""
    return f"{host['per_host_now']:,} at once, {host['delay_now']:.1f} s apart"
