"""``crawler demo``: the fixture site and a crawl of it, in one command."""

from typing import Any

import click

from crawler.cli import options
from crawler.cli.common import Command, begin_afresh, crawl
from crawler.cli.given import config_of


@click.command(cls=Command)
@options.all_of(
    options.out,
    options.concurrency,
    options.max_pages,
    options.workers,
    options.executor,
    options.sink,
    options.fresh,
    options.quiet,
    options.verbose,
    options.no_progress,
    options.log_level,
    options.assignments,
)
def demo(fresh: bool, **parameters: Any) -> int:
    """Serve the fixture site and crawl it.

    The site is served on a free loopback port for as long as the crawl takes, and is the only seed, so
    an OUT that holds another demo's crawl is refused unless --fresh is given; the other settings
    are those of the bundled config.toml, unless an option here says otherwise.
    """
    from crawler.plumbing.fork_server_process import prestart

    prestart()
    from crawler.config import packaged_config
    from crawler.lab.site.site_process import SiteProcess

    config = config_of(parameters, packaged_config())
    if fresh:
        begin_afresh(config)
    with SiteProcess(port=0) as site:
        seeded = config.replace({"seeds": (site.url,)}, origin="crawler demo")
        return crawl(seeded, quiet=parameters["quiet"])
