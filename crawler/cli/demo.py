"""``crawler demo``: the fixture site and a crawl of it, in one command."""
# ruff: noqa: ARG001 - typer reads the signature; the values come, all together, in context.params

import typer

from crawler.cli import options
from crawler.cli.common import crawl


def demo(
    context: typer.Context,
    out: options.Out = None,
    concurrency: options.Concurrency = None,
    max_pages: options.MaxPages = None,
    workers: options.Workers = None,
    executor: options.Executor = None,
    sink: options.Sink = None,
    no_progress: options.NoProgress = False,
    log_level: options.LogLevel = None,
    assignments: options.Assignments = None,
) -> int:
    """Serve the fixture site and crawl it.

    The site is served on a free loopback port for as long as the crawl takes, and is the only seed;
    the other settings are those of the bundled config.toml, unless an option here says otherwise.
    """
    from crawler.plumbing.fork_server_process import prestart

    prestart()
    from crawler.config import packaged_config
    from crawler.lab.site.site_process import SiteProcess

    config = options.config_of(context.params, packaged_config())
    with SiteProcess(port=0) as site:
        return crawl(config.replace({"seeds": (site.url,)}, origin="crawler demo"))
