"""``crawler config``: the settings that hold, and where each came from."""

from typing import Any

import click

from crawler.cli import options
from crawler.cli.common import Command, examples, say
from crawler.cli.given import config_of

EXAMPLES = examples(
    ("crawler config -c config.toml", "what holds with this file, and why"),
    ("crawler config --delay 2 --json", "for a program"),
)


@click.command(cls=Command, epilog=EXAMPLES)
@click.argument("urls", metavar="[URL]...", nargs=-1, help="Where the crawl begins [seeds].")
@options.all_of(*options.EVERY)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object: value and origin of each key.")
def config(file: str | None, as_json: bool, **parameters: Any) -> int:
    """Show the settings, and where each came from.

    They are those that a crawl would have: it takes what crawler run takes, and starts nothing. The
    values of headers and cookies are not shown, nor logins in URLs; the names of the variables that
    hold them are.
    """
    from crawler.config import written

    found = config_of(parameters, file)
    if as_json:
        import json

        say(json.dumps(written.as_json(found), indent=2, ensure_ascii=False))
    else:
        say("\n".join(written.effective(found)))
    return 0
