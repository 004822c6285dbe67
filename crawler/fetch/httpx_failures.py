"""What each of httpx's errors means to the crawl. The only such place."""

import logging
import re
import socket
import ssl
from collections.abc import Iterator

import h11
import httpx

from crawler.fetch import backend
from crawler.fetch.backend import FetchFailed, words_of
from crawler.model.outcomes import Kind

_FAILURES: tuple[tuple[type[Exception] | tuple[type[Exception], ...], Kind, str], ...] = (
    # The first row that fits the error or one of its causes wins.
    (ssl.SSLCertVerificationError, Kind.TLS, "the server's certificate is not valid"),
    (ssl.SSLError, Kind.TLS, "TLS failed"),
    ((socket.gaierror, UnicodeError), Kind.DNS, "the host name could not be resolved"),
    (httpx.ConnectTimeout, Kind.TIMEOUT, backend.NO_CONNECTION_IN_TIME),
    (httpx.ReadTimeout, Kind.TIMEOUT, backend.NOTHING_IN_TIME),
    (httpx.TimeoutException, Kind.TIMEOUT, "the time-out was over"),
    (httpx.ConnectError, Kind.CONNECT, "no connection could be made"),
    (h11.LocalProtocolError, Kind.CONNECT, "the request cannot be sent"),
    ((httpx.InvalidURL, httpx.UnsupportedProtocol), Kind.CONNECT, "the URL cannot be asked for"),
    (httpx.ProtocolError, Kind.FRAMING, "the answer is not valid HTTP"),
    ((httpx.NetworkError, OSError), Kind.RESET, "the connection broke"),
    (Exception, Kind.FRAMING, "the HTTP library failed"),
)
_BROKEN = (ConnectionResetError, ConnectionAbortedError)
_FOR_GOOD = (httpx.InvalidURL, httpx.UnsupportedProtocol, httpx.ProtocolError)
"""They come again with every attempt …"""
_RETRYABLE = re.compile("closed connection|disconnected|illegal (?:status|request) line")
"""… but for these: the answer breaks off, or is none at all and may be the rest of another one."""
_HTTP2_FOR_GOOD = frozenset({12, 13})
"""RFC 9113 section 7: INADEQUATE_SECURITY, HTTP_1_1_REQUIRED."""


def failure(error: Exception) -> FetchFailed:
    """What ``error``, whatever the library raised, is called."""
    if isinstance(error, FetchFailed):
        return error
    causes = list(_causes(error))
    last = causes[-1]
    kind, sentence = next(
        (kind, text) for of, kind, text in _FAILURES if any(isinstance(cause, of) for cause in causes)
    )
    if kind is Kind.TIMEOUT:
        return FetchFailed(kind, sentence)
    if kind is Kind.CONNECT and isinstance(last, _BROKEN):
        kind, sentence = Kind.RESET, "the connection broke while it was being made"
    code = getattr(last.args[0] if last.args else None, "error_code", None)
    if isinstance(error, httpx.RemoteProtocolError) and code is not None:
        # HTTP/2 has a word of its own for breaking off, for a stream or the whole connection.
        words = f"the server broke off: HTTP/2 error {int(code)}"
        return FetchFailed(Kind.RESET, words, retryable=code not in _HTTP2_FOR_GOOD)
    if sentence == _FAILURES[-1][2]:
        logging.getLogger(__name__).warning("httpx raised what it should not", exc_info=error)
    stays = isinstance(error, _FOR_GOOD) and not _RETRYABLE.search(str(last))
    retryable = False if stays else backend.retryable(last)
    return FetchFailed(kind, f"{sentence}: {words_of(last)}", retryable=retryable)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """``error`` and what it was made from, down to the first cause."""
    current: BaseException | None = error
    while current is not None:
        yield current
        inner = current.args[0] if current.args else None
        current = inner if isinstance(inner, BaseException) else current.__cause__
