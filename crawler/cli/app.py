"""The program: its commands, and how errors become one line on standard error and an exit code.

Exit codes: 0 the crawl ended · 1 an experiment found a promise broken · 2 bad usage or config ·
3 no seed reached, or ended incomplete · 130 stopped by Ctrl-C or SIGTERM after saving.
A command returns its code; errors carry theirs.
"""

from collections.abc import Sequence
from typing import Annotated

import typer

from crawler.cli.common import complain, flush_stdout
from crawler.cli.demo import demo
from crawler.cli.lab import lab
from crawler.cli.resume import resume
from crawler.cli.run import run
from crawler.cli.serve import serve
from crawler.cli.status import status
from crawler.model.errors import CrawlerError

# Without rich's mark-up the help needs no rich, whose import takes longer than all the rest of it.
app = typer.Typer(
    name="crawler",
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
for command in (demo, run, resume, status, serve):
    app.command()(command)
app.add_typer(lab)

# typer brings its own click in some releases and imports it in others: this is UsageError in both.
_BadUsage: type[Exception] = typer.BadParameter.__mro__[1]


def _version(wanted: bool) -> None:
    if wanted:
        from crawler.config.version import VERSION

        typer.echo(f"crawler {VERSION}")
        raise typer.Exit


@app.callback()
def program(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """A web crawler that loses nothing: every URL ends in exactly one record, whatever is killed."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program; ``arguments`` are those of this process unless given. Returns the exit code."""
    try:
        code = typer.main.get_command(app).main(arguments, prog_name="crawler", standalone_mode=False)
    except CrawlerError as error:
        complain(str(error))
        return error.exit_code
    except _BadUsage as error:
        return _explain(error)
    except (typer.Abort, KeyboardInterrupt):
        return 130
    finally:
        flush_stdout()
    return code if isinstance(code, int) else 0


def _explain(error: Exception) -> int:
    """Refusals by typer, in the program's one-line form; a missing command gets the whole help."""
    message: str = error.format_message()  # type: ignore[attr-defined]
    context = getattr(error, "ctx", None)
    if "\n" in message or not message:
        typer.echo(message or (context.get_help() if context else ""), err=True)
    else:
        path = context.command_path.rstrip() if context else "crawler"
        complain(f"{message.rstrip('.')} (see {path} --help)")
    return 2
