"""How the summary and the hosts look on a terminal. Imports rich, so it is imported when first needed."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.bar import Bar
from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from crawler.watch import narrow_view
from crawler.watch.hosts import COLUMNS
from crawler.watch.summary_lines import HOSTS_SHOWN, broken, ends, facts, files, going_on, plain, title

STYLES = {"ok": "green", "truncated": "yellow", "error": "red", "skipped": "cyan", "pending": "magenta"}
_STATE_STYLES = {"finished": "green", "stopped": "yellow", "incomplete": "red"}


def show(summary: Mapping[str, Any], console: Console | None = None) -> None:
    """Print the summary: framed and in colour on a terminal, plain lines elsewhere."""
    console = console or Console()
    if console.is_terminal:
        console.print(framed(summary, console.width))
        # Below the frame and never broken, so that a path or a command can be copied.
        for heading, line in broken(summary):
            console.print(Text(heading, style="red") if heading else Text(f"  {line}"), soft_wrap=True)
        for label, value in (*files(summary), *going_on(summary)):
            console.print(Text.assemble((f"{label:<10}", "dim"), value), soft_wrap=True)
    else:
        # Straight to the file: nobody who reads this by program wants a path wrapped at 80 columns.
        console.file.write("\n".join(plain(summary)) + "\n")


def framed(summary: Mapping[str, Any], width: int) -> RenderableType:
    """The summary for a terminal of ``width`` columns."""
    counts = Table(box=None, pad_edge=False, show_header=False, padding=(0, 2, 0, 0), expand=True)
    counts.add_column(no_wrap=True)
    counts.add_column(justify="right", no_wrap=True)
    counts.add_column(justify="right", no_wrap=True, style="dim")
    counts.add_column(ratio=1, max_width=36)
    for name, count, share in ends(summary):
        style = STYLES.get(name, "")
        bar = Bar(summary["discovered"], 0, summary[name], color=style) if style and summary[name] else ""
        counts.add_row(Text(name, style=style), Text(count, style="bold"), share, bar)
    further = Table(box=None, pad_edge=False, show_header=False, padding=(0, 2, 0, 0))
    further.add_column(style="dim", no_wrap=True)
    further.add_column(overflow="fold")
    for label, value in facts(summary):
        further.add_row(label, Text(value))
    parts: list[RenderableType] = [counts, Text(), further]
    if summary["hosts_total"] > 1:
        parts += [Text(), host_table(summary["hosts"], summary["hosts_total"], width)]
    style = _STATE_STYLES.get(summary["state"], "red")
    heading = Text(f" {title(summary)} ", style=f"bold {style}")
    return Panel(Group(*parts), title=heading, title_align="left", border_style=style, padding=(1, 2))


def host_table(
    hosts: Sequence[Mapping[str, Any]], hosts_total: int, width: int, most: int = HOSTS_SHOWN
) -> RenderableType:
    """The first ``most`` of ``hosts`` with their counts, and how many there are besides."""
    if narrow_view.is_narrow(width):
        return narrow_view.hosts(hosts, hosts_total, most)
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    table.add_column("host", overflow="fold")
    for column in COLUMNS:
        table.add_column(column, justify="right", no_wrap=True, style=STYLES[column])
    for host in hosts[:most]:
        counts = [f"{host[column]:,}" if host[column] else Text("–", style="dim") for column in COLUMNS]
        table.add_row(Text(host["origin"]), *counts)
    if hosts_total > min(most, len(hosts)):
        table.add_row(Text(f"and {hosts_total - min(most, len(hosts)):,} more", style="dim"))
    return table
