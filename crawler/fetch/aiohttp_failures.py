"""What each of aiohttp's errors means to the crawl. The only such place."""

import logging
import socket
import ssl

import aiohttp
from aiohttp.http_exceptions import BadStatusLine, HttpProcessingError

from crawler.fetch import backend
from crawler.fetch.backend import FetchFailed, words_of
from crawler.fetch.wire import Unsendable
from crawler.model.outcomes import Kind

_FAILURES: tuple[tuple[type[Exception] | tuple[type[Exception], ...], Kind, str], ...] = (
    # The first row that fits wins, so the more special ones stand above.
    (ssl.SSLCertVerificationError, Kind.TLS, "the server's certificate is not valid"),
    (ssl.SSLError, Kind.TLS, "TLS failed"),
    (socket.gaierror, Kind.DNS, "the host name could not be resolved"),
    (UnicodeError, Kind.DNS, "the host name cannot be looked up"),
    (aiohttp.SocketTimeoutError, Kind.TIMEOUT, backend.NOTHING_IN_TIME),
    (TimeoutError, Kind.TIMEOUT, backend.NO_CONNECTION_IN_TIME),
    (aiohttp.ClientConnectorError, Kind.CONNECT, "no connection could be made"),
    (aiohttp.InvalidURL, Kind.CONNECT, "the URL cannot be asked for"),
    (Unsendable, Kind.CONNECT, "the request cannot be sent"),
    (aiohttp.ServerDisconnectedError, Kind.RESET, "the server closed the connection without an answer"),
    (HttpProcessingError, Kind.FRAMING, "the answer is not valid HTTP"),
    (aiohttp.ClientPayloadError, Kind.FRAMING, "the body is not framed as it should be"),
    ((OSError, aiohttp.ClientConnectionError), Kind.RESET, "the connection broke"),
    (Exception, Kind.FRAMING, "the HTTP library failed"),
)
_FOR_GOOD = (aiohttp.InvalidURL, Unsendable, HttpProcessingError)
"""They come again with every attempt, but for a bad status line: that may be the rest of another answer."""


def failure(error: Exception) -> FetchFailed:
    """What ``error``, whatever the library raised, is called."""
    if isinstance(error, FetchFailed):
        return error
    kind, sentence = next((kind, text) for of, kind, text in _FAILURES if isinstance(error, of))
    cause: Exception = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
    if isinstance(error, aiohttp.ServerDisconnectedError) and not isinstance(error.message, str):
        kind, sentence = Kind.FRAMING, "the answer breaks off before its body"  # what was read of the head
    if kind is Kind.CONNECT and isinstance(cause, ConnectionResetError | ConnectionAbortedError):
        kind, sentence = Kind.RESET, "the connection broke while it was being made"
    if sentence == _FAILURES[-1][2]:
        logging.getLogger(__name__).warning("aiohttp raised what it should not", exc_info=error)
    if isinstance(error, aiohttp.ServerDisconnectedError | TimeoutError):
        return FetchFailed(kind, sentence)  # the library's words would be the same once more
    words = error.message if isinstance(error, HttpProcessingError) else None
    if isinstance(error, aiohttp.ClientPayloadError):  # it quotes more than what is to be told
        words = str(error).partition("message='")[2].partition("'")[0]
    stays = isinstance(error, _FOR_GOOD) and not isinstance(error.__cause__, BadStatusLine)
    retryable = False if stays else backend.retryable(cause)
    return FetchFailed(kind, f"{sentence}: {words_of(cause, words)}", retryable=retryable)
