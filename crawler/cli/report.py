"""``crawler report``: the reports of a check again."""

from pathlib import Path
from typing import Any

import click

from crawler.cli import check_options, options
from crawler.cli.common import Command, examples
from crawler.cli.given import given
from crawler.cli.named import crawl_named

EXAMPLES = examples(
    ("crawler report out", "on the terminal, once more"),
    ("crawler report out --report csv=places.csv", "every place, for a spreadsheet"),
    ("crawler report out --fail-on warning", "more strictly"),
)


@click.command(cls=Command, epilog=EXAMPLES)
@click.argument("out", metavar="OUT", help="The output folder of a check; OUT@2 is its generation 2.")
@options.all_of(*check_options.REPORTED)
def report(out: str, verbose: bool, write_baseline: bool, **parameters: Any) -> int:
    """Print what a check has found again, without a request.

    It works on every crawl that has the sink facts. Of one that still runs or was stopped, what was found
    so far is told, which is no verdict. The exit codes are those of crawler check.
    """
    from crawler.cli.check_refusals import refuse_useless_map
    from crawler.cli.checking import write
    from crawler.engine.resuming import settings_of
    from crawler.engine.shared import refuse_shared

    name, generation = crawl_named(out)
    folder = Path(name)
    refuse_shared(folder)
    said = given({"report": (), **parameters})
    values = {"check.reports": (), **said.values}
    config = settings_of(folder, generation).replace(values, origins=said.origins)
    if "check.source_map" in said.values:  # what the check was given need not be here any more
        refuse_useless_map(config)
    return write(
        folder,
        config,
        quiet=parameters["quiet"],
        verbose=verbose,
        write_baseline=write_baseline,
        generation=generation,
    )
