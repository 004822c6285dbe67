"""How a shared crawl stands, drawn as tables. Imports rich, so it is imported when first needed."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from crawler.cluster.live import INBOX_COUNTED
from crawler.watch.units import age, per_second

_GONE_SHOWN = 5
_STEPS_SHOWN = 5
_STYLES = {"running": "green", "finished": "green", "stopped": "yellow"}


def show(report: Mapping[str, Any], console: Console | None = None) -> None:
    """Print the report that :func:`crawler.cluster.live.live` made. ``console``: default stdout."""
    if console is None:
        console = Console()
        if not console.is_terminal:
            console.width = 1_000  # nothing is cut or broken for a program that reads it
    for part in _parts(report):
        console.print(part, soft_wrap=isinstance(part, Text))


def drawn(report: Mapping[str, Any], _width: int = 0) -> RenderableType:
    """The same, to be shown in place."""
    return Group(*_parts(report))


def plain_line(report: Mapping[str, Any]) -> str:
    """The same as one line of text: how far it is, and who is there."""
    alive = [node for node in report["nodes"] if node["alive"]]
    nodes = ", ".join(f"{node['name']} {node['pages']:,} pages" for node in alive) or "nobody is there"
    return (
        f"{report['state']}: {report['done']:,} of {report['discovered']:,} URLs done,"
        f" {per_second(report['pages_per_second'])} pages/s; {nodes}"
    )


def _parts(report: Mapping[str, Any]) -> Iterator[RenderableType]:
    yield _headline(report)
    yield Text()
    yield _counts(report)
    for line in _remarks(report):
        yield Text(line)
    if report["nodes"]:
        yield Text()
        yield _nodes(report["nodes"])
    if report["in_flight"]:
        yield Text()
        yield _in_flight(report["in_flight"])


def _headline(report: Mapping[str, Any]) -> Text:
    state, alive = report["state"], sum(node["alive"] for node in report["nodes"])
    line = Text.assemble(f"crawl {report['name']} ", (state, f"bold {_STYLES.get(state, 'red')}"))
    line.append(f", started at {report['started_at']}")
    if report["ended_at"]:
        line.append(f", ended at {report['ended_at']}")
    line.append(f", {alive} {'node' if alive == 1 else 'nodes'}")
    if alive:
        line.append(f", {per_second(report['pages_per_second'])} pages/s")
    return line


def _table(*columns: str, words: Sequence[str] = ()) -> Table:
    """A table in which all but ``words`` are figures."""
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    for column in columns:
        table.add_column(column, justify="left" if column in words else "right", no_wrap=True)
    return table


def _counts(report: Mapping[str, Any]) -> Table:
    columns = ("discovered", "done", "pending", "pages")
    table = _table(*columns)
    table.add_row(*(f"{report[column]:,}" for column in columns))
    return table


def _remarks(report: Mapping[str, Any]) -> list[str]:
    parts, lines = report["partitions"], []
    unowned = parts["unowned"]
    lines.append(f"partitions: {parts['held']:,} of {parts['total']:,} held")
    if unowned:
        pending = sum(part["pending"] for part in unowned)
        named = ", ".join(str(part["n"]) for part in unowned[:10]) + (", …" if len(unowned) > 10 else "")
        lines.append(f"held by nobody: {named}; {pending:,} URLs are pending there")
    if report["inbox"]:
        most = " or more" if report["inbox"] >= INBOX_COUNTED else ""
        lines.append(f"on their way to another node: {report['inbox']:,} URLs{most}")
    if report["retried"]:
        lines.append(f"transactions that were in each other's way and repeated: {report['retried']:,}")
    return lines


def _nodes(nodes: Sequence[Mapping[str, Any]]) -> Table:
    alive = [node for node in nodes if node["alive"]]
    gone = [node for node in nodes if not node["alive"]]
    table = _table(
        "node",
        "host",
        "pid",
        "is",
        "pages",
        "pages/s",
        "partitions",
        "heard of",
        words=("node", "host", "is"),
    )
    for node in (*alive, *gone[-_GONE_SHOWN:]):
        heard = "" if node["seen_seconds"] is None else f"{age(node['seen_seconds'])} ago"
        rate = per_second(node["pages_per_second"]) if node["alive"] else ""
        table.add_row(
            Text(node["name"]), Text(node["host"]), str(node["pid"]), _standing(node), f"{node['pages']:,}",
            rate, f"{node['partitions']:,}", heard,
        )  # fmt: skip
    if len(gone) > _GONE_SHOWN:
        table.add_row(Text(f"and {len(gone) - _GONE_SHOWN:,} earlier ones", style="dim"))
    return table


def _standing(node: Mapping[str, Any]) -> Text:
    if node["alive"]:
        return Text("there", style="green")
    if node["disk_lost"]:
        return Text("disk lost", style="red")
    if node["left_at"] is None:
        return Text("gone without a word", style="yellow")
    return Text(f"left ({node['end_state']})", style="dim")


def _in_flight(steps: Sequence[Mapping[str, Any]]) -> Table:
    table = _table("age", "node", "stage", "step", "holder", words=("node", "stage", "step", "holder"))
    table.add_column("oldest in flight", overflow="fold")
    for step in steps[:_STEPS_SHOWN]:
        words = (step[key] for key in ("node", "stage", "step", "holder", "url"))
        table.add_row(age(step["age_seconds"]), *(Text(str(word)) for word in words))
    return table
