"""How a crawl looked over time: ``history.jsonl``, one picture a line, for whoever opens it afterwards.

Its size is bounded, whatever the crawl's length: when it is full every second picture goes, and from then on
half as many are kept. It is only ever appended to or replaced as a whole, so a kill leaves a readable file, of
which at worst the last line is half a picture and is left out. Everything here blocks: not for an event loop.
"""

import logging
import math
import os
import statistics
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import msgspec

from crawler.model.errors import OutputError
from crawler.model.generations import file_name
from crawler.watch.picture import Picture, decode, encode
from crawler.watch.whole_file import whole_file

HISTORY_FILE = "history.jsonl"
"""Of the first generation; ``history@2.jsonl`` of the second."""
MAX_PICTURES = 1_000
MAX_BYTES = 8 * 1024 * 1024
INTERVAL = 1.0
"""Seconds between two pictures, until the file is full for the first time."""
_LANES, _HOSTS, _RECENT = 64, 20, 10  # of each picture: a page's worth, so that the bytes last for longer
_LEAST = 4  # pictures of which none goes

log = logging.getLogger("crawler.watch")


class History:
    """The file, as a crawl writes it; for one thread at a time.

    It never stands in the crawl's way: what cannot be written is said once, and ends the history.
    """

    def __init__(
        self,
        path: Path,
        *,
        goes_on: bool = False,
        most: int = MAX_PICTURES,
        max_bytes: int = MAX_BYTES,
        interval: float = INTERVAL,
    ) -> None:
        """``goes_on``: what ``path`` holds is of this crawl, and stays; else it is another's, and goes.

        At most ``most`` pictures and ``max_bytes`` bytes are kept, ``interval`` seconds apart at first.
        """
        self._path, self._goes_on = path, goes_on
        self._most, self._max_bytes, self._interval = most, max_bytes, interval
        self._pictures = self._bytes = 0
        self._last_at = -math.inf
        self._is_open = self._failed = False

    def add(self, picture: Picture, *, is_last: bool = False) -> None:
        """Keep it, if the one before is old enough; the last one always. The first failure is the last."""
        # A clock that was set back must not end the history.
        if self._failed or (not is_last and 0 <= picture.at - self._last_at < 0.9 * self._interval):
            return
        try:
            if not self._is_open:
                self._open()
            self._append(encode(shortened(picture)) + b"\n")
            self._last_at = picture.at
        except OSError as error:
            self._failed = True
            log.warning(
                "%s cannot be written: %s; the crawl goes on without its history",
                self._path,
                error.strerror or error,
            )

    def _open(self) -> None:
        """Find what an earlier run has left, without the line in which it was killed."""
        self._is_open = True
        if not self._goes_on:
            self._path.unlink(missing_ok=True)
        lines = _lines(self._path)
        self._pictures, self._bytes = len(lines), sum(map(len, lines))
        if self._path.exists() and self._path.stat().st_size > self._bytes:
            os.truncate(self._path, self._bytes)
        self._interval = _interval_of(lines, self._interval)

    def _append(self, line: bytes) -> None:
        while self._pictures >= _LEAST and (
            self._pictures >= self._most or self._bytes + len(line) > self._max_bytes
        ):
            self._thin()
        with self._path.open("ab") as file:
            file.write(line)
        self._pictures += 1
        self._bytes += len(line)

    def _thin(self) -> None:
        """Let every second picture go, but not the first nor the last."""
        lines = thinned(_lines(self._path))
        with whole_file(self._path, self._path.with_name(f"{self._path.name}.tmp"), newline="") as file:
            file.writelines(line.decode() for line in lines)
        self._pictures, self._bytes = len(lines), sum(map(len, lines))
        self._interval *= 2


def history_of(out: Path, generation: int) -> Path:
    """Where the history of a generation of the crawl in ``out`` lies."""
    return out / file_name(HISTORY_FILE, generation)


def read_history(path: Path) -> list[Picture]:
    """The pictures in ``path``, the oldest first; none where there is no such file.

    What is no picture, or one that another version has taken, is left out. Raises OutputError.
    """
    pictures = []
    try:
        lines = _lines(path)
    except OSError as error:
        raise OutputError(f"{path} cannot be read: {error.strerror or error}") from error
    for line in lines:
        try:
            pictures.append(decode(line))
        except (msgspec.DecodeError, UnicodeDecodeError):
            continue
    return pictures


def shortened(picture: Picture) -> Picture:
    """What is kept of it: the busiest workers and hosts, the newest records and errors."""
    return msgspec.structs.replace(
        picture,
        steps=picture.steps[:_LANES],
        hosts=picture.hosts[:_HOSTS],
        records=picture.records[:_RECENT],
        errors=picture.errors[:_RECENT],
    )


def thinned(lines: Sequence[bytes]) -> list[bytes]:
    """Every second one, beginning with the first, and the last."""
    kept = list(lines[::2])
    if len(lines) % 2 == 0:
        kept += lines[-1:]
    return kept


def _lines(path: Path) -> list[bytes]:
    """The whole lines of a file, each with its end; none where there is no file."""
    try:
        held = path.read_bytes()
    except FileNotFoundError:
        return []
    return held[: held.rfind(b"\n") + 1].splitlines(keepends=True)


class _Moment(msgspec.Struct):
    at: float


_moment = msgspec.json.Decoder(_Moment).decode


def _interval_of(lines: Sequence[bytes], interval: float) -> float:
    """How far apart pictures were kept lately; ``interval`` where too few are there to tell."""
    moments = []
    for line in lines[-100:]:
        try:
            moments.append(_moment(line).at)
        except (msgspec.DecodeError, UnicodeDecodeError):
            continue
    gaps = [later - earlier for earlier, later in pairwise(moments) if later > earlier]
    if len(gaps) < _LEAST:
        return interval
    doubled = round(math.log2(statistics.median(gaps) / interval))
    return interval * 2.0 ** max(0, doubled)
