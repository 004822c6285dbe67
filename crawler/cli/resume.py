"""``crawler resume``: go on with a crawl that was stopped or killed."""

from typing import Any

import click

from crawler.cli import options
from crawler.cli.common import Command, crawl, examples, say
from crawler.cli.given import given_anew
from crawler.cli.named import last_of
from crawler.model.errors import AlreadyFinished, UsageError

EXAMPLES = examples(
    ("crawler resume out", "go on after Ctrl-C, a crash, a full disk"),
    ("crawler resume out --max-pages 1000", "go on where a limit ended it"),
    ("crawler resume out --delay 2 --retries 5", "go on more gently"),
)


@click.command(cls=Command, epilog=EXAMPLES)
@click.argument("out", metavar="OUT", help="The output folder.")
@options.all_of(
    *options.CHANGEABLE,
    options.write_baseline,
    *(options.unlisted(each) for each in (*options.FIXED, *options.SHARED)),
)
def resume(out: str, write_baseline: bool, **parameters: Any) -> int:
    """Go on with an unfinished crawl.

    It goes on with the settings that it was started with, or last went on with; each option here
    changes one of them. What decides which pages belong to the crawl, and what is recorded of them,
    cannot be changed; the number of pages can. The live page is not kept: --dashboard asks for it again.

    A finished crawl is left as it is (exit code 0): there is nothing to go on with. One that a limit
    of pages ended goes on with a higher --max-pages. A check ends in its reports and has its exit codes,
    finished or not; --write-baseline is not kept, and is given again.
    """
    from crawler.plumbing.fork_server_process import prestart

    prestart()
    from crawler.engine.resuming import settings_of

    folder = last_of(out)
    said = given_anew(parameters)
    said.add("out", folder, "OUT")
    config = settings_of(folder).replace(said.values, origins=said.origins)
    if write_baseline and not config.check.enabled:
        raise UsageError(f"--write-baseline is for a check, and the crawl in {folder} is none")
    try:
        return crawl(config, quiet=parameters["quiet"], write_baseline=write_baseline)
    except AlreadyFinished as finished:
        if config.check.enabled:  # it may have been killed before its reports were written
            from crawler.cli.checking import write

            code = write(
                folder,
                config,
                quiet=parameters["quiet"],
                verbose=False,
                write_baseline=write_baseline,
                keep=True,
            )
            say(f"output: {folder}")
            return code
        say(str(finished))
        say(f"output: {folder}")
        return 0
