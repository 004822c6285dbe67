"""What a killed node would leave in the system: noted in its folder, removed by the next of its name."""

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from crawler.plumbing.file_lock import pid_exists
from crawler.plumbing.fork_server_process import note_leftovers, remove_leftovers

NOTE = "leftovers.json"
"""In the folder of an incarnation, while that runs and when it was killed."""


def remove_left(out: Path, name: str) -> None:
    """Remove what dead incarnations of node ``name`` have left. Blocks.

    Only their own machine can know whether they are dead, so nodes of other names are let alone.
    """
    for note in out.glob(f"{name}-*/{NOTE}"):
        with suppress(OSError, ValueError, KeyError, TypeError):  # somebody wrote into it
            noted = note.read_text("utf-8")
            remove_leftovers(noted)
            if not pid_exists(int(json.loads(noted)["pid"])):
                note.unlink()


@contextmanager
def leftovers_noted(folder: Path) -> Iterator[None]:
    """Note in an incarnation's ``folder`` what it would leave. Blocks."""
    note = folder / NOTE
    note.write_text(note_leftovers(), "utf-8")
    try:
        yield
    finally:
        note.unlink(missing_ok=True)
