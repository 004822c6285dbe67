"""``crawler status``: how far a crawl is, whether it lives or not."""

from pathlib import Path

import click

from crawler.cli.command import Command
from crawler.cli.common import unread_is_no_error


@click.command(cls=Command)
@click.argument("out", metavar="OUT", help="The output folder.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--hosts", is_flag=True, help="Every host: its limits, and how they were kept.")
def status(out: str, as_json: bool, hosts: bool) -> int:
    """Show how far the crawl in OUT is.

    Counts by state and host, and the oldest URL in flight; works while the crawl runs and after.
    --hosts says how politely each host was asked.
    """
    from crawler.frontier.view import open_view
    from crawler.watch.status import print_status

    with open_view(Path(out)) as view, unread_is_no_error():
        print_status(view, json=as_json, hosts=hosts)
    return 0
