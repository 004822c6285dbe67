"""``crawler recrawl``: crawl the same site once more, and fetch only what has changed."""

from typing import Any

import click

from crawler.cli import options
from crawler.cli.common import Command, crawl, examples, say
from crawler.cli.given import given_anew
from crawler.cli.named import last_of
from crawler.model.errors import AlreadyFinished

EXAMPLES = examples(
    ("crawler recrawl out", "what has changed since"),
    ("crawler recrawl out --failed", "after the server came back"),
    ("crawler recrawl out --older-than 7d", "what was fetched a week ago, or before"),
    ("crawler export out@1 --to csv", "the records of the first generation"),
)


@click.command(cls=Command, epilog=EXAMPLES)
@click.argument("out", metavar="OUT", help="The output folder.")
@options.all_of(*options.RECRAWLED, *(options.unlisted(each) for each in (*options.SAME, *options.SHARED)))
def recrawl(out: str, **parameters: Any) -> int:
    """Crawl once more what OUT holds, as its next generation.

    The server is asked only for what has changed, where it can tell; what has not is taken over from the
    last time. So every generation is whole by itself: records@2.jsonl, records@3.jsonl and so on are what
    a first crawl would have recorded then. Nothing of the earlier ones is changed; OUT@1 names one where
    a command takes an OUT.

    It crawls with the settings of the last time; each option here changes one of them. The seeds, and what
    decides which pages belong to the crawl, stay the same. The live page is not kept: --dashboard asks for it
    again. One that was stopped before its end is gone on with, which makes no generation.
    """
    from crawler.plumbing.fork_server_process import prestart

    prestart()
    from crawler.engine.resuming import settings_of

    folder = last_of(out)
    said = given_anew(parameters)
    said.add("out", folder, "OUT")
    wanted = {"again": True, "recrawl.older_than": None, "recrawl.failed": False}
    config = settings_of(folder).replace(wanted, "crawler recrawl")
    try:
        return crawl(config.replace(said.values, origins=said.origins), quiet=parameters["quiet"])
    except AlreadyFinished as finished:
        say(str(finished))
        say(f"output: {folder}")
        return 0
