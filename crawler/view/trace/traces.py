"""Which trace a command means, and reading it."""

from pathlib import Path
from typing import NamedTuple

from crawler.frontier.view import database_in
from crawler.model.errors import OutputError
from crawler.trace.perfetto_reading import begun_with, read_trace
from crawler.trace.recorded import Trace
from crawler.trace.trace_files import Run, run_of, runs_in


class Found(NamedTuple):
    """A trace, and the files it was read from."""

    trace: Trace
    files: tuple[Path, ...]
    others: tuple[Path, ...]
    """The first files of other runs' traces in the same folder, the newest first."""


def trace_in(out: Path, generation: int | None = None) -> Found:
    """The newest trace in an output folder, or of a generation in it; or the one that a file is part of.

    Raises OutputError where there is none, with how to get one; UsageError where it cannot be read.
    """
    if out.is_file() and (run := run_of(out)) is not None:
        return Found(read_trace(run.files), run.files, ())
    if not out.is_dir():
        raise OutputError(f"{out} is no output folder of a crawl")
    try:
        runs = runs_in(out)
    except OSError as error:
        raise OutputError(f"{out} cannot be read: {error.strerror}") from error
    if generation is not None:
        database_in(out, generation)  # it raises where there is no such generation
        runs = [run for run in runs if _is_of(run, generation)]
    if not runs:
        which = (
            f"{out} has no trace" if generation is None else f"{out}: generation {generation} has no trace"
        )
        raise OutputError(f"{which}; a crawl that is run, resumed or recrawled with --trace writes one")
    newest, *others = runs
    return Found(read_trace(newest.files), newest.files, tuple(run.files[0] for run in others))


def _is_of(run: Run, generation: int) -> bool:
    return bool(begun_with(run.files[0]).get("generation", 1) == generation)
