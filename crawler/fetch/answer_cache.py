"""What other origins answered to earlier crawls, in one file of the user's: a CI need not ask the world anew.

Only good answers stand in it. Several crawls may use it at once: each writes the whole file anew, with what
the others have written until then. What one writes in the very moment in which another does may be lost; then
it is asked for again.
"""

import asyncio
import heapq
import logging
import os
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Annotated, Literal

import msgspec

from crawler.plumbing.starter_thread import off_loop

log = logging.getLogger("crawler.fetch")

MAX_ANSWERS = 100_000
"""The newest are kept; some 10 MB."""
MAX_BYTES = 1 << 28
"""Of a file that is read; a longer one is no cache."""


class GoodAnswer(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """What is kept of a 2xx answer."""

    at: float
    """Unix time in seconds, when it came."""
    status: Annotated[int, msgspec.Meta(ge=200, lt=300)]
    content_type: str | None = None
    size: Annotated[int, msgspec.Meta(ge=0, le=(1 << 63) - 1)] | None = None
    """Its Content-Length in bytes."""


class _File(msgspec.Struct):
    crawler_answers: Literal[1]
    """The version of this format; it also tells the file from any other."""
    answers: dict[str, GoodAnswer]


_decode = msgspec.json.Decoder(_File).decode


class AnswerCache:
    """Good answers by URL. The file at ``path`` is read when the first is asked for, in a thread.

    One that cannot be read, or is something else, is let alone; that is a warning in the log, no failure. An
    answer stands for ``hours``; ``now`` gives seconds since 1970.
    """

    def __init__(self, path: Path | None, hours: float, now: Callable[[], float] = time.time) -> None:
        """Without a path it is where such files usually are."""
        self._path, self._seconds, self._now = path, hours * 3_600, now
        self._known: dict[str, GoodAnswer] | None = None
        self._new: dict[str, GoodAnswer] = {}
        self._reading = asyncio.Lock()
        self._is_usable = True

    async def find(self, url: str) -> GoodAnswer | None:
        """The answer that still stands for ``url``, if there is one."""
        if self._known is None:
            async with self._reading:
                if self._known is None:
                    self._known = await off_loop(self._read_standing)
        found = self._known.get(url)
        return found if found is not None and self._stands(found) else None

    def keep(self, url: str, status: int, content_type: str | None, size: int | None) -> None:
        """Remember for later crawls what ``url`` has just answered."""
        if len(self._new) < MAX_ANSWERS:
            self._new[url] = GoodAnswer(self._now(), status, content_type, size)

    async def close(self) -> None:
        """Write what is new."""
        if self._new and self._is_usable:
            await off_loop(self._write)

    def _stands(self, answer: GoodAnswer) -> bool:
        # Neither is what comes from the future, where a clock was set back.
        return 0 <= self._now() - answer.at < self._seconds

    def _read_standing(self) -> dict[str, GoodAnswer]:
        return {url: answer for url, answer in self._read().items() if self._stands(answer)}

    def _read(self) -> dict[str, GoodAnswer]:
        """All that is in the file."""
        try:
            path = self._path = self._path or usual_path()
            if not path.exists():
                return {}
            if not path.is_file():
                raise OSError("it is no file")
            with path.open("rb") as file:
                text = file.read(MAX_BYTES + 1)
            if not text:
                return {}
            if len(text) > MAX_BYTES:
                raise OSError("it is too long for one")
            return _decode(text).answers
        except OSError as error:
            self._give_up(error.strerror or str(error))
        except msgspec.DecodeError as error:
            self._give_up(f"it is something else ({error})")
        except RuntimeError as error:  # no folder, or JSON nested without end
            self._give_up(str(error))
        return {}

    def _write(self) -> None:
        answers = self._read()
        if not self._is_usable or self._path is None:
            return
        for url, answer in self._new.items():
            if url not in answers or answers[url].at < answer.at:
                answers[url] = answer
        if len(answers) > MAX_ANSWERS:
            answers = dict(heapq.nlargest(MAX_ANSWERS, answers.items(), key=lambda item: item[1].at))
        text = msgspec.json.encode(_File(1, answers))
        try:
            path = self._path.resolve()  # the file itself, not a link to it, is replaced
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
                new = Path(file.name)
                try:
                    file.write(text)
                    file.close()
                    new.replace(path)
                finally:
                    new.unlink(missing_ok=True)  # where it could not be moved there
        except OSError as error:
            self._give_up(error.strerror or str(error))

    def _give_up(self, why: str) -> None:
        if self._is_usable:
            where = self._path or "in the user's folder"
            log.warning("the cache of external answers, %s, is not used: %s", where, why)
        self._is_usable = False


def usual_path() -> Path:
    """Where the cache is if the user names no file: in the folder for such things.

    It is that of the XDG Base Directory Specification: ``$XDG_CACHE_HOME`` where that is absolute, else
    ``~/.cache``. Raises RuntimeError where nothing says which folder is the user's.
    """
    named = Path(os.environ.get("XDG_CACHE_HOME", ""))
    folder = named if named.is_absolute() else Path.home() / ".cache"
    return folder / "crawler" / "external.json"
