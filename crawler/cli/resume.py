"""``crawler resume``: go on with a crawl that was stopped or killed."""

from pathlib import Path

import click

from crawler.cli.command import Command
from crawler.cli.common import crawl


@click.command(cls=Command)
@click.argument("out", metavar="OUT", help="The output folder.")
def resume(out: str) -> int:
    """Go on with an unfinished crawl, with its own settings."""
    from crawler.plumbing.fork_server_process import prestart

    prestart()
    from crawler.engine.lifecycle import settings_of

    folder = Path(out)
    return crawl(settings_of(folder).replace({"out": folder}, origin="command line OUT"))
