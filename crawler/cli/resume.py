"""``crawler resume``: go on with a crawl that was stopped or killed."""

from pathlib import Path
from typing import Annotated

import typer

from crawler.cli.common import crawl


def resume(
    out: Annotated[Path, typer.Argument(metavar="OUT", help="The output folder.", show_default=False)],
) -> int:
    """Go on with an unfinished crawl, with its own settings."""
    from crawler.plumbing.fork_server_process import prestart

    prestart()
    from crawler.engine.lifecycle import settings_of

    return crawl(settings_of(out).replace({"out": out}, origin="command line OUT"))
