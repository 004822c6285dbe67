"""``crawler lab internet``: hosts, pages and faults behind a proxy, and a witness of how they are asked."""

import sys
from collections.abc import Callable
from typing import Any

import click

from crawler.cli.common import Command, say, unread_is_no_error
from crawler.cli.serve import Port

_SHARE = click.FloatRange(0, 1)
_MILLISECONDS = click.FloatRange(0, 3_600_000)
_SECONDS = click.FloatRange(0, 3_600)


def _number(
    name: str, metavar: str, kind: Any, default: float, text: str
) -> Callable[[Callable[..., int]], Callable[..., int]]:
    """An option that is a number, whose default the help tells."""
    return click.option(name, metavar=metavar, type=kind, default=default, show_default=True, help=text)


@click.command(cls=Command)
@_number("--port", "N", Port(0, 65535), 8080, "Loopback port; 0 is any free one.")
@_number("--hosts", "N", int, 100, "Up to 1,000,000.")
@_number("--pages", "N", int, 2_500, "Of all hosts together.")
@_number("--seed", "N", int, 1, "Decides all that is drawn.")
@_number("--skew", "0…0.99", float, 0.0, "The nearer to 1, the more of the pages are on the first hosts.")
@_number("--links", "N", int, 6, "Random links on a page.")
@_number("--filling", "BYTES", int, 200, "Of text on a page.")
@_number("--faults", "SHARE", _SHARE, 0.02, "Pages that fail once or twice before they are answered.")
@_number("--broken", "SHARE", _SHARE, 0.0, "Pages that always fail.")
@_number("--latency", "MS", _MILLISECONDS, 20.0, "Until an answer.")
@_number("--spread", "SHARE", _SHARE, 0.0, "By which a host's latency is longer or shorter than that.")
@_number("--crawl-delay", "SECONDS", _SECONDS, 1.0, "What a tenth of the robots.txt ask for.")
@_number("--per-host", "N", click.IntRange(min=1), 2, "Requests at once to a host that the witness allows.")
@_number("--delay", "SECONDS", _SECONDS, 0.5, "Between two requests to a host, by the witness.")
@_number("--tolerance", "MS", _MILLISECONDS, 50.0, "By which a request may come too early.")
def internet(
    port: int, latency: float, per_host: int, delay: float, tolerance: float, **settings: float
) -> int:
    """Serve an internet of any size behind a proxy on 127.0.0.1 until Ctrl-C.

    Its pages, links, robots.txt and faults follow from the seed, and so does what a right crawl of it
    records. A witness counts what is asked of each host; in the end it prints what it saw.
    Exit code 1 if a host was asked harder than is allowed.
    """
    from crawler.lab.internet.internet_process import serve_internet_forever
    from crawler.lab.internet.report import Limits
    from crawler.lab.internet.words import as_table, lines
    from crawler.lab.internet.world import World

    world = World(latency=latency / 1_000, **settings)  # type: ignore[arg-type] # they are named as in World
    report = serve_internet_forever(world, Limits(per_host, delay, tolerance / 1_000), port)

    from rich.console import Console

    with unread_is_no_error():
        Console(width=None if sys.stdout.isatty() else 120).print(as_table(report))
    for line in lines(report):
        say(line)
    return 1 if any(report.counts.values()) else 0
