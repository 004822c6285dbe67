"""An answer that aiohttp reads: its body in pieces, as they come in."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from crawler.fetch.backend import Answer, FetchFailed
from crawler.fetch.wire import as_received

if TYPE_CHECKING:  # one file imports its client, see aiohttp_backend
    from aiohttp import StreamReader
    from aiohttp.http_parser import RawResponseMessage


class Source(Protocol):
    """The connection that an answer comes from."""

    silent_since: float | None

    def waits(self) -> None:
        """Somebody waits for its next bytes from now on."""

    def exception(self) -> BaseException | None:
        """What it broke with."""


class AiohttpAnswer(Answer):
    """One answer; see :class:`crawler.fetch.backend.Answer`. ``failure`` says what an exception means."""

    __slots__ = ("_body", "_failure", "_is_chunked", "_source")

    def __init__(
        self,
        head: "RawResponseMessage",
        body: "StreamReader",
        source: Source,
        failure: Callable[[Exception], FetchFailed],
    ) -> None:
        self.status = head.code
        self.headers = as_received(head.raw_headers)
        self._body, self._source, self._failure = body, source, failure
        self._is_chunked = "transfer-encoding" in head.headers

    async def read(self) -> bytes:
        """The next bytes of the body, ``b""`` at its end. Raises FetchFailed."""
        try:
            self._source.waits()
            if self._is_chunked:
                piece = await self._body.readany()  # chunks may be small and many: what waits, in one
            else:
                piece, _ = await self._body.readchunk()  # as it came: putting pieces together copies them
            self._source.silent_since = None
        except Exception as error:
            raise self._broken() or self._failure(error) from error
        if not piece and self._ends_with_its_connection() and (broken := self._broken()):
            raise broken
        return piece

    def _ends_with_its_connection(self) -> bool:
        return self.header("content-length") is None and not self._is_chunked

    def _broken(self) -> FetchFailed | None:
        # A body that ends where the connection ends is taken for whole by aiohttp even when that
        # end was a reset; the connection remembers it.
        error = self._source.exception()
        return self._failure(error) if isinstance(error, OSError) else None
