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
    buffer = _Buffer(limit, spool_above, spool_path, judge)
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
    except OSError as error:
        await buffer.discard()
        raise CrawlFailed(f"A long body cannot be written to {spool_path}: {error.strerror}.") from error
    except BaseException:
        await buffer.discard()
        raise


async def _inflate(answer: Answer, undo: Decoder, buffer: "_Buffer", most: int) -> None:
    since_pause = 0
    while chunk := await answer.read():
        most -= len(chunk)
        if most < 0:
            raise Undecodable("as sent it is far longer than the content may be")
        for start in range(0, len(chunk), SLICE):
            for piece in undo.feed(chunk[start : start + SLICE]):
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


class _Buffer:
    """Parts of a body in memory, until there are so many bytes that they go to a file."""

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
        self._opening: asyncio.Future[AsyncBufferedIOBase] | None = None
        self._parts: list[bytes] = []
        self._held = 0
        self._size = 0
        self._truncated = False

    async def add(self, part: bytes) -> bool:
        """Keep ``part``; False where the limit cut it, so that no more is wanted."""
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

    async def _spool(self, path: str) -> None:
        if self._opening is None:
            # Shielded, because a thread opens the file whether or not we are cancelled meanwhile.
            self._opening = asyncio.ensure_future(aiofiles.open(path, "wb"))
            self._spool_above = _SPOOL_STEP
        file = await asyncio.shield(self._opening)
        await file.write(b"".join(self._parts))
        self._parts.clear()
        self._held = 0

    def _judge_first(self) -> None:
        judge, self._judge = self._judge, None
        if judge is not None:
            judge(b"".join(self._parts)[:FIRST])

    async def finish(self) -> Body:
        """All of it; the file, if there is one, is closed."""
        self._judge_first()
        if self._opening is None or self._path is None:
            if self._size < _SMALL * len(self._parts):
                self._parts = [b"".join(self._parts)]
            return Body(tuple(self._parts), None, self._size, self._truncated)
        await self._spool(self._path)
        await (await self._opening).close()
        return Body((), self._path, self._size, self._truncated)

    async def discard(self) -> None:
        """Leave no file behind."""
        if self._opening is not None and self._path is not None:
            with suppress(OSError):
                await (await self._opening).close()
            await remove_spooled(self._path)
