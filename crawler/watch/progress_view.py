"""How the live progress display looks. Imports rich: only the display's own thread imports this."""

from rich.console import Group, RenderableType
from rich.progress_bar import ProgressBar
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from crawler.watch.narrow_view import is_narrow
from crawler.watch.snapshot import QueueDepth, Snapshot, StageLoad
from crawler.watch.units import age, clock, per_second, size

SIDE_BY_SIDE = 110
"""Columns from which stages and queues stand beside each other."""

_OUTCOME_STYLES = {"ok": "green", "truncated": "yellow", "error": "red", "skipped": "cyan"}
_SLOW, _VERY_SLOW = 5.0, 20.0  # seconds on one URL


def render(snapshot: Snapshot, recent_rate: float, width: int) -> RenderableType:
    """The whole display for a terminal of ``width`` columns; ``recent_rate`` in records a second."""
    narrow = is_narrow(width)
    stages, queues = _stages(snapshot.stages, narrow), _queues(snapshot, narrow)
    middle: list[RenderableType]
    if width >= SIDE_BY_SIDE:
        both = Table.grid(expand=True, padding=(0, 3, 0, 0))
        both.add_column(ratio=1)
        both.add_column(width=38)
        both.add_row(stages, queues)
        middle = [both]
    else:
        middle = [stages, Text(), queues]
    return Group(
        Rule(style="dim"),
        _headline(snapshot, narrow),
        *_spread(_figures(snapshot, recent_rate, narrow), narrow),
        Text(),
        *middle,
        Text(),
        *_spread(_outcomes(snapshot), narrow),
        _kinds(snapshot),
    )


def _headline(snapshot: Snapshot, narrow: bool) -> RenderableType:
    share = snapshot.done / snapshot.known if snapshot.known else 0.0
    done = Text.assemble((f"{snapshot.done:,}", "bold"), f" of {snapshot.known:,} URLs done")
    if snapshot.targets:
        asked = f"{snapshot.targets - snapshot.targets_pending:,}"
        done = Text.assemble(done, ", ", (asked, "bold"), f" of {snapshot.targets:,} targets")
    elapsed = Text.assemble(f"{share:.0%}  ", (clock(snapshot.elapsed), "bold"))
    if narrow:
        return Group(done, elapsed)
    line = Table.grid(expand=True, padding=(0, 2, 0, 0))
    line.add_column(no_wrap=True)
    line.add_column(ratio=1)
    line.add_column(no_wrap=True, justify="right")
    line.add_row(done, _bar(snapshot.done, snapshot.known, "green"), elapsed)
    return line


def _figures(snapshot: Snapshot, recent_rate: float, narrow: bool) -> list[Text]:
    counters = snapshot.counters
    parts = [
        (per_second(recent_rate), "pages/s"),
        (per_second(snapshot.mean_rate), "mean"),
        (f"{snapshot.in_flight:,}", "in flight"),
        (size(counters.bytes), "read"),
    ]
    if counters.retries or narrow:  # there, on a line of their own
        parts.append((f"{counters.retries:,}", "retries"))
    return [Text.assemble((number, "bold"), " ", (what, "dim")) for number, what in parts]


def _stages(stages: list[StageLoad], narrow: bool) -> Table:
    table = Table(box=None, expand=True, pad_edge=False, header_style="dim", padding=(0, 1, 0, 0))
    table.add_column("stage", no_wrap=True, width=8)
    table.add_column("busy", no_wrap=True, justify="right", width=9)
    if not narrow:
        table.add_column("", width=8)
    table.add_column("oldest", no_wrap=True, justify="right", width=7)
    table.add_column("", no_wrap=True, overflow="ellipsis", ratio=1)
    for stage in stages:
        seconds = stage.oldest_seconds
        idle = seconds is None
        style = "" if seconds is None or seconds < _SLOW else "yellow" if seconds < _VERY_SLOW else "red"
        table.add_row(
            Text(stage.stage, style="dim" if idle else ""),
            f"{stage.busy}/{stage.workers}",
            *([] if narrow else [_bar(stage.busy, stage.workers, "cyan")]),
            Text("–" if seconds is None else age(seconds), style=style or "dim"),
            Text(stage.oldest_url or "", style=style or "dim"),
        )
    return table


def _queues(snapshot: Snapshot, narrow: bool) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 1, 0, 0))
    table.add_column("queue", no_wrap=True, width=8)
    table.add_column("items", no_wrap=True, justify="right", width=9)
    if not narrow:
        table.add_column("", width=8)
    table.add_column("bytes", no_wrap=True, justify="right", width=10)
    for queue in snapshot.queues:
        bar = [] if narrow else [_fill(queue)]
        table.add_row(queue.name, f"{queue.items:,}", *bar, size(queue.bytes))
    table.add_row("unacked", *([""] if narrow else ["", ""]), size(snapshot.unacked_bytes))
    return table


def _fill(queue: QueueDepth) -> RenderableType:
    if not queue.capacity:
        return ""
    return _bar(queue.bytes, queue.capacity, "cyan" if queue.bytes < queue.capacity * 0.9 else "yellow")


def _bar(part: int, whole: int, style: str) -> ProgressBar:
    return ProgressBar(
        total=max(1, whole), completed=min(part, whole), complete_style=style, finished_style=style
    )


def _outcomes(snapshot: Snapshot) -> list[Text]:
    # Copied whole: the event loop goes on counting while this is drawn.
    outcomes = dict(snapshot.counters.outcomes)
    return [
        Text.assemble((name, style), " ", (f"{outcomes.get(name, 0):,}", "bold"))
        for name, style in _OUTCOME_STYLES.items()
    ]


def _kinds(snapshot: Snapshot) -> Text:
    most = sorted(dict(snapshot.counters.kinds).items(), key=lambda kind: -kind[1])
    return _joined([Text(f"{name} {count:,}", style="dim") for name, count in most], " · ")


def _spread(parts: list[Text], narrow: bool) -> list[Text]:
    """All of them on one line, or two on each where it is narrow."""
    if not narrow:
        return [_joined(parts, "  ·  ")]
    return [_joined(parts[at : at + 2], " · ") for at in range(0, len(parts), 2)]


def _joined(parts: list[Text], separator: str) -> Text:
    line = Text.assemble((separator, "dim")).join(parts)
    # One line each, cut where the terminal ends: a display that changes its height jumps about.
    line.no_wrap, line.overflow = True, "ellipsis"
    return line
