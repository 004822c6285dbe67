"""What the commands share: their help, printing that survives a closed pipe, and the crawl itself."""

import errno
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from crawler.cli.live_page import live_page
from crawler.cli.refusals import look_at_sinks_and_extract, refuse_nodes
from crawler.model.errors import EXIT_STOPPED
from crawler.watch.runner_commands import without_commands

if TYPE_CHECKING:
    from crawler.config import Config
    from crawler.engine.conclusion import CrawlReport


class Option(click.Option):
    """As click's own, with the heading under which the help shows it."""

    def __init__(self, *args: Any, group: str, **more: Any) -> None:
        super().__init__(*args, **more)
        self.group = group


class Command(click.Command):
    """As click's own, but its help explains the arguments first, and shows the options in groups."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the arguments, the options of each group, then those of none."""
        parameters = self.get_params(ctx)
        arguments = [each for each in parameters if isinstance(each, click.Argument)]
        if arguments:
            with formatter.section("Arguments"):
                formatter.write_dl([(plain(each.make_metavar(ctx)), each.help or "") for each in arguments])
        groups: dict[str, list[tuple[str, str]]] = {}
        ordered = [each for each in parameters if isinstance(each, click.Option)]
        for option in sorted(ordered, key=lambda each: not isinstance(each, Option)):
            if record := option.get_help_record(ctx):
                groups.setdefault(getattr(option, "group", "Options"), []).append(record)
        for group, records in groups.items():
            with formatter.section(group):
                formatter.write_dl(records, col_max=26)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """As click's own; but what follows an option whose number may be left out has to be one to count.

        So ``--watch OUT`` is the option without a number, and then OUT.
        """
        defaults = {
            name: option.flag_value
            for option in self.params
            if isinstance(option, click.Option) and not option.is_flag and isinstance(option.flag_value, str)
            for name in option.opts
        }
        given = list(args)
        for at, word in enumerate(given):
            if word == "--":
                break
            if word in defaults and not _is_number("".join(given[at + 1 : at + 2])):
                given[at] = f"{word}={defaults[word]}"
        return super().parse_args(ctx, given)

    def format_arguments(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write nothing: it is done."""


def _is_number(word: str) -> bool:
    """Whether it can be the value of such an option: a number, or the word for none."""
    try:
        float(word)
    except ValueError:
        return word.lower() == "none"
    return True


def examples(*lines: tuple[str, str]) -> str:
    """An epilog with command lines and what each is for, in columns that click leaves as they are."""
    width = max(len(line) for line, _ in lines) + 2
    return "\b\nExamples:\n" + "\n".join(f"  {line:<{width}}{words}" for line, words in lines)


def plain(metavar: str) -> str:
    """``URL`` for ``[URL]...``: how often it may be given is for the usage line to say."""
    return metavar.strip("[].")


def complain(message: str) -> None:
    """Print each line of an error on standard error, under the program's name; unread, it is lost."""
    with suppress(BrokenPipeError):  # as in `2>&1 | head`; the exit code says it too
        for line in message.splitlines():
            print(f"crawler: {without_commands(line)}", file=sys.stderr)


def say(line: str) -> None:
    """Print one line on standard output."""
    with unread_is_no_error():
        print(line)


class Printing:
    """What became of what was printed."""

    failed = False
    """Somebody wanted it, and it could not be written."""


@contextmanager
def unread_is_no_error() -> Iterator[Printing]:
    """For printing: when nobody reads standard output any more (``| head``), what is left goes nowhere.

    The crawl goes on, and the exit code stays what it is; where standard output is a full disk, that is said,
    and ``failed`` in what is yielded. (rich answers a closed pipe with SystemExit.)
    """
    printing = Printing()
    try:
        yield printing
        sys.stdout.flush()
    except (BrokenPipeError, SystemExit):
        print_nowhere()
    except OSError as error:
        if not cannot_be_written(error):
            raise
        printing.failed = True


def cannot_be_written(error: OSError) -> bool:
    """Whether standard output's disk is full or broken; that is said then, and what is left goes nowhere."""
    if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO):
        return False
    print_nowhere()
    complain(f"standard output cannot be written: {error.strerror}")
    return True


def print_nowhere() -> None:
    """Have what is printed from now on go nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def flush_stdout() -> None:
    """Hand on what was printed now, where a closed pipe is no error, and not as the interpreter exits."""
    with unread_is_no_error():
        pass


def begin_afresh(config: "Config", tell: Callable[[str], None] = say) -> None:
    """Move aside what crawl the output folder holds, if any; to be followed by :func:`crawl`.

    Nothing is moved for a crawl that would be refused. Raises CrawlerError.
    """
    from crawler.engine.resuming import move_aside

    if config.out is None:
        return  # that will be a new one anyway
    aside = move_aside(_prepared(config))
    if aside is not None:
        tell(f"the earlier crawl is now in {aside}")


def _prepared(config: "Config") -> Path:
    from crawler.engine.crawl import prepare

    refuse_nodes(config)
    look_at_sinks_and_extract(config)
    return prepare(config, None)


def crawl(config: "Config", *, quiet: bool = False, write_baseline: bool = False) -> int:
    """Crawl to the end and print what came of it; the output folder is the last line.

    It is the first one too where nobody has named the folder. Where the crawl fails, the reason comes after
    all, on standard error. ``quiet``: only these. A crawl that is a check ends in its reports, and with
    ``write_baseline`` in that file. Returns the exit code. Raises CrawlerError.
    """
    if config.check.enabled:
        from crawler.cli.checking import check_to_end

        return check_to_end(config, quiet=quiet, write_baseline=write_baseline)
    report = crawled(config, quiet=quiet)
    if report.summary and not quiet:  # none where it was stopped before it began
        from crawler.watch.summary import print_summary

        with unread_is_no_error():
            print_summary(report.summary)
    conclude(report, quiet=quiet)
    return report.exit_code


def crawled(config: "Config", *, quiet: bool, tell: Callable[[str], None] = say) -> "CrawlReport":
    """Crawl to the end; where nobody has named the output folder, it is said first. Raises CrawlerError."""
    from crawler.engine.crawl import crawl_to_end

    with live_page(config, quiet=quiet) as watched:
        out = _prepared(config)
        if config.out is None and not quiet:
            tell(f"output: {out}")
        watched.tell(tell)
        return crawl_to_end(config.replace({"out": out}, config.origin_of("out")), beside=watched.beside)


def conclude(report: "CrawlReport", *, quiet: bool, tell: Callable[[str], None] = say) -> None:
    """Print what is to be said of how a crawl ended, and where it lies."""
    failed = report.exit_code not in (0, EXIT_STOPPED)
    if report.message and not failed and not (quiet and report.exit_code == 0):
        tell(report.message)
    tell(f"output: {report.out}")
    if report.message and failed:
        complain(report.message)
