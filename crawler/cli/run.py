"""``crawler run``: crawl, or go on with an unfinished crawl of the same seeds."""

from typing import Any

import click

from crawler.cli import options
from crawler.cli.common import Command, begin_afresh, crawl


@click.command(cls=Command)
@click.argument("urls", metavar="[URL]...", nargs=-1, help="Where the crawl begins [seeds].")
@options.config_file
@options.out
@options.concurrency
@options.per_host
@options.delay
@options.ignore_robots
@options.max_pages
@options.max_depth
@options.include
@options.exclude
@options.timeout
@options.max_body
@options.retries
@options.max_redirects
@options.workers
@options.executor
@options.extract
@options.sink
@options.fail_on
@options.fresh
@options.no_progress
@options.log_level
@options.assignments
def run(config: str | None, fresh: bool, **parameters: Any) -> int:
    """Crawl the URLs given, or the configured seeds.

    If OUT holds an unfinished crawl of the same seeds, it goes on with it; a finished one is refused
    (exit code 2) unless --fresh is given. An option wins over the environment
    (CRAWLER_FETCH__CONCURRENCY=8), that over the config file, that over the default.

    Exit codes: 0 it ended; 1 --fail-on found something; 2 bad usage; 3 no page was ok, or it ended
    incomplete; 130 stopped.
    """
    from crawler.plumbing.fork_server_process import prestart

    prestart()
    settings = options.config_of(parameters, config)
    if fresh:
        begin_afresh(settings)
    return crawl(settings)
