"""``crawler run``: crawl, or go on with an unfinished crawl of the same seeds."""

from typing import Any

import click

from crawler.cli import options
from crawler.cli.common import Command, Option, begin_afresh, crawl, examples
from crawler.cli.given import config_of
from crawler.cli.refusals import refuse_page_of_nodes
from crawler.model.errors import UsageError

EXAMPLES = examples(
    ("crawler run https://example.com/ -o out", "a whole site, politely"),
    ("crawler run URL --max-pages 100 --max-depth 2", "some of it"),
    ("crawler run URL --exclude '/tag/' --sink sqlite", "less of it, into a database"),
    ("crawler run URL --header 'X-Env: test' --insecure", "a test server"),
    ("crawler run URL --extract shop:extract", "with a function of yours, in shop.py"),
    ("crawler run URL -o out --again", "each night: only what has changed is fetched"),
    ("crawler run -c config.toml", "as a file says"),
    ("crawler run URL --nodes 4 --frontier postgresql://…", "many cores; see crawler node"),
)


@click.command(cls=Command, epilog=EXAMPLES)
@click.argument("urls", metavar="[URL]...", nargs=-1, help="Where the crawl begins [seeds].")
@options.all_of(*options.EVERY)
@options.all_of(options.again, options.older_than, options.failed, options.fresh)
@click.option(
    "--nodes",
    cls=Option,
    group="Which nodes share it",
    metavar="N",
    type=options.Count(min=1, max=256),
    help="Crawl with N processes of crawler node, begun here; needs --frontier. --name is made if need be.",
)
@options.all_of(*options.SHARED)
def run(file: str | None, fresh: bool, nodes: int | None, **parameters: Any) -> int:
    """Crawl the URLs given, or the configured seeds.

    With --nodes, several processes share the crawl through a PostgreSQL: each has a main loop of its own,
    so one machine's many cores are used. One that dies is begun again.

    If OUT holds an unfinished crawl of the same seeds, it goes on with it; a finished one is refused
    (exit code 2) unless --again or --fresh is given. An option wins over the environment
    (CRAWLER_FETCH__CONCURRENCY=8), that over the config file, that over the default.

    Exit codes: 0 it ended; 1 --fail-on found something; 2 bad usage; 3 no page was ok, or it ended
    incomplete; 130 stopped.
    """
    if nodes is None:
        from crawler.plumbing.fork_server_process import prestart

        prestart()
    settings = config_of(parameters, file)
    if nodes is not None:
        if fresh:
            raise UsageError("--fresh is for a crawl of one process: with --nodes, choose another --name")
        refuse_page_of_nodes(settings)
        from crawler.cli.shared_crawl import run_nodes

        return run_nodes(settings, nodes, quiet=parameters["quiet"])
    if fresh and parameters["again"]:
        raise UsageError(
            "--fresh and --again exclude each other: one moves the crawl aside, one goes on from it"
        )
    for name in ("failed", "older_than"):
        if parameters[name] and not settings.again:
            option = options.NAMES.get(name, f"--{name.replace('_', '-')}")
            raise UsageError(
                f"{option} is for a crawl that is done again: add --again, or crawler recrawl OUT"
            )
    if fresh:
        begin_afresh(settings)
    return crawl(settings, quiet=parameters["quiet"])
