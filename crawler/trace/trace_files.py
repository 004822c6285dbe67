"""Which files of an output folder are the trace of which run.

``trace.pftrace`` is where the newest run's begins, and goes on in ``trace.1.pftrace`` and so on; those of the
runs before it are named ``trace-run1.pftrace`` (the first), ``trace-run2.pftrace``, …
"""

import re
from pathlib import Path
from typing import NamedTuple

_NAME = re.compile(r"trace(?:-run(?P<run>[0-9]{1,9}))?(?:\.(?P<number>[0-9]{1,9}))?\.pftrace", re.ASCII)


def is_trace_file(name: str) -> bool:
    """Whether a file of that name in an output folder is part of a trace."""
    return _NAME.fullmatch(name) is not None


class Run(NamedTuple):
    """The trace of one run."""

    number: int | None
    """None is the newest."""
    files: tuple[Path, ...]
    """In the order in which they were written."""


def runs_in(folder: Path) -> list[Run]:
    """All that there are, the newest first; a folder is none. Raises OSError where it cannot be read."""
    found: dict[int | None, dict[int, Path]] = {}
    for path in folder.iterdir():
        if (match := _NAME.fullmatch(path.name)) and not path.is_dir():
            run = None if match["run"] is None else int(match["run"])
            found.setdefault(run, {})[int(match["number"] or 0)] = path
    newest_first = sorted(found, key=lambda run: (run is not None, -(run or 0)))
    return [Run(run, tuple(path for _, path in sorted(found[run].items()))) for run in newest_first]


def run_of(path: Path) -> Run | None:
    """The run of which ``path`` is a trace's file; None where it is not named as one."""
    if not is_trace_file(path.name):
        return None
    return next((run for run in runs_in(path.parent) if path in run.files), None)
