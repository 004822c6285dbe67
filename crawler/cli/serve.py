"""``crawler serve``: the fixture site, or another one, for a browser or for a crawler in another terminal."""

from contextlib import suppress

import click

from crawler.cli.common import Command
from crawler.model.errors import UsageError


class Port(click.IntRange):
    """0 to 65535; its name is what click says of a word that is no number."""

    name = "whole number from 0 to 65535"


@click.command(cls=Command)
@click.option(
    "--port",
    metavar="N",
    type=Port(0, 65535),
    default=8000,
    show_default=True,
    help="Loopback port; 0 is any free one.",
)
@click.option("--faults", is_flag=True, help="Serve pages that misbehave, among good ones.")
@click.option("--annex", is_flag=True, help="Serve a site full of faults, for crawler check.")
@click.option("--changing", is_flag=True, help="Serve a site that changes, for crawler recrawl and diff.")
def serve(port: int, faults: bool, annex: bool, changing: bool) -> int:
    """Serve the fixture site on 127.0.0.1 until Ctrl-C."""
    asked = {"--faults": faults, "--annex": annex, "--changing": changing}
    names = [name for name, is_asked in asked.items() if is_asked]
    if len(names) > 1:
        raise UsageError(f"{names[0]} and {names[1]} are two sites: serve each on a port of its own")
    with suppress(KeyboardInterrupt):  # the way to end it
        if faults:
            from crawler.lab.faults.faults_process import serve_faults_forever

            serve_faults_forever(port)
        elif changing:
            from crawler.lab.changing.changing_process import serve_changing_forever

            serve_changing_forever(port)
        else:
            from crawler.lab.site.site_process import serve_forever

            serve_forever(port, annex=annex)
    return 0
