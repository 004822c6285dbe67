"""``crawler node``: one of the nodes that share a crawl."""

from pathlib import Path
from typing import Any

import click

from crawler.cli import options
from crawler.cli.common import Command, conclude, examples, say
from crawler.cli.given import config_of
from crawler.cli.live_page import live_page
from crawler.cli.refusals import look_at_sinks_and_extract
from crawler.model.errors import UsageError

EXAMPLES = examples(
    ("crawler node https://example.com/ --frontier postgresql://crawl@db/crawls --name example -o out", ""),
    ("", "the first node begins the crawl"),
    ("crawler node --frontier postgresql://crawl@db/crawls --name example -o out", ""),
    ("", "any further one, on this or another machine, joins it"),
    ("crawler status --frontier postgresql://crawl@db/crawls --name example", ""),
    ("", "how it stands, and who holds what"),
    ("crawler node --lost node7 --frontier postgresql://crawl@db/crawls --name example", ""),
    ("", "the disk of node7 is gone: its pages are fetched again"),
)


@click.command(cls=Command, epilog=EXAMPLES)
@click.argument(
    "urls", metavar="[URL]...", nargs=-1, help="Where the crawl begins [seeds]; none to join one."
)
@options.all_of(*options.SHARED, options.shared_out)
@click.option(
    "--lost",
    metavar="NODENAME",
    help="Crawl nothing: give back the pages of a node whose disk is gone for good.",
)
@click.option("--of-parent", is_flag=True, hidden=True)
@options.all_of(*options.OF_A_NODE)
def node(file: str | None, lost: str | None, of_parent: bool, **parameters: Any) -> int:
    """Crawl together with other nodes, on this machine or on others.

    All nodes of a crawl name the same PostgreSQL (14 or newer) and the same --name. The first one names the
    URLs too, and its settings are the crawl's; whoever comes later joins without URLs, with these settings,
    or says the same ones. Only how hard a node itself works is its own: --concurrency, --workers, memory,
    logs, -o.

    A node may come at any moment. Ctrl-C has it finish what is in flight, give its hosts to the others, and
    leave; a second Ctrl-C ends it at once. It may also be killed or cut off: the others take over within
    seconds, and every page is still recorded exactly once. Each start of a node writes a folder of its own
    below OUT.

    A password comes from PGPASSWORD or ~/.pgpass. One that is typed in --frontier is moved to PGPASSWORD, and
    is neither saved nor logged.

    Exit codes: 0 the crawl ended; 2 bad usage or settings; 3 no page was ok, or it ended incomplete;
    130 this node was stopped, and the others go on.
    """
    if lost is not None:
        return _lose(lost, parameters, file)
    from crawler.plumbing.fork_server_process import prestart

    prestart()
    quiet = bool(parameters["quiet"])
    if of_parent:
        from crawler.cluster.local_node_process import settings_of_parent

        config = settings_of_parent()
    else:
        config = config_of(parameters, file)
    from crawler.cli.shared_crawl import default_out, tell_whole
    from crawler.cluster.node import node_to_end
    from crawler.frontier.postgresql.connecting import place_of

    place, out = place_of(config), config.out
    look_at_sinks_and_extract(config)
    if out is None:
        out = default_out(place.name)
        if not quiet:
            say(f"output: {out}")
    with live_page(config, quiet=quiet) as watched:
        watched.tell(say)
        report = node_to_end(config.replace({"out": out}, config.origin_of("out")), watched.beside)
    if report.state == "finished" and not of_parent:
        if report.message and not quiet:
            say(report.message)
        return tell_whole(out, place, config, quiet=quiet)
    conclude(report, quiet=quiet)
    return report.exit_code


def _lose(lost: str, parameters: dict[str, Any], file: str | Path | None) -> int:
    """Give back what the node ``lost`` has recorded. Raises CrawlerError."""
    if parameters["urls"]:
        raise UsageError("--lost crawls nothing: leave the URLs out")
    from crawler.cluster.losing import lose
    from crawler.frontier.postgresql.connecting import place_of

    place = place_of(config_of(parameters, file))
    records = lose(place, lost)
    what = "nothing has to be" if not records else "their pages are"
    say(f"{records:,} records went with {lost}; {what} fetched again by the nodes of {place.name}")
    return 0
