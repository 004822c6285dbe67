"""``crawler status``: how far a crawl is, whether it lives or not."""

from pathlib import Path
from typing import Annotated

import typer

from crawler.cli.common import unread_is_no_error


def status(
    out: Annotated[Path, typer.Argument(metavar="OUT", help="The output folder.", show_default=False)],
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object.", show_default=False)
    ] = False,
    hosts: Annotated[
        bool,
        typer.Option("--hosts", help="Every host: its limits, and how they were kept.", show_default=False),
    ] = False,
) -> int:
    """Show how far the crawl in OUT is.

    Counts by state and host, and the oldest URL in flight; works while the crawl runs and after.
    --hosts says how politely each host was asked.
    """
    from crawler.frontier.view import open_view
    from crawler.watch.status import print_status

    with open_view(out) as view, unread_is_no_error():
        print_status(view, json=as_json, hosts=hosts)
    return 0
