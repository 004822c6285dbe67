"""``crawler init``: a config file to begin with."""

from pathlib import Path

import click

from crawler.cli.common import Command, say
from crawler.model.errors import UsageError


@click.command(cls=Command)
@click.argument("file", metavar="[FILE]", default="config.toml", help="The file to write.")
def init(file: str) -> int:
    """Write a commented config file to begin with.

    Every setting is in it, explained, with its default, and commented out. Its name is config.toml unless
    another is given. A file that is there already is left as it is (exit code 2).
    """
    from crawler.config.written import starter

    try:
        with Path(file).open("x", encoding="utf-8") as written:
            written.writelines(f"{line}\n" for line in starter())
    except FileExistsError:
        raise UsageError(f"{file} is there already, and left as it is: name another file") from None
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise UsageError(f"{file} cannot be written: {why}") from None
    say(f"written: {file}; to crawl with it: crawler run URL -c {file}")
    return 0
