"""What the commands share: printing that survives a closed pipe, and the crawl itself."""

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from crawler.model.errors import EXIT_STOPPED, UsageError
from crawler.model.outcomes import SinkName

if TYPE_CHECKING:
    from crawler.config import Config


def complain(message: str) -> None:
    """Print each line of an error on standard error, under the program's name."""
    for line in message.splitlines():
        print(f"crawler: {line}", file=sys.stderr)


def say(line: str) -> None:
    """Print one line on standard output."""
    with unread_is_no_error():
        print(line)


@contextmanager
def unread_is_no_error() -> Iterator[None]:
    """For printing: when nobody reads standard output any more (``| head``), what is left goes nowhere.

    The crawl goes on, and the exit code stays what it is; where standard output is a full disk, that is said.
    (rich answers a closed pipe with SystemExit.)
    """
    try:
        yield
        sys.stdout.flush()
    except (BrokenPipeError, SystemExit):
        _print_nowhere()
    except OSError as error:
        if not cannot_be_written(error):
            raise


def cannot_be_written(error: OSError) -> bool:
    """Whether standard output's disk is full or broken; that is said then, and what is left goes nowhere."""
    if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO):
        return False
    _print_nowhere()
    complain(f"standard output cannot be written: {error.strerror}")
    return True


def _print_nowhere() -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def flush_stdout() -> None:
    """Hand on what was printed now, where a closed pipe is no error, and not as the interpreter exits."""
    with unread_is_no_error():
        pass


def begin_afresh(config: "Config") -> None:
    """Move aside what crawl the output folder holds, if any; to be followed by :func:`crawl`.

    Nothing is moved for a crawl that would be refused. Raises CrawlerError.
    """
    from crawler.engine.resuming import move_aside

    if config.out is None:
        return  # that will be a new one anyway
    aside = move_aside(_prepared(config))
    if aside is not None:
        say(f"the earlier crawl is now in {aside}")


def _prepared(config: "Config") -> Path:
    from crawler.engine.crawl import prepare

    if not config.write.sinks:
        raise UsageError(f"write.sinks is empty; allowed: at least one of {', '.join(get_args(SinkName))}")
    if config.parse.extract is not None:
        from crawler.parse.extract import look_here

        look_here()  # for the user's module, as `python -m` would; children inherit the path
    return prepare(config, None)


def crawl(config: "Config") -> int:
    """Crawl to the end and print what came of it; the output folder is the first line and the last.

    Where the crawl fails, the reason comes after it, on standard error. Returns the exit code. Raises
    CrawlerError.
    """
    from crawler.engine.crawl import crawl_to_end
    from crawler.watch.summary import print_summary

    out = _prepared(config)
    say(f"output: {out}")
    report = crawl_to_end(config.replace({"out": out}, config.origin_of("out")))
    if report.summary:  # none where it was stopped before it began
        with unread_is_no_error():
            print_summary(report.summary)
    failed = report.exit_code not in (0, EXIT_STOPPED)
    if report.message and not failed:
        say(report.message)
    say(f"output: {out}")
    if report.message and failed:
        complain(report.message)
    return report.exit_code
