"""What was said on the wire for one URL, for sinks that archive answers."""

import msgspec


class Exchange(msgspec.Struct, frozen=True, gc=False):
    """A request and the answer to it, as they were sent; kept only where a sink asks for answers."""

    url: str
    """What was asked for, as the WHATWG URL standard serialises it."""
    at: float
    """Unix time in seconds, when the request was sent."""
    request: bytes
    """The request's head as it was sent, the empty line at its end included; without secrets."""
    head: bytes
    """The answer's status line and header fields as they were received, the empty line at the end included.

    Of HTTP/2, what HTTP/1.1 would have said (see :mod:`crawler.fetch.archiving`).
    """
    protocol: str
    """``HTTP/1.0``, ``HTTP/1.1`` or ``HTTP/2``."""
    address: str | None
    """The IP address that was connected to; None behind a proxy."""
    payload: tuple[bytes, ...] = ()
    """The body after transfer decoding and before content decoding; empty when it is in ``path``."""
    path: str | None = None
    """The file with the payload; whoever has the exchange last removes it: who commits it, or drops it."""
    size: int = 0
    """Bytes of the payload."""
    cut: str | None = None
    """Why not all of the body is there, in WARC's words: length, time, disconnect, unspecified."""

    @property
    def weight(self) -> int:
        """Bytes that it holds, about, in memory or in its file: both are bounded by the same queues."""
        return self.size + len(self.head) + len(self.request) + 256
