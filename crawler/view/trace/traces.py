"""Which trace a command means, and reading it."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from crawler.frontier.view import database_in, generations
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
    untraced: int | None = None
    """The crawl's last generation, where that has no trace, and the trace is of an earlier one."""

    @property
    def generation(self) -> int | None:
        """Of the crawl; None where the trace was cut off before it says so."""
        number = self.trace.meta.get("generation")
        return None if number is None else int(number)


def trace_in(out: Path, generation: int | None = None) -> Found:
    """The newest trace in an output folder, or of a generation in it; or the one that a file is part of.

    Raises OutputError where there is none, with how to get one; UsageError where it cannot be read.
    """
    if out.is_file() and (run := run_of(out)) is not None:
        return _found(run, runs_in(out.parent))
    if not out.is_dir():
        raise OutputError(f"{out} is no output folder of a crawl")
    try:
        runs = all_runs = runs_in(out)
    except OSError as error:
        raise OutputError(f"{out} cannot be read: {error.strerror}") from error
    if generation is not None:
        database_in(out, generation)  # it raises where there is no such generation
        runs = [run for run in runs if _is_of(run, generation)]
    if not runs:
        which = (
            f"{out} has no trace" if generation is None else f"{out}: generation {generation} has no trace"
        )
        nodes = [str(path) for path in sorted(out.iterdir()) if path.is_dir() and _has_trace(path)]
        if nodes:
            raise OutputError(f"{which}, its nodes have one each; name one of them: {', '.join(nodes)}")
        raise OutputError(f"{which}; a crawl that is run, resumed or recrawled with --trace writes one")
    found = _found(runs[0], all_runs)
    last = max(generations(out), default=1)
    if generation is None and found.generation is not None and last > found.generation:
        return found._replace(untraced=last)
    return found


def _found(run: Run, runs: Sequence[Run]) -> Found:
    others = tuple(other.files[0] for other in runs if other.number != run.number)
    return Found(read_trace(run.files), run.files, others)


def _has_trace(folder: Path) -> bool:
    try:
        return bool(runs_in(folder))
    except OSError:
        return False


def _is_of(run: Run, generation: int) -> bool:
    return bool(begun_with(run.files[0]).get("generation", 1) == generation)
