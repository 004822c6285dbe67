"""``crawler explain``: why a URL is, or is not, in a crawl."""

import sys
from pathlib import Path

import click

from crawler.cli.common import Command, examples, unread_is_no_error
from crawler.cli.named import crawl_to_read

EXAMPLES = examples(
    ("crawler explain https://example.com/shop/ --in out", "why it is there, or why not"),
    ("crawler explain URL --in out@1 --json", "in its first generation, for a program"),
)


@click.command(cls=Command, epilog=EXAMPLES)
@click.argument("url", metavar="URL", help="The page.")
@click.option(
    "--in",
    "out",
    metavar="OUT",
    required=True,
    help="The output folder of the crawl; OUT@2 is its generation 2.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def explain(url: str, out: str, as_json: bool) -> int:
    """Tell why URL is, or is not, in the crawl in OUT.

    Of one that is in: how it ended, by which way it was found from a seed on, which pages link to it, and
    where its record lies. Of one that is not: the first rule that keeps it out (scope, depth, nofollow, …),
    by the crawl's own settings, and the URLs that are in and differ a little. It works while the crawl runs,
    and after. Nothing is asked for.

    Exit codes: 0 it is explained, whether it is in or not; 2 OUT holds no crawl, or URL is none.
    """
    from crawler.view.explain.explaining import explain as explained

    name, generation = crawl_to_read(out)
    told = explained(url, Path(name), generation)
    with unread_is_no_error():
        if as_json:
            import msgspec

            sys.stdout.write(msgspec.json.format(msgspec.json.encode(told), indent=2).decode() + "\n")
        else:
            from crawler.view.explain.words import show

            show(told)
    return 0
