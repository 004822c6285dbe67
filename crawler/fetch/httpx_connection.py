"""Connections for the httpx backend: its protocols are httpcore's, what they stand on is ours.

httpx has no say in where it connects, but httpcore, the library below it, takes connections of ours. They
lead to checked addresses alone. And httpcore uses some connections again that it should not: here each knows
when to be retired.

Not public in httpcore: ``_h11_state``, where bytes behind an answer can be seen; without it a page that is
longer than it says would be whole. ``_h2_state`` and ``_events``, with which a stream is reset.
tests/stations/test_fetch_private.py names what is no longer as it was.
"""

import asyncio
import ssl

import httpcore
from h2.errors import ErrorCodes
from h2.events import DataReceived
from h2.exceptions import ProtocolError, StreamClosedError

from crawler.fetch.backend import FetchFailed
from crawler.fetch.httpx_network import GuardedNetwork
from crawler.model.outcomes import Kind
from crawler.rules.head import MAX_HEAD, fault_of, lines_of

CONNECTION = "crawler_connection"
"""The extension of a response under which its :class:`Connection` is found."""
_ASKED_AGAIN = "crawler_asked_again"
"""The extension of a request that had to be sent once more."""

MAX_RESETS = 32
"""Of one connection: servers take many of them for an attack (CVE-2023-44487)."""
_REFUSED_STREAM = 7
_SAID_FOR_GOOD = frozenset({11, 12, 13})
"""RFC 9113 section 7: ENHANCE_YOUR_CALM, INADEQUATE_SECURITY, HTTP_1_1_REQUIRED."""


class Pool(httpcore.AsyncConnectionPool):
    """At most ``most`` connections over ``network``, kept ``keep`` seconds while nobody uses them."""

    def __init__(self, most: int, network: GuardedNetwork, tls: ssl.SSLContext, keep: float) -> None:
        super().__init__(max_connections=most)
        self._network, self._tls, self._keep = network, tls, keep

    def create_connection(self, origin: httpcore.Origin) -> "Connection":
        """One more connection; made when its first request is sent."""
        return Connection(origin, self._network, self._tls, self._keep)


class Http1(httpcore.AsyncHTTP11Connection):
    """HTTP/1.1 with heads of any size that is granted."""

    MAX_INCOMPLETE_EVENT_SIZE = MAX_HEAD

    def behind_the_answer(self) -> bytes:
        """What came behind the answer, which was read to its end."""
        # Do not copy this: httpcore has no public way to see what came behind an answer.
        return bytes(self._h11_state.trailing_data[0])


class Connection(httpcore.AsyncConnectionInterface):
    """One connection of either version, used again only over HTTP/2.

    Of HTTP/1.1 httpcore would take what a server sends behind an answer for the answer to the next request.
    Of HTTP/2 it forgets a stream that is left before its end, while the server goes on sending: this resets
    it, or where that cannot be done lets the other streams end, and takes no further one.
    """

    def __init__(
        self, origin: httpcore.Origin, network: GuardedNetwork, tls: ssl.SSLContext, keep: float
    ) -> None:
        self._origin, self._network, self._tls, self._keep = origin, network, tls, keep
        self._made: Http1 | httpcore.AsyncHTTP2Connection | None = None
        self._making = asyncio.Lock()
        self._has_failed = False
        self._requests = self._resets = 0
        self.is_retired = False
        """No further request is to be sent."""

    def behind_the_answer(self) -> bytes:
        """What came behind the answer of HTTP/1.1, which was read to its end."""
        return self._made.behind_the_answer() if isinstance(self._made, Http1) else b""

    async def handle_async_request(self, request: httpcore.Request) -> httpcore.Response:
        """Send one request. Raises FetchFailed, UnicodeError, httpcore's errors."""
        try:
            async with self._making:
                made = self._made = self._made or await self._make(request)
            self._requests += 1
            response = await made.handle_async_request(request)
        except httpcore.ConnectionNotAvailable:  # it is another request's, and the pool finds one for this
            raise
        except BaseException as error:
            self._has_failed = self._made is None
            self.is_retired = True
            if self._is_over(error) and _ASKED_AGAIN not in request.extensions:
                request.extensions[_ASKED_AGAIN] = True
                raise httpcore.ConnectionNotAvailable from error  # the pool asks on another one
            if isinstance(error, httpcore.RemoteProtocolError) and isinstance(self._made, Http1):
                self._judge(self._stream.take_head())
            raise
        if isinstance(made, Http1):
            self.is_retired = True
        response.extensions[CONNECTION] = self
        return response

    async def _make(self, request: httpcore.Request) -> Http1 | httpcore.AsyncHTTP2Connection:
        origin, seconds = self._origin, request.extensions["timeout"]["connect"]
        host = origin.host.decode("ascii")
        self._stream = await self._network.connect(host, origin.port, seconds)
        if origin.scheme == b"https":
            await self._stream.start_tls(self._tls, host, seconds)
        if self._stream.is_http2:
            return httpcore.AsyncHTTP2Connection(origin, self._stream, self._keep)
        return Http1(origin, self._stream, self._keep)

    def leave(self, stream: int | None) -> None:
        """Have no more sent of the answer in ``stream`` of HTTP/2 (RFC 9113 section 6.4), else retire."""
        made = self._made
        self._resets += 1
        if (
            stream is None
            or not isinstance(made, httpcore.AsyncHTTP2Connection)
            # Do not copy this: httpcore has no public way to give up one answer of several on a connection.
            or stream not in made._events  # httpcore gave it up
            or self._resets > MAX_RESETS
        ):
            self.is_retired = True
            return
        state = made._h2_state  # do not copy this either
        try:
            for event in made._events[stream]:
                if isinstance(event, DataReceived):  # it still counts against the connection's window
                    state.acknowledge_received_data(event.flow_controlled_length, stream)
            state.reset_stream(stream, ErrorCodes.CANCEL)
        except StreamClosedError:
            pass  # all of it has come already
        except ProtocolError:
            self.is_retired = True
        self._stream.write_soon(state.data_to_send())

    def judge_head(self) -> None:
        """Raises FetchFailed where the head that was just received lets its end be in doubt."""
        if isinstance(self._made, Http1):
            self._judge(self._stream.take_head())

    def _judge(self, head: bytes) -> None:
        if fault := fault_of(lines_of(head)):
            raise FetchFailed(Kind.FRAMING, f"the answer is not valid HTTP: {fault}", retryable=False)

    def _is_over(self, error: BaseException) -> bool:
        """Whether ``error`` is about this connection alone, so that the request is asked again elsewhere.

        RFC 9113 section 8.7 for what the server says; else it closed a connection that was not only for this.
        """
        if not isinstance(self._made, httpcore.AsyncHTTP2Connection):
            return False
        if isinstance(error, httpcore.RemoteProtocolError):
            event = error.args[0] if error.args else None
            code = getattr(event, "error_code", None)
            if code is not None and hasattr(event, "last_stream_id"):  # GOAWAY
                return code not in _SAID_FOR_GOOD
            if code is not None:
                return bool(code == _REFUSED_STREAM)
        broken = isinstance(error, httpcore.NetworkError | httpcore.RemoteProtocolError) or (
            isinstance(error, FetchFailed) and error.kind is Kind.RESET
        )
        return broken and self._requests > 1

    async def aclose(self) -> None:
        """Close it."""
        if self._made is not None:
            await self._made.aclose()

    def info(self) -> str:
        """For people who debug."""
        return "not connected" if self._made is None else self._made.info()

    # What the pool asks before it gives it a request, or closes it.

    def can_handle_request(self, origin: httpcore.Origin) -> bool:
        """Whether it leads there."""
        return origin == self._origin

    def is_available(self) -> bool:
        """Whether the pool may give it a request."""
        if self.is_retired or self._has_failed:
            return False
        return self._origin.scheme == b"https" if self._made is None else self._made.is_available()

    def has_expired(self) -> bool:
        """Whether the pool is to close it."""
        if self._made is None:
            return self._has_failed
        return self._made.has_expired() or (self.is_retired and self.is_idle())

    def is_idle(self) -> bool:
        """Whether no request is under way."""
        return self._has_failed if self._made is None else self._made.is_idle()

    def is_closed(self) -> bool:
        """Whether it is closed, or was never open."""
        return self._has_failed if self._made is None else self._made.is_closed()
