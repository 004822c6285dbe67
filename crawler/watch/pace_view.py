"""The table of ``crawler status --hosts``: each host's limits, and how they were kept."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.table import Table
from rich.text import Text

from crawler.watch.hosts import COLUMNS
from crawler.watch.summary_view import STYLES
from crawler.watch.units import age

WIDE = 130
"""Columns of a terminal from which the counts by outcome fit in, too."""


def pace_table(hosts: Sequence[Mapping[str, Any]], width: int) -> Table:
    """All ``hosts`` (see :func:`crawler.watch.hosts.host_pace`), in their order."""
    outcomes = COLUMNS if width >= WIDE else ()
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
