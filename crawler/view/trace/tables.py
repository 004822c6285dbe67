"""What a trace says, drawn as tables. Imports rich, so it is imported when first needed."""

from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from crawler.view.trace.life import LifeStep, UrlLife
from crawler.view.trace.slowest import TOTAL, Overview
from crawler.view.trace.traces import Found
from crawler.view.trace.words import notes, rfc3339
from crawler.watch.units import age
from crawler.watch.words import visible

_WIDE = 100
"""Columns of a terminal from which the table of the slowest has each URL in its last column."""

_UNBROKEN = 1_000
"""Columns in which every table has room."""


def show_overview(found: Found, overview: Overview, console: Console) -> None:
    """Print where the crawl's URLs spent their time, and the slowest of them."""
    _headline(found, console)
    if not overview.urls:
        console.print("No URL was handed out in it.")
        return
    said = f"{overview.urls:,} URLs, {overview.committed:,} of them committed"
    mean = _ms(overview.seconds / overview.urls)
    console.print(Text(f"{said}; a URL took {mean} ms in the mean"), soft_wrap=True)
    console.print()
    console.print(_stages(overview))
    console.print()
    by = "in all" if overview.by == TOTAL else f"at the stage {overview.by}"
    console.print(Text(f"the slowest {by}, in milliseconds", style="dim"), soft_wrap=True)
    console.print(_slowest(overview, is_wide=console.width >= _WIDE))


def _headline(found: Found, console: Console) -> None:
    trace, files = found.trace, found.files
    meta = trace.meta
    line = Text.assemble((files[0].name, "bold"), f": {age(trace.seconds)}")
    if trace.started_at is not None:
        line.append(f" from {rfc3339(trace.started_at)} on")
    if len(files) > 1:
        line.append(f", in {len(files)} files")
    if "executor" in meta:
        workers, executor = meta.get("workers"), meta["executor"]
        line.append(f"; {meta.get('concurrency')} requests at once, {workers} × parser as {executor}")
    console.print(line, soft_wrap=True)
    if trace.is_cut_off:
        text = "It is cut off: the crawl still runs, or was killed. What is there is shown."
        console.print(Text(text, style="yellow"), soft_wrap=True)
    if dropped := meta.get("dropped"):
        text = f"It lacks {dropped:,} events, for which the machine was too slow."
        console.print(Text(text, style="yellow"), soft_wrap=True)
    for note in notes(found):
        console.print(Text(note, style="dim"), soft_wrap=True)


def _stages(overview: Overview) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    table.add_column("stage", no_wrap=True)
    for column in ("share", "mean ms", "longest ms"):
        table.add_column(column, justify="right", no_wrap=True)
    for stage, total in overview.stages.items():
        if total.seconds:
            share = total.seconds / overview.seconds if overview.seconds else 0.0
            mean = total.seconds / overview.urls
            table.add_row(stage, f"{share:.1%}", _ms(mean), _ms(total.longest))
    return table


def _slowest(overview: Overview, *, is_wide: bool) -> Table:
    stages = [stage for stage, total in overview.stages.items() if total.seconds]
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    table.add_column("total", justify="right", no_wrap=True, style="bold")
    if is_wide:
        for stage in stages:
            table.add_column(stage, justify="right", no_wrap=True)
    table.add_column("url", overflow="fold")
    for life in overview.slowest:
        url = Text(visible(overview.urls_of.get(life.id, f"(row {life.id})")))
        if not life.is_committed:
            url.append(" (not committed)", style="yellow")
        figures = [_ms(life.stages[stage]) for stage in stages]
        if is_wide:
            table.add_row(_ms(life.seconds), *figures, url)
        else:
            said = ", ".join(
                f"{stage} {figure}"
                for stage, figure in zip(stages, figures, strict=True)
                if life.stages[stage]
            )
            table.add_row(_ms(life.seconds), url)
            table.add_row("", Text(said, style="dim"))
    return table


def show_life(found: Found, life: UrlLife, console: Console) -> None:
    """Print one URL's life, step by step."""
    _headline(found, console)
    console.print(Text(visible(life.url), style="bold"), soft_wrap=True)
    console.print()
    wide = _life(life)
    unbroken = console.options.update(width=_UNBROKEN)
    is_wide = Measurement.get(console, unbroken, wide).maximum <= console.width
    console.print(wide if is_wide else _narrow_life(life))
    console.print()
    spent = ", ".join(f"{stage} {_ms(seconds)}" for stage, seconds in life.stages.items() if seconds)
    console.print(Text.assemble(("by stage, in milliseconds: ", "dim"), spent), soft_wrap=True)
    if life.attempts > 1:
        console.print(Text(f"It was handed out {life.attempts} times."), soft_wrap=True)
    if not life.is_committed:
        console.print(Text("Its commit is not in this trace.", style="yellow"), soft_wrap=True)


def _life(life: UrlLife) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    for column in ("ms", "step", "who", "waited", "worked", ""):
        table.add_column(column, justify="left" if column in ("step", "who", "") else "right", no_wrap=True)
    for step in life.steps:
        took = _ms(step.seconds)
        waited, worked = (took, "") if step.waits else ("", took if step.seconds else "")
        more = Text(_shared(step), style="dim")
        table.add_row(_since(life, step), step.step, _who(step), waited, worked, more)
    table.add_section()
    table.add_row(_ms(life.seconds), "all of it", "", _ms(life.waited), _ms(life.worked), "", style="bold")
    return table


def _narrow_life(life: UrlLife) -> Table:
    """With who took a step, and its figures, below it."""
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    table.add_column("ms", justify="right", no_wrap=True)
    table.add_column("step", overflow="fold")
    for step in life.steps:
        took = f"{'waited' if step.waits else 'worked'} {_ms(step.seconds)}" if step.seconds else ""
        table.add_row(_since(life, step), step.step)
        said = ", ".join(filter(None, (_who(step), took, _shared(step))))
        if said != step.step:  # a lease is taken by nobody, and takes no time
            table.add_row("", Text(said, style="dim"))
    table.add_row(_ms(life.seconds), "all of it", style="bold")
    table.add_row("", f"waited {_ms(life.waited)}, worked {_ms(life.worked)}", style="bold")
    return table


def _since(life: UrlLife, step: LifeStep) -> str:
    return _ms(step.began - life.steps[0].began)


def _who(step: LifeStep) -> str:
    return step.who if step.process in (step.who, "main") else f"{step.who} in {step.process}"


def _shared(step: LifeStep) -> str:
    return f"one of {step.urls:,}" if step.urls > 1 else ""


def _ms(seconds: float) -> str:
    """Milliseconds: three digits at least, and none of a thousandth's thousandth."""
    ms = seconds * 1_000
    return f"{ms:,.0f}" if ms >= 1_000 else f"{ms:,.1f}" if ms >= 10 else f"{ms:.2f}"
