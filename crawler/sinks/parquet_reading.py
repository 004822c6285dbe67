"""Rows read back from parts and the side file, beside a writer that makes the ones of the other."""

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path

from crawler.sinks.base import unreadable
from crawler.sinks.columns import completed
from crawler.sinks.parquet_file import about, tables_of
from crawler.sinks.parquet_parts import PARTS
from crawler.sinks.parquet_rows import SEGMENTS, firsts, lines_in
from crawler.sinks.parquet_table import Layout

TRIES = 5
"""Looks for a row before it is missing: it may be on its way from the side file to a part."""
PAUSE = 0.02
"""Seconds between them."""


def read_rows(folder: Path, hidden: Path, position: int | None, begin: int = 0) -> Iterator[bytes]:
    """The rows after row ``begin`` up to ``position`` (None: all there are), as lines.

    Raises OutputError where a part is damaged, or rows are missing that should be there.
    """
    at, tries = begin, 0
    while position is None or at < position:
        before, most = at, None if position is None else position - at
        for line in islice(_rows_after(folder, hidden, at), most):
            yield line
            at += 1
        if at > before:
            tries = 0
            continue
        tries += 1
        if tries >= TRIES:
            if position is not None or _last_first(folder, hidden) > at + 1:
                raise unreadable(folder, f"row {at + 1:,} is in no part of it", at)
            return
        time.sleep(PAUSE)


def _rows_after(folder: Path, hidden: Path, at: int) -> Iterator[bytes]:
    """Those of one file that follow row ``at``; none where no file has them, or it went away just now."""
    places: tuple[tuple[Path, str, Callable[[Path, int, int], Iterator[bytes]]], ...] = (
        (folder, PARTS, _of_part),
        (hidden / "wide", PARTS, _of_part),
        (hidden, SEGMENTS, _of_segment),
    )
    for place, pattern, rows_of in places:
        candidates = [(first, path) for first, path in firsts(place.glob(pattern)) if first <= at + 1]
        for first, path in candidates[-1:]:
            lines = rows_of(path, at + 1 - first, at)
            with suppress(FileNotFoundError):  # only to be raised before the first row: then it is open
                for line in lines:
                    yield line
                    yield from lines
                    return


def _of_part(path: Path, skip: int, at: int) -> Iterator[bytes]:
    layout = Layout()
    if about(path, at - skip).rows <= skip:
        return
    for table in tables_of(path, at - skip, skip):
        yield from layout.lines(table)


def _of_segment(path: Path, skip: int, _at: int) -> Iterator[bytes]:
    return map(completed, lines_in(path, skip))


def _last_first(folder: Path, hidden: Path) -> int:
    """The first row of the last file there is; 0 where there is none."""
    files = firsts([*folder.glob(PARTS), *(hidden / "wide").glob(PARTS), *hidden.glob(SEGMENTS)])
    return files[-1][0] if files else 0
