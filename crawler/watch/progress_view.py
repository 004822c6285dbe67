"""How the live progress display looks. Imports rich: only the display's own thread imports this."""

from collections.abc import Mapping, Sequence

from rich.console import Group, RenderableType
from rich.progress_bar import ProgressBar
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from crawler.watch.narrow_view import is_narrow
from crawler.watch.picture import Picture, QueueNow, Station
from crawler.watch.progress_line import done, standing
from crawler.watch.units import age, clock, per_second, size

SIDE_BY_SIDE = 110
"""Columns from which stages and queues stand beside each other."""

_OUTCOME_STYLES = {"ok": "green", "truncated": "yellow", "error": "red", "skipped": "cyan"}
_UNACKED = "unacked"  # bytes whose pages nobody counts
_SLOW, _VERY_SLOW = 5.0, 20.0  # seconds on one URL


def render(picture: Picture, width: int) -> RenderableType:
    """The whole display for a terminal of ``width`` columns."""
    narrow = is_narrow(width)
    stages, queues = _stages(picture.stations, narrow), _queues(picture.queues, narrow)
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
        _headline(picture, narrow),
        *_spread(_figures(picture, narrow), narrow),
        Text(),
        *middle,
        Text(),
        *_spread(_outcomes(picture.counts), narrow),
        _kinds(picture.kinds),
    )


def _headline(picture: Picture, narrow: bool) -> RenderableType:
    pages = done(picture)
    share = pages / picture.discovered if picture.discovered else 0.0
    said = Text.assemble((f"{pages:,}", "bold"), f" of {picture.discovered:,} URLs done")
    if picture.targets:
        asked = f"{picture.targets - picture.targets_pending:,}"
        said = Text.assemble(said, ", ", (asked, "bold"), f" of {picture.targets:,} targets")
    elapsed = Text.assemble(f"{share:.0%}  ", (clock(picture.elapsed), "bold"))
    if narrow:
        return Group(said, elapsed)
    line = Table.grid(expand=True, padding=(0, 2, 0, 0))
    line.add_column(no_wrap=True)
    line.add_column(ratio=1)
    line.add_column(no_wrap=True, justify="right")
    line.add_row(said, _bar(pages, picture.discovered, "green"), elapsed)
    return line


def _figures(picture: Picture, narrow: bool) -> list[Text]:
    parts = [
        (per_second(picture.pages_per_second_now), "pages/s"),
        (per_second(picture.pages_per_second), "mean"),
        (f"{picture.in_flight:,}", "in flight"),
        (size(picture.bytes), "read"),
    ]
    if picture.retries or narrow:  # there, on a line of their own
        parts.append((f"{picture.retries:,}", "retries"))
    figures = [Text.assemble((number, "bold"), " ", (what, "dim")) for number, what in parts]
    what = standing(picture.state, picture.message)
    return [Text(what, style="bold yellow"), *figures] if what else figures


def _stages(stations: Sequence[Station], narrow: bool) -> Table:
    table = Table(box=None, expand=True, pad_edge=False, header_style="dim", padding=(0, 1, 0, 0))
    table.add_column("stage", no_wrap=True, width=8)
    table.add_column("busy", no_wrap=True, justify="right", width=9)
    if not narrow:
        table.add_column("", width=8)
    table.add_column("oldest", no_wrap=True, justify="right", width=7)
    table.add_column("", no_wrap=True, overflow="ellipsis", ratio=1)
    for station in stations:
        seconds = station.oldest_seconds
        idle = seconds is None
        style = "" if seconds is None or seconds < _SLOW else "yellow" if seconds < _VERY_SLOW else "red"
        table.add_row(
            Text(station.stage, style="dim" if idle else ""),
            f"{station.busy}/{station.workers}",
            *([] if narrow else [_bar(station.busy, station.workers, "cyan")]),
            Text("–" if seconds is None else age(seconds), style=style or "dim"),
            Text(station.oldest_url or "", style=style or "dim"),
        )
    return table


def _queues(queues: Sequence[QueueNow], narrow: bool) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 1, 0, 0))
    table.add_column("queue", no_wrap=True, width=8)
    table.add_column("items", no_wrap=True, justify="right", width=9)
    if not narrow:
        table.add_column("", width=8)
    table.add_column("bytes", no_wrap=True, justify="right", width=10)
    for queue in queues:
        bar = [] if narrow else [_fill(queue)]
        items = f"{queue.items:,}" if queue.name != _UNACKED else ""
        table.add_row(queue.name, items, *bar, size(queue.bytes))
    return table


def _fill(queue: QueueNow) -> RenderableType:
    if not queue.capacity:
        return ""
    return _bar(queue.bytes, queue.capacity, "cyan" if queue.bytes < queue.capacity * 0.9 else "yellow")


def _bar(part: int, whole: int, style: str) -> ProgressBar:
    return ProgressBar(
        total=max(1, whole), completed=min(part, whole), complete_style=style, finished_style=style
    )


def _outcomes(counts: Mapping[str, int]) -> list[Text]:
    return [
        Text.assemble((name, style), " ", (f"{counts.get(name, 0):,}", "bold"))
        for name, style in _OUTCOME_STYLES.items()
    ]


def _kinds(kinds: Mapping[str, int]) -> Text:
    most = sorted(kinds.items(), key=lambda kind: -kind[1])
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
