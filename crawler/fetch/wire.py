"""URLs and headers between our text and the bytes on the wire."""

import functools
from collections.abc import Iterable, Mapping

from crawler.fetch.inflate import ACCEPT_ENCODING

_ACCEPT = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


class Unsendable(ValueError):
    """A request that HTTP cannot express."""


def own_headers(user_agent: str) -> dict[str, str]:
    """What every request says, whichever backend sends it."""
    return {"User-Agent": user_agent, "Accept": _ACCEPT, "Accept-Encoding": ACCEPT_ENCODING}


def merged(own: Mapping[str, str], given: Mapping[str, str]) -> dict[str, str]:
    """``own`` and ``given`` headers; of a name that is in both, whatever its case, the given one."""
    names = {name.lower() for name in given}
    return {name: value for name, value in own.items() if name.lower() not in names} | dict(given)


class RequestWriter:
    """GET requests for the pages of one origin, in the bytes of HTTP/1.1 (RFC 9112 section 3).

    ``own`` headers go with all of them. ``proxy_headers``, empty or not, mean a proxy that is asked for
    the whole URL.
    """

    def __init__(
        self, origin: str, own: Mapping[str, str], proxy_headers: Mapping[str, str] | None = None
    ) -> None:
        self._start = b"GET " if proxy_headers is None else f"GET {origin}".encode()
        self._headers = {"Host": origin.partition("://")[2], **own}
        self._last = proxy_headers or {}
        self._usual = self._rest({})

    def request(self, target: bytes, headers: Mapping[str, str]) -> bytes:
        """All of a request. Raises Unsendable where a header would end its line and so begin another."""
        return b"%b%b%b" % (self._start, target, self._rest(headers) if headers else self._usual)

    def _rest(self, headers: Mapping[str, str]) -> bytes:
        all_of_them = merged(self._headers, {**headers, **self._last})
        lines = [f"{name}: {value}" for name, value in all_of_them.items()]
        if any(mark in line for line in lines for mark in "\r\n\0"):
            raise Unsendable("a header holds a line break or a NUL")
        return "\r\n".join([" HTTP/1.1", *lines, "", ""]).encode()


def as_parts(url: str) -> tuple[str, bytes]:
    """The origin of ``url``, without user and password, and its request target untouched.

    Raises ValueError.
    """
    path = url.find("/", url.find(":") + 3)
    query = url.find("?")
    if path < 0 or 0 <= query < path:  # as no serialised URL is (WHATWG URL section 4.5)
        path = len(url) if query < 0 else query
    origin, target = url[:path], url[path:]
    if "@" in origin:
        origin = f"{origin.partition('://')[0]}://{origin.rpartition('@')[2]}"
    return origin, (target if target.startswith("/") else f"/{target}").encode("ascii")


def as_received(headers: Iterable[tuple[bytes, bytes]]) -> tuple[tuple[str, str], ...]:
    """Headers as text, names in lower case.

    RFC 9110 section 5.5 leaves bytes above 127 open: they are UTF-8 where they can be, as in browsers.
    """
    try:
        return tuple([(_name(name), value.decode()) for name, value in headers])
    except UnicodeDecodeError:
        return tuple([(name.decode("latin-1").lower(), _text(name, value)) for name, value in headers])


@functools.lru_cache(maxsize=256)  # nearly all answers have the same
def _name(name: bytes) -> str:
    return name.decode().lower()


def _text(name: bytes, value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        if name.lower() != b"location":
            return value.decode("latin-1")
    # In a URL the bytes themselves count, not the characters that they may have meant.
    return "".join([chr(byte) if byte < 128 else f"%{byte:02X}" for byte in value])


def cookie_header(set_cookies: Iterable[str]) -> str:
    """The Cookie header that sends back what the Set-Cookie headers set, whatever their attributes say."""
    pairs = [value.partition(";")[0].strip() for value in set_cookies]
    return "; ".join(pair for pair in pairs if pair)
