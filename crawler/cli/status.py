"""``crawler status``: how far a crawl is, whether it lives or not."""

import json
import sys
from pathlib import Path

import click

from crawler.cli.common import Command, examples, unread_is_no_error
from crawler.cli.named import crawl_to_read
from crawler.model.errors import UsageError

EXAMPLES = examples(
    ("crawler status out", "how it stands"),
    ("crawler status out --errors", "what failed, and every page that links there"),
    ("crawler status --frontier postgresql://crawl@db/crawls --name example", ""),
    ("", "a crawl of several nodes: who is there, and who holds what"),
)


@click.command(cls=Command, epilog=EXAMPLES)
@click.argument("out", metavar="[OUT]", required=False, help="The output folder; OUT@2 is its generation 2.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--hosts", is_flag=True, help="Every host: its limits, and how they were kept.")
@click.option("--errors", is_flag=True, help="Every URL that failed, and all pages that lead to it.")
@click.option("--frontier", metavar="URL", help="The database of a crawl that nodes share, instead of OUT.")
@click.option("--name", metavar="NAME", help="That crawl's name.")
def status(
    out: str | None, as_json: bool, hosts: bool, errors: bool, frontier: str | None, name: str | None
) -> int:
    """Show how far the crawl in OUT is.

    Counts by state and host, and the oldest URL in flight; works while the crawl runs and after.
    --hosts says how politely each host was asked. --errors looks through the records for every page
    that links to a URL that failed, or to one that redirects to it.

    With --frontier and --name, a crawl of several nodes is shown as it stands in its database: the nodes,
    the parts of the crawl that each holds, pages/s over two seconds, the URL that is longest in flight.
    """
    if frontier is not None or name is not None:
        return _shared(out, frontier, name, as_json=as_json, more=hosts or errors)
    if out is None:
        raise UsageError(
            "name the output folder of a crawl, or --frontier and --name of one that nodes share"
        )
    return _in_folder(out, as_json=as_json, hosts=hosts, errors=errors)


def _in_folder(out: str, *, as_json: bool, hosts: bool, errors: bool) -> int:
    from crawler.frontier.view import open_view
    from crawler.watch.status import print_status

    name, generation = crawl_to_read(out)
    folder = Path(name)
    with open_view(folder, generation) as view, unread_is_no_error():
        if errors:
            from crawler.engine.broken_links import broken_links, has_records

            with broken_links(view, folder) as broken:
                print_status(
                    view, json=as_json, hosts=hosts, errors=broken, all_pages=has_records(view, folder)
                )
        else:
            print_status(view, json=as_json, hosts=hosts)
    return 0


def _shared(out: str | None, frontier: str | None, name: str | None, *, as_json: bool, more: bool) -> int:
    from crawler.cli.typed_secrets import database
    from crawler.config import Config

    if out is not None:
        raise UsageError("OUT and --frontier are two ways to name a crawl: give one of them")
    if more:
        raise UsageError("--hosts and --errors need OUT, the folder into which the crawl is gathered")
    values = {"cluster.frontier": frontier and database(frontier), "cluster.name": name}
    config = Config.load(None, {key: value for key, value in values.items() if value is not None})
    from crawler.cluster.live import live
    from crawler.frontier.postgresql.place import place_of

    report = live(place_of(config))
    with unread_is_no_error():
        if as_json:
            sys.stdout.write(json.dumps(report, indent=2, ensure_ascii=False) + "\n")
        else:
            from crawler.cluster.live_view import show

            show(report)
    return 0
