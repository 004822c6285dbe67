"""``crawler resume``: go on with a crawl that was stopped or killed."""

from pathlib import Path

import click

from crawler.cli.common import Command, crawl, say
from crawler.model.errors import AlreadyFinished


@click.command(cls=Command)
@click.argument("out", metavar="OUT", help="The output folder.")
def resume(out: str) -> int:
    """Go on with an unfinished crawl, with its own settings.

    A finished one is left as it is (exit code 0): there is nothing to go on with.
    """
    from crawler.plumbing.fork_server_process import prestart

    prestart()
    from crawler.engine.resuming import settings_of

    folder = Path(out)
    try:
        return crawl(settings_of(folder).replace({"out": folder}, origin="command line OUT"))
    except AlreadyFinished as finished:
        say(str(finished))
        return 0
