"""A one-way pipe that holds a whole batch, where the system lets it.

A pipe holds 64 KiB by default. A batch of pages is eight times as long, so its writer would be stopped and
woken again and again, once for each time that the reader has made room.
"""

from contextlib import suppress
from multiprocessing.connection import Connection
from multiprocessing.context import BaseContext

try:
    from fcntl import F_GETPIPE_SZ, F_SETPIPE_SZ, fcntl  # Linux
except ImportError:
    fcntl = None  # type: ignore[assignment]

CAPACITY = 1024 * 1024
"""Bytes; the most that Linux grants to anybody (pipe(7), /proc/sys/fs/pipe-max-size)."""


def capacity(end: Connection) -> int:
    """Bytes that the pipe of ``end`` holds; 0 where the system does not say."""
    return fcntl(end.fileno(), F_GETPIPE_SZ) if fcntl is not None else 0


def wide_pipe(context: BaseContext) -> tuple[Connection, Connection]:
    """The reading and the writing end."""
    reader, writer = context.Pipe(duplex=False)
    if fcntl is not None:
        # OSError: this user has too many of them already (pipe-user-pages-soft); a narrow one does, too.
        with suppress(OSError):
            fcntl(writer.fileno(), F_SETPIPE_SZ, CAPACITY)
    return reader, writer
