"""An explanation as people read it. Imports rich."""

from collections.abc import Iterator

from rich.console import Console
from rich.table import Table
from rich.text import Text

from crawler.view.explain.explanation import Explanation, RobotsKept
from crawler.watch.units import age
from crawler.watch.words import visible

_STYLES = {"ok": "green", "truncated": "green", "error": "red", "skipped": "yellow"}
_PAGES_SHOWN = 8
_HOW = {"seed": "a seed", "link": "links to", "redirect": "redirects to", "sitemap": "a sitemap names"}


def show(told: Explanation, console: Console | None = None) -> None:
    """Print it."""
    if console is None:
        console = Console(highlight=False)
        if not console.is_terminal:
            console.width = 1_000  # nothing is cut or broken for a program that reads it
    which = told.out if told.generation == 1 else f"generation {told.generation} of {told.out}"
    head = Text.assemble((visible(told.url), "bold"), " is ", ("in" if told.is_in else "not in", "bold"))
    console.print(head.append(f" the crawl in {which} ({told.crawl_state})"), soft_wrap=True)
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", min_width=10, no_wrap=True)
    grid.add_column(overflow="fold")
    before = None
    for name, value in _rows(told):
        grid.add_row(f"  {name}" if name != before else "", value)
        before = name
    console.print(grid)


def _rows(told: Explanation) -> Iterator[tuple[str, Text]]:
    for change in told.changes:
        yield "given", Text(change, style="yellow")
    if told.kept_out is not None:
        yield "why", Text(f"{visible(told.kept_out.words)} [{told.kept_out.rule}]", style="yellow")
        if told.kept_out.advice:
            yield "", Text(told.kept_out.advice)
    if told.is_in:
        yield from _state(told)
    for number, step in enumerate(told.way):
        how = _HOW[step.how] if number == 0 or step.how != "seed" else "seed"
        words = f"{how}: {visible(step.url)}" if number == 0 else f"{how} {visible(step.url)}"
        yield "found", Text(f"{words} (depth {step.depth}, {step.state})")
    for page in told.linked_from[:_PAGES_SHOWN]:
        through = f", through {visible(page.through)}" if page.through else ""
        refuses = ", which asks to follow none of its links" if page.nofollow else ""
        yield "linked on", Text(f"{visible(page.url)}{through}{refuses}")
    more = len(told.linked_from) - _PAGES_SHOWN
    if more > 0:
        words = "many" if told.linked_from_more else f"{more:,}"
        yield "linked on", Text(f"… and {words} more: --json", style="dim")
    if told.records_problem is not None:
        yield "linked on", Text(f"cannot be told: {told.records_problem}", style="dim")
    if told.robots is not None:
        yield "robots", _robots(told.robots)
    if told.record is not None:
        place = f"{told.record.file}, between {told.record.begin:,} and {told.record.end:,}"
        yield "record", Text(f"{place}, fetched at {told.record.fetched_at}")
    for near in told.near:
        yield "near", Text(f"{visible(near.url)} ({near.difference}; {near.state})")


def _state(told: Explanation) -> Iterator[tuple[str, Text]]:
    state = told.state or ""
    what = f"{state}, {told.kind}" if told.kind else state
    text = Text(what, style=_STYLES.get(state, ""))
    if told.status is not None:
        text.append(f", status {told.status}", style="default")
    if told.message:
        text.append(f": {visible(told.message)}", style="default")
    yield "state", text
    if told.redirects_to is not None:
        yield "state", Text(f"it leads to {visible(told.redirects_to)}")
    if state == "pending":
        if told.due is not None:
            yield "state", Text(f"it failed {told.attempts} times, and is not tried again before {told.due}")
        elif told.crawl_state in ("running", "silent"):
            yield (
                "state",
                Text("its turn has not come yet, or it is being fetched: crawler status tells which"),
            )
        else:
            why = (
                "a limit ended the crawl first" if told.crawl_state == "finished" else "the crawl was stopped"
            )
            yield "state", Text(f"{why}: crawler resume {told.out} goes on")
    elif told.attempts and told.attempts > 1:
        yield "state", Text(f"at attempt {told.attempts}")
    if told.purpose != "page":
        yield "state", Text(f"as a {told.purpose}")


def _robots(kept: RobotsKept) -> Text:
    asked = f"robots.txt, {age(kept.age_seconds)} old, was answered with {kept.status}"
    if kept.line is not None:
        verb = "allows" if kept.allowed else "forbids"
        said = f"line {kept.line} {verb} it to {visible(kept.agent or '')}: {visible(kept.text or '')}"
    else:
        said = "it is allowed" if kept.allowed else "nothing may be fetched there"
    obeyed = "" if kept.obeyed else " (not obeyed: robots.obey = false)"
    return Text(f"{asked}; {said}{obeyed}", style="" if kept.allowed or not kept.obeyed else "red")
