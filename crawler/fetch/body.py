"""Reads a body: inflates it, stops at the limit, and moves a long one out of memory into a file."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple

import aiofiles
from aiofiles.threadpool.binary import AsyncBufferedIOBase

from crawler.fetch.backend import Answer, FetchFailed
from crawler.fetch.inflate import PIECE, SLICE, Decoder, Undecodable, decoder
from crawler.model.errors import CrawlFailed
from crawler.model.outcomes import Kind
from crawler.plumbing.spool import remove_spooled
from crawler.plumbing.starter_thread import to_its_end
from crawler.rules.content_type import FIRST

DRAIN_BYTES = 65_536
"""A body that nobody wants is read up to this length, so that its connection can be used again."""
DRAIN_SECONDS = 1.0
"""And for this long: a new connection is cheaper than waiting for a slow server."""
_SPOOL_STEP = 262_144
"""Bytes that one write to the spool file carries, at least: each goes through a thread."""
_MAX_PARTS = 1_024
_SMALL = 4_096
"""Bytes of a piece on the average, below which keeping them apart costs more than a copy of them."""


class Body(NamedTuple):
    """A decoded body, in ``pieces`` or in the file ``path``."""

    pieces: tuple[bytes, ...]
    """Not joined, since that would copy all of it in the event loop."""
    path: str | None
    size: int
    """Bytes, wherever they are."""
    truncated: bool
    """The limit cut it."""


async def read_body(
    answer: Answer,
    limit: int,
    spool_above: int,
    spool_path: str | None,
    judge: Callable[[bytes], None] | None = None,
) -> Body:
    """The decoded body of ``answer``, cut at ``limit`` bytes.

    Above ``spool_above`` bytes it goes to the file ``spool_path`` (if there is one), which is removed
    again on any failure. ``judge`` is called with the first bytes, as many as tell a type (or all); what it
    raises ends the reading. Raises FetchFailed, and CrawlFailed where the file cannot be written.
    """
    buffer = Buffer(limit, spool_above, spool_path, judge)
    try:
        coded = answer.values("content-encoding")
        undo = decoder(coded, 2 * limit + SLICE) if coded else None
        if undo is None:
            while (chunk := await answer.read()) and await buffer.add(chunk):
                pass
        else:
            await _inflate(answer, undo, buffer, 2 * limit + SLICE)
        return await buffer.finish()
    except Undecodable as error:
        await buffer.discard()
        raise FetchFailed(Kind.ENCODING, f"the body cannot be decoded: {error}") from error
    except BaseException:
        await buffer.discard()
        raise


async def _inflate(answer: Answer, undo: Decoder, buffer: "Buffer", most: int) -> None:
    since_pause = 0
    while chunk := await answer.read():
        for start in range(0, len(chunk), SLICE):
            part = chunk[start : start + SLICE]
            most -= len(part)
            if most < 0:
                raise Undecodable("as sent it is far longer than the content may be")
            for piece in undo.feed(part):
                if not await buffer.add(piece):
                    return
                since_pause += len(piece) or 1_024
                if since_pause >= 2 * PIECE:
                    since_pause = 0
                    await asyncio.sleep(0)
    undo.end()


async def drain(answer: Answer) -> None:
    """Read the rest of a short body that nobody wants; a long or slow one costs its connection instead."""
    length = answer.header("content-length")
    if length is not None and length.isdigit() and int(length) > DRAIN_BYTES:
        return
    drained = 0
    with suppress(FetchFailed, TimeoutError):  # what was wanted of this answer is known already
        async with asyncio.timeout(DRAIN_SECONDS):
            while drained <= DRAIN_BYTES and (chunk := await answer.read()):
                drained += len(chunk)


class Buffer:
    """Parts of a body in memory, until there are so many bytes that they go to a file.

    Cancelled, each method has come to its end with that file: what is in it is what was added.
    """

    def __init__(
        self,
        limit: int,
        spool_above: int,
        spool_path: str | None,
        judge: Callable[[bytes], None] | None = None,
    ) -> None:
        self._limit = limit
        self._judge = judge
        self._spool_above = spool_above
        self._path = spool_path
        self._file: AsyncBufferedIOBase | None = None
        self._parts: list[bytes] = []
        self._held = 0
        self._size = 0
        self._truncated = False

    async def add(self, part: bytes) -> bool:
        """Keep ``part``; False where the limit cut it, so that no more is wanted.

        Raises CrawlFailed where the file cannot be written.
        """
        room = self._limit - self._size
        if len(part) > room:
            part = part[:room]
            self._truncated = True
        self._size += len(part)
        self._held += len(part)
        self._parts.append(part)
        if self._judge is not None:
            if self._size < FIRST:
                return not self._truncated
            self._judge_first()
        if self._held > self._spool_above and self._path is not None:
            await self._spool(self._path)
        elif len(self._parts) > _MAX_PARTS:
            # A body that comes in drops must not cost fifty bytes for each of its own.
            self._parts = [b"".join(self._parts)]
        return not self._truncated

    async def _spool(self, path: str, *, last: bool = False) -> None:
        data = b"".join(self._parts)
        self._parts, self._held, self._spool_above = [], 0, _SPOOL_STEP
        # To its end, because a thread writes it whether or not we are cancelled meanwhile.
        await to_its_end(asyncio.ensure_future(self._write(path, data, last=last)))

    async def _write(self, path: str, data: bytes, *, last: bool) -> None:
        try:
            if self._file is None:
                self._file = await aiofiles.open(path, "wb")
            await self._file.write(data)
            if last:
                await self._file.close()
        except OSError as error:
            raise CrawlFailed(f"A long body cannot be written to {path}: {error.strerror}.") from error

    def _judge_first(self) -> None:
        judge, self._judge = self._judge, None
        if judge is not None:
            judge(b"".join(self._parts)[:FIRST])

    async def finish(self) -> Body:
        """All of it; the file, if there is one, is closed."""
        self._judge_first()
        if self._file is None or self._path is None:
            if self._size < _SMALL * len(self._parts):
                self._parts = [b"".join(self._parts)]
            return Body(tuple(self._parts), None, self._size, self._truncated)
        await self._spool(self._path, last=True)
        return Body((), self._path, self._size, self._truncated)

    async def discard(self) -> None:
        """Leave no file behind."""
        if self._file is not None and self._path is not None:
            with suppress(OSError):
                await self._file.close()
            await remove_spooled(self._path)
