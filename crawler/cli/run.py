"""``crawler run``: crawl, or go on with an unfinished crawl of the same seeds."""
# ruff: noqa: ARG001 - typer reads the signature; the values come, all together, in context.params

from typing import Annotated

import typer

from crawler.cli import options
from crawler.cli.common import crawl

Urls = Annotated[
    list[str] | None,
    typer.Argument(metavar="URL", help="Where the crawl begins [seeds].", show_default=False),
]


def run(
    context: typer.Context,
    urls: Urls = None,
    config: options.ConfigFile = None,
    out: options.Out = None,
    concurrency: options.Concurrency = None,
    per_host: options.PerHost = None,
    delay: options.Delay = None,
    ignore_robots: options.IgnoreRobots = False,
    max_pages: options.MaxPages = None,
    max_depth: options.MaxDepth = None,
    include: options.Include = None,
    exclude: options.Exclude = None,
    timeout: options.Timeout = None,
    max_body: options.MaxBody = None,
    retries: options.Retries = None,
    max_redirects: options.MaxRedirects = None,
    workers: options.Workers = None,
    executor: options.Executor = None,
    extract: options.Extract = None,
    sink: options.Sink = None,
    no_progress: options.NoProgress = False,
    log_level: options.LogLevel = None,
    assignments: options.Assignments = None,
) -> int:
    """Crawl the URLs given, or the configured seeds.

    If OUT holds an unfinished crawl of the same seeds, it goes on with it. An option wins over the
    environment (CRAWLER_FETCH__CONCURRENCY=8), that over the config file, that over the default.
    """
    from crawler.plumbing.fork_server_process import prestart

    prestart()
    return crawl(options.config_of(context.params, config))
