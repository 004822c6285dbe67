"""``crawler status``: how far a crawl is, whether it lives or not."""

from pathlib import Path

import click

from crawler.cli.common import Command, crawl_to_read, unread_is_no_error


@click.command(cls=Command)
@click.argument("out", metavar="OUT", help="The output folder; OUT@2 is its generation 2.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--hosts", is_flag=True, help="Every host: its limits, and how they were kept.")
@click.option("--errors", is_flag=True, help="Every URL that failed, and all pages that lead to it.")
def status(out: str, as_json: bool, hosts: bool, errors: bool) -> int:
    """Show how far the crawl in OUT is.

    Counts by state and host, and the oldest URL in flight; works while the crawl runs and after.
    --hosts says how politely each host was asked. --errors looks through the records for every page
    that links to a URL that failed, or to one that redirects to it.
    """
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
