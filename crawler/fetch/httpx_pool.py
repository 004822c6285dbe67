"""httpcore's pool of connections, with what it lacks for streams of HTTP/2 that are left before their end.

Over HTTP/1.1 such an answer costs its connection. Over HTTP/2 others use the connection too, and httpcore
merely forgets the stream: the server goes on sending, the stream counts against the most that may be open,
and its bytes are never acknowledged. A few pictures that nobody wants, and a connection stands still.
"""

import ssl
from typing import Any

import httpcore

from crawler.fetch.httpx_network import GuardedNetwork

WINDOW = 2**24 + 65_535
"""Bytes that httpcore lets a server send ahead over one HTTP/2 connection."""
UNREAD = "crawler_unread"
"""The extension of a response under which its reader finds what came behind it."""
_CANCEL = 8  # RFC 9113 section 7: the stream is no longer needed


class Pool(httpcore.AsyncConnectionPool):
    """At most ``most`` connections, idle ones kept for ``keep_alive`` seconds."""

    def __init__(self, network: GuardedNetwork, tls: ssl.SSLContext, most: int, keep_alive: float) -> None:
        super().__init__(max_connections=most, max_keepalive_connections=most, keepalive_expiry=keep_alive)
        self._options: dict[str, Any] = {
            "ssl_context": tls,
            "keepalive_expiry": keep_alive,
            "http2": True,
            "network_backend": network,
        }

    def create_connection(self, origin: httpcore.Origin) -> "Connection":
        """One more connection; made when its first request is sent."""
        return Connection(origin, **self._options)


class Connection(httpcore.AsyncHTTPConnection):
    """One connection of either version."""

    async def handle_async_request(self, request: httpcore.Request) -> httpcore.Response:
        """Send one request; before it, tell an HTTP/2 server which streams are no longer wanted."""
        if isinstance(self._connection, httpcore.AsyncHTTP2Connection):
            give_up_forgotten_streams(self._connection)
        response = await super().handle_async_request(request)
        if isinstance(self._connection, httpcore.AsyncHTTP11Connection):
            response.extensions[UNREAD] = self._unread
        return response

    def has_expired(self) -> bool:
        """It must not be used again: for too long idle, or bytes wait in it that nobody asked for."""
        return super().has_expired() or (self.is_idle() and bool(self._unread()))

    def _unread(self) -> bytes:
        """What was read from an HTTP/1.1 server beyond the end of its answer.

        httpcore would take it for the answer to the next request: a page could speak for another one.
        """
        state = getattr(self._connection, "_h11_state", None)
        return b"" if state is None else bytes(state.trailing_data[0])


def give_up_forgotten_streams(connection: Any) -> None:
    """Reset the streams that httpcore forgot, and grant anew what they took of the window.

    Nothing is sent here: it goes out with the request that follows.
    """
    known, http2 = connection._events, connection._h2_state
    for number in [number for number, stream in http2.streams.items() if stream.open and number not in known]:
        http2.reset_stream(number, error_code=_CANCEL)
    missing = WINDOW - http2.inbound_flow_control_window
    if missing > WINDOW // 2:
        # What waits to be read is acknowledged by its reader.
        missing -= sum(
            getattr(event, "flow_controlled_length", 0) for events in known.values() for event in events
        )
        if missing > 0:
            http2.increment_flow_control_window(missing)
