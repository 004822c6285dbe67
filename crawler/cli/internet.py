"""``crawler lab internet``: hosts, pages and faults behind a proxy, and a witness of how they are asked."""

import sys

import click

from crawler.cli.common import Command, say, unread_is_no_error
from crawler.cli.serve import Port

_SHARE = click.FloatRange(0, 1)
_MILLISECONDS = click.FloatRange(0, 3_600_000)
_SECONDS = click.FloatRange(0, 3_600)


@click.command(cls=Command)
@click.option(
    "--port",
    metavar="N",
    type=Port(0, 65535),
    default=8080,
    show_default=True,
    help="Loopback port; 0 is any free one.",
)
@click.option("--hosts", metavar="N", type=int, default=100, show_default=True, help="Up to 1,000,000.")
@click.option(
    "--pages", metavar="N", type=int, default=2_500, show_default=True, help="Of all hosts together."
)
@click.option(
    "--seed", metavar="N", type=int, default=1, show_default=True, help="Decides all that is drawn."
)
@click.option(
    "--skew",
    metavar="0…0.99",
    type=float,
    default=0.0,
    show_default=True,
    help="The nearer to 1, the more of the pages are on the first hosts.",
)
@click.option("--links", metavar="N", type=int, default=6, show_default=True, help="Random links on a page.")
@click.option(
    "--filling", metavar="BYTES", type=int, default=200, show_default=True, help="Of text on a page."
)
@click.option(
    "--faults",
    metavar="SHARE",
    type=_SHARE,
    default=0.02,
    show_default=True,
    help="Pages that fail once or twice before they are answered.",
)
@click.option(
    "--broken", metavar="SHARE", type=_SHARE, default=0.0, show_default=True, help="Pages that always fail."
)
@click.option(
    "--latency", metavar="MS", type=_MILLISECONDS, default=20.0, show_default=True, help="Until an answer."
)
@click.option(
    "--spread",
    metavar="SHARE",
    type=_SHARE,
    default=0.0,
    show_default=True,
    help="By which a host's latency is longer or shorter than that.",
)
@click.option(
    "--crawl-delay",
    metavar="SECONDS",
    type=_SECONDS,
    default=1.0,
    show_default=True,
    help="What a tenth of the robots.txt ask for.",
)
@click.option(
    "--per-host",
    metavar="N",
    type=click.IntRange(min=1),
    default=2,
    show_default=True,
    help="Requests at once to a host that the witness allows.",
)
@click.option(
    "--delay",
    metavar="SECONDS",
    type=_SECONDS,
    default=0.5,
    show_default=True,
    help="Between two requests to a host, by the witness.",
)
@click.option(
    "--tolerance",
    metavar="MS",
    type=_MILLISECONDS,
    default=50.0,
    show_default=True,
    help="By which a request may come too early.",
)
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
