"""The program: its commands, and how errors become one line on standard error and an exit code.

Exit codes: 0 the crawl ended · 1 a check, ``--fail-on`` or a comparison found something, or an experiment a
broken promise · 2 bad usage or config · 3 no page was ok, or ended incomplete · 130 stopped by Ctrl-C,
SIGTERM or SIGHUP after saving.
A command returns its code; errors carry theirs.
"""

from collections.abc import Sequence
from importlib import import_module
from typing import Any

import click
from click.exceptions import NoSuchCommand

from crawler.cli.common import cannot_be_written, complain, examples, flush_stdout
from crawler.model.errors import EXIT_STOPPED, CrawlerError, CrawlFailed
from crawler.model.version import VERSION

COMMANDS = (
    "demo", "run", "resume", "recrawl", "node", "status", "trace", "inspect", "check", "report", "diff",
    "export", "config", "init", "serve", "lab",
)  # fmt: skip
"""Each lies in the module of its name."""


class Program(click.Group):
    """The commands; a module is imported when its command is called, or all of them for the help."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        """Their names, in the order of the help."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command:
        """The command of that name. Raises UsageError, which names the nearest one."""
        if name not in COMMANDS:
            raise NoSuchCommand(name, possibilities=COMMANDS, ctx=ctx)
        command: click.Command = getattr(import_module(f"crawler.cli.{name}"), name)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; click would answer Ctrl-C with an empty line."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            return EXIT_STOPPED


ABOUT = "A web crawler that loses nothing: every URL ends in exactly one record, whatever is killed.\n\n"
EXAMPLES = examples(
    ("crawler demo", "the bundled site, served and crawled"),
    ("crawler run https://example.com/ -o out", "a site of yours"),
    ("crawler resume out", "go on with it"),
    ("crawler recrawl out", "once more: only what has changed"),
    ("crawler status out", "how it stands"),
    ("crawler node --help", "one crawl, many machines"),
    ("crawler trace out", "where its time went, of a run with --trace"),
    ("crawler export out --to csv -o pages.csv", "its records, for a spreadsheet"),
    ("crawler diff before after", "what has changed since"),
    ("crawler check https://example.com/", "what is broken on it"),
    ("crawler run --help", "every option, in groups"),
)


@click.group(
    cls=Program,
    help=ABOUT + EXAMPLES,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(VERSION, message="crawler %(version)s", help="Print the version and exit.")
def program() -> None:
    """The command line; the help is above, since a docstring has no columns."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program; ``arguments`` are those of this process unless given. Returns the exit code."""
    try:
        code = program.main(arguments, prog_name="crawler", standalone_mode=False)
    except CrawlerError as error:
        complain(str(error))
        return error.exit_code
    except click.UsageError as error:
        return _explain(error)
    except (click.Abort, KeyboardInterrupt):
        return EXIT_STOPPED
    except OSError as error:  # of click's own printing
        if not cannot_be_written(error):
            raise
        return CrawlFailed.exit_code
    finally:
        flush_stdout()
    return code if isinstance(code, int) else 0


def _explain(error: click.UsageError) -> int:
    """Refusals by click, in the program's one-line form; a missing command gets the whole help."""
    message = error.format_message()
    if "\n" in message:
        click.echo(message, err=True)
    else:
        path = error.ctx.command_path.rstrip() if error.ctx else "crawler"
        complain(f"{message.rstrip('.')} (see {path} --help)")
    return 2
