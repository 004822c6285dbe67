"""``crawler timeline``: traces as a page that shows who did what, when, in which lines of source."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from crawler.cli.common import Command, examples, say, unread_is_no_error
from crawler.cli.named import crawl_named
from crawler.model.errors import UsageError

if TYPE_CHECKING:
    from crawler.trace.recorded import Trace
    from crawler.view.timeline.bars import Window

EXAMPLES = examples(
    ("crawler timeline out", "out/timeline.html"),
    ("crawler timeline inline thread process -o three.html", "one below the other, at one scale"),
    ("crawler timeline out --seconds 2.5-4", "a part of a long crawl"),
)


@click.command(cls=Command, epilog=EXAMPLES)
@click.argument(
    "outs",
    metavar="OUT...",
    nargs=-1,
    required=True,
    help="Output folders of crawls that ran with --trace; OUT@2 is its generation 2; or trace files.",
)
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    help="The page to write, - is standard output; default: timeline.html in the first OUT.",
)
@click.option(
    "--seconds", metavar="FROM-TO", help="The part of the crawls that is shown, such as 2.5-4, 10- or -5."
)
def timeline(outs: tuple[str, ...], output: str | None, seconds: str | None) -> int:
    """Show who did what, when, as one page made of traces.

    The page has a row for each coroutine, queue, thread and process, with a bar for each thing that it did,
    and shows the lines of source that ran in a bar and the way of its URL through all rows. Several crawls
    are shown one below the other at one scale, such as one crawl with each --executor. The page loads
    nothing, and works from a file.

    A long crawl has more bars than a page can show: then its first seconds are shown, and the page says so;
    --seconds names others.
    """
    from crawler.view.timeline.page import page
    from crawler.view.timeline.target import target, write

    window = _window(seconds)
    file = target(output, [Path(crawl_named(name).out) for name in outs])
    traces = {name: _trace(name) for name in dict.fromkeys(outs)}
    with unread_is_no_error():
        write(page(traces, window), file)
    if file is not None:
        say(f"timeline: {file}")
    return 0


def _trace(name: str) -> "Trace":
    from crawler.view.trace.traces import trace_in

    out, generation = crawl_named(name)
    return trace_in(Path(out), generation).trace


def _window(text: str | None) -> "Window":
    from crawler.view.timeline.bars import Window

    if text is None:
        return Window()
    begin, dash, end = text.partition("-")
    try:
        window = Window(float(begin or 0), float(end or "inf"))
    except ValueError:
        window = Window(0, 0)
    if not dash or not 0 <= window.begin < window.end:
        raise UsageError(f"--seconds {text!r}: FROM-TO is two numbers of seconds, such as 2.5-4, 10- or -5")
    return window
