"""``crawler inspect``: one page through the real rules, fetch and parse, with each decision."""

import sys
from typing import Any

import click

from crawler.cli import options
from crawler.cli.common import Command, Option, examples, unread_is_no_error
from crawler.cli.given import config_of
from crawler.model.errors import CrawlFailed

EXAMPLES = examples(
    ("crawler inspect https://example.com/", "why it is fetched, and what is read of it"),
    ("crawler inspect URL -c config.toml", "with the settings of a crawl of yours"),
    ("crawler inspect URL --extract shop:extract", "with a function of yours, in shop.py"),
    ("crawler inspect URL --json | jq .page.links", "all there is to know, for a program"),
)


@click.command(cls=Command, epilog=EXAMPLES)
@click.argument("url", metavar="URL", help="The page.")
@options.all_of(
    options.max_depth, options.include, options.exclude, options.timeout, options.max_body,
    options.max_redirects, options.user_agent, options.header, options.cookie, options.insecure,
    options.ignore_robots, options.delay, options.extract, options.assignments, options.config_file,
)  # fmt: skip
@click.option(
    "--depth",
    cls=Option,
    group="What is crawled",
    metavar="N",
    type=options.Count(min=0, max=65_535),
    default=0,
    help="How many links the page is taken to be away from a seed [default: 0].",
)
@click.option("--all", "every_link", cls=Option, group="What is told", is_flag=True, help="Show every link.")
@click.option(
    "--json", "as_json", cls=Option, group="What is told", is_flag=True, help="Print one JSON object."
)
def inspect(
    url: str, file: str | None, depth: int, every_link: bool, as_json: bool, **parameters: Any
) -> int:
    """Show what a crawl would do with URL, decision by decision.

    How the URL is written; whether it is in scope, and by which pattern; which line of robots.txt allows or
    forbids it; the addresses and the guard's verdict; the connection, redirects and headers; charset, title,
    each link and whether it is followed; what the extract function returns, or where it fails; and how long
    each step takes. It is done by the crawl's own parts. Only robots.txt, the page and what it redirects to
    are asked for, politely; nothing is written.

    The extract function runs in a process of its own, as in a crawl, within parse.timeout and
    parse.max_memory. With --set parse.executor=thread or inline it runs in this one, unguarded.

    Without seeds in a config file, URL is the seed. Exit codes: 0 a crawl would have the page; 3 it would
    not; 2 bad usage.
    """
    config = config_of(parameters, file)
    from crawler.view.inspect.inspecting import inspect as looked_at

    seen = looked_at(url, config, depth)
    with unread_is_no_error():
        if as_json:
            import msgspec

            line = msgspec.json.format(msgspec.json.encode(seen), indent=2)
            sys.stdout.write(line.decode() + "\n")
        else:
            from crawler.view.inspect.page_words import SHOWN
            from crawler.view.inspect.words import show

            show(seen, most_links=None if every_link else SHOWN)
    return 0 if seen.is_ok else CrawlFailed.exit_code
