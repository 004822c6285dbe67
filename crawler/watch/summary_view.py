"""How the summary and the hosts look, in print. Imports rich, so it is imported when first needed."""

import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.bar import Bar
from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from crawler.watch.hosts import COLUMNS
from crawler.watch.units import age, per_second, size

STYLES = {"ok": "green", "truncated": "yellow", "error": "red", "skipped": "cyan", "pending": "magenta"}
_STATE_STYLES = {"finished": "green", "stopped": "yellow", "incomplete": "red"}
_HOSTS_SHOWN = 10

Row = tuple[str, str]


def show(summary: Mapping[str, Any], console: Console | None = None) -> None:
    """Print the summary: framed and in colour on a terminal, plain lines elsewhere."""
    console = console or Console()
    if console.is_terminal:
        console.print(framed(summary))
        # Below the frame and never broken, so that a path or a command can be copied.
        for label, value in (*_files(summary), *_going_on(summary)):
            console.print(Text.assemble((f"{label:<10}", "dim"), value), soft_wrap=True)
    else:
        # Straight to the file: nobody who reads this by program wants a path wrapped at 80 columns.
        console.file.write("\n".join(plain(summary)) + "\n")


def framed(summary: Mapping[str, Any]) -> RenderableType:
    """The summary for a terminal."""
    ends = Table(box=None, pad_edge=False, show_header=False, padding=(0, 2, 0, 0))
    ends.add_column(no_wrap=True)
    ends.add_column(justify="right", no_wrap=True)
    ends.add_column(justify="right", no_wrap=True, style="dim")
    ends.add_column(width=36)
    for name, count, share in _ends(summary):
        style = STYLES.get(name, "")
        bar = Bar(summary["discovered"], 0, summary[name], color=style) if style and summary[name] else ""
        ends.add_row(Text(name, style=style), Text(count, style="bold"), share, bar)
    facts = Table(box=None, pad_edge=False, show_header=False, padding=(0, 2, 0, 0))
    facts.add_column(style="dim", no_wrap=True)
    facts.add_column(overflow="fold")
    for label, value in _facts(summary):
        facts.add_row(label, Text(value))
    parts: list[RenderableType] = [ends, Text(), facts]
    if summary["hosts_total"] > 1:
        parts += [Text(), host_table(summary["hosts"], summary["hosts_total"])]
    style = _STATE_STYLES.get(summary["state"], "red")
    title = Text(f" crawl {summary['state']} ", style=f"bold {style}")
    return Panel(Group(*parts), title=title, title_align="left", border_style=style, padding=(1, 2))


def plain(summary: Mapping[str, Any]) -> Iterator[str]:
    """The summary as aligned lines without any markup."""
    yield f"crawl {summary['state']}"
    for name, count, share in _ends(summary):
        yield f"  {name:<14} {count:>12} {share:>7}".rstrip()
    for label, value in _facts(summary):
        yield f"  {label:<14} {value}"
    if summary["hosts_total"] > 1:
        for host in summary["hosts"][:_HOSTS_SHOWN]:
            counts = ", ".join(f"{column} {host[column]:,}" for column in COLUMNS if host[column])
            yield f"  {'host':<14} {host['origin']}: {counts}"
        if (left := summary["hosts_total"] - _HOSTS_SHOWN) > 0:
            yield f"  {'':<14} and {left:,} more hosts"
    for label, value in (*_files(summary), *_going_on(summary)):
        yield f"  {label:<14} {value}"


def host_table(hosts: Sequence[Mapping[str, Any]], hosts_total: int, most: int = _HOSTS_SHOWN) -> Table:
    """The first ``most`` of ``hosts`` with their counts, and how many there are besides."""
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


def _ends(summary: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    discovered = summary["discovered"]
    for name in COLUMNS:
        count = summary[name]
        yield name, f"{count:,}", f"{count / discovered:.1%}" if count else ""
    yield "discovered", f"{discovered:,}", ""


def _facts(summary: Mapping[str, Any]) -> Iterator[Row]:
    if summary["hosts_total"] == 1:
        yield "host", summary["hosts"][0]["origin"]
    if kinds := _listed(summary["kinds"]):
        yield "kinds", kinds
    classes: dict[str, int] = {}
    for status, count in summary["statuses"].items():
        classes[f"{status[0]}xx"] = classes.get(f"{status[0]}xx", 0) + count
    if answers := _listed(classes):
        yield "answers", answers
    yield "speed", f"{per_second(summary['pages_per_second'])} pages/s over {age(summary['seconds'])}"
    yield (
        "requests",
        f"{summary['requests']:,}, of them {summary['retries']:,} retries; {size(summary['bytes'])} read",
    )
    left = {
        "out of scope": summary["links_out_of_scope"],
        "too deep": summary["links_too_deep"],
        "nofollow": summary["links_nofollow"],
    }
    yield "links left", _listed({why: count for why, count in left.items() if count}) or "none"
    yield "longest stall", f"{summary['longest_stall_ms']:.0f} ms of the event loop"
    if summary["peak_memory_bytes"]:
        yield "memory", f"{size(summary['peak_memory_bytes'])} at most, all processes together"
    restarts = {"parsers": summary["parser_restarts"], "writers": summary["writer_restarts"]}
    if any(restarts.values()):
        yield "restarts", _listed({who: count for who, count in restarts.items() if count})
    if summary["runs"] > 1:
        yield "runs", f"{summary['runs']}; the crawl began at {summary['started_at']}"


def _files(summary: Mapping[str, Any]) -> Iterator[Row]:
    for facts in summary["sinks"].values():
        records = facts.get("records")
        yield "output", str(facts["file"]) + (f"  ({records:,} records)" if records is not None else "")


def _going_on(summary: Mapping[str, Any]) -> Iterator[Row]:
    out = shlex.quote(summary["out"])
    if summary["state"] != "finished":
        yield "to go on", f"crawler resume {out}"
    elif summary["pending"]:
        # Only a limit ends a crawl that still has URLs; with the same settings it would end at once.
        seeds = " ".join(shlex.quote(seed) for seed in summary["seeds"])
        yield "to go on", f"crawler run {seeds} -o {out}   (with a higher limit)"


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in counts.items())
