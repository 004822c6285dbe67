"""``crawler export``: the records of a crawl in another format."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from crawler.cli import options
from crawler.cli.common import Command, complain, examples, print_nowhere, say
from crawler.cli.given import given
from crawler.cli.named import crawl_to_read
from crawler.model.errors import UsageError
from crawler.sinks import SINKS

if TYPE_CHECKING:
    from crawler.config import Config

EXAMPLES = examples(
    ("crawler export out --to csv -o books.csv", "for a spreadsheet"),
    ("crawler export out --to csv --items", "what extract returned, printed"),
    ("crawler export out --to jsonl --where 'status >= 400'", "some of it"),
)
_FORMATS = "|".join(name for name, sink in SINKS.items() if sink.holds_records and not sink.needs_answers)


_STANDARD_OUTPUT = {None, "-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"}


@click.command(cls=Command, epilog=EXAMPLES)
@click.argument("out", metavar="OUT", help="The output folder; OUT@2 is its generation 2.")
@click.option("--to", "name", metavar=_FORMATS, required=True, help="The format.")
@click.option("-o", "--output", metavar="FILE", help="The file to write; none is standard output.")
@click.option("--items", is_flag=True, help="A row for each thing that extract returned, with its page_url.")
@click.option(
    "--where",
    metavar="EXPRESSION",
    multiple=True,
    help="Only records for which this SQL expression over their columns holds; may be repeated.",
)
@options.all_of(options.assignments, options.config_file)
def export(out: str, name: str, output: str | None, items: bool, where: tuple[str, ...], **more: Any) -> int:
    """Write the records of the crawl in OUT in another format.

    It works on a crawl that is finished, stopped or running, and takes what is committed when it begins.
    A FILE is replaced when the new one is whole; where that fails, it stays as it was.

    Exit codes: 0 it is written; 2 bad usage; 3 the records are damaged, or the disk is full; 130 stopped.
    """
    from crawler.export.exporting import export as export_records
    from crawler.export.exporting import format_named
    from crawler.plumbing.stop_signal import interrupted_by_all

    folder, generation = crawl_to_read(out)
    kind, file = format_named(name, Path(folder)), None if output in _STANDARD_OUTPUT else Path(output or "")
    config = _config(name, **more)
    try:
        with interrupted_by_all():
            done = export_records(
                Path(folder), kind, config, file, items=items, where=where, generation=generation
            )
    except BrokenPipeError:  # as in `| head`
        print_nowhere()
        return 0
    if not done.rows:
        what = "nothing was extracted" if items else "there is no record"
        complain(f"{what}{' where that holds' * bool(where)}")
    elif file is not None:
        say(f"{done.rows:,} {'rows' if items else 'records'} in {file}")
    if done.state != "finished":
        complain(f"the crawl in {out} has not ended ({done.state}): this is what it has so far")
    return 0


def _config(name: str, file: str | None, assignments: tuple[str, ...]) -> "Config":
    from crawler.config import Config

    values, origins = given({"assignments": assignments})
    for key in values:
        if not key.startswith(f"{name}."):
            raise UsageError(f"--set {key}: an export to {name} takes no settings but those of [{name}]")
    return Config.load(Path(file) if file is not None else None, values, origins=origins)
