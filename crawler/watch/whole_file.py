"""A file that is there whole or not at all."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO


@contextmanager
def whole_file(
    path: Path, half: Path, *, errors: str = "strict", newline: str | None = None
) -> Iterator[TextIO]:
    """What is written in the block, in UTF-8, takes the place of ``path`` when that has ended without error.

    Until then it is in ``half``, beside it. ``errors`` and ``newline`` as of :func:`open`. Raises OSError
    where the disk refuses; what was there before is then still there. Blocks: not for an event loop.
    """
    try:
        with half.open("w", encoding="utf-8", errors=errors, newline=newline) as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        with suppress(OSError):  # there is none yet, or its mode is not ours to give
            half.chmod(path.stat().st_mode & 0o777)
        half.replace(path)
    except BaseException:
        with suppress(OSError):
            half.unlink(missing_ok=True)
        raise
