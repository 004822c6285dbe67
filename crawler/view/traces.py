"""Which trace a command means, and reading it."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from crawler.frontier.view import generations, open_view
from crawler.model.errors import OutputError
from crawler.trace.perfetto_reading import began_at, read_trace
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
        runs = list(_of_generation(runs, out, generation))
    if not runs:
        which = (
            f"{out} has no trace" if generation is None else f"{out}: generation {generation} has no trace"
        )
        raise OutputError(f"{which}; a crawl that is run, resumed or recrawled with --trace writes one")
    newest, *others = runs
    return Found(read_trace(newest.files), newest.files, tuple(run.files[0] for run in others))


def _of_generation(runs: list[Run], out: Path, generation: int) -> Iterator[Run]:
    """Those runs that began after this generation did, and before the next one."""
    begin = _began(out, generation)
    end = _began(out, generation + 1) if generation + 1 in generations(out) else float("inf")
    for run in runs:
        with suppress(OSError):
            if begin <= began_at(run.files[0]) < end:
                yield run


def _began(out: Path, generation: int) -> float:
    with open_view(out, generation) as view:
        return datetime.fromisoformat(view.meta()["started_at"]).timestamp()
