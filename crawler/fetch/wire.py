"""URLs and headers between our text and the bytes on the wire."""

import functools
from collections.abc import Iterable, Mapping

from crawler.fetch.inflate import ACCEPT_ENCODING

_ACCEPT = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
_ON_ONE_LINE = bytes.maketrans(b"\r\n\0", b"   ")


class Unsendable(ValueError):
    """A request that HTTP cannot express."""


def own_headers(user_agent: str) -> dict[str, str]:
    """What every request says, whichever backend sends it."""
    return {"User-Agent": user_agent, "Accept": _ACCEPT, "Accept-Encoding": ACCEPT_ENCODING}


def merged(own: Mapping[str, str], given: Mapping[str, str]) -> dict[str, str]:
    """``own`` and ``given`` headers; of a name that is in both, whatever its case, the given one."""
    names = {name.lower() for name in given}
    return {name: value for name, value in own.items() if name.lower() not in names} | dict(given)


def header_lines(headers: Mapping[str, str]) -> bytes:
    """All of a request's head behind its first line (RFC 9112 section 5).

    Raises Unsendable where a header would end its line and so begin another.
    """
    lines = [f"{name}: {value}" for name, value in headers.items()]
    if any(mark in line for line in lines for mark in "\r\n\0"):
        raise Unsendable("a header holds a line break or a NUL")
    return "\r\n".join([*lines, "", ""]).encode()


def as_head(first: bytes, fields: Iterable[tuple[bytes, bytes]]) -> bytes:
    """A head as HTTP/1.1 writes it, with its ``first`` line and the empty line at its end.

    What would end a line within a field, as HTTP/2 can say it, is a space (RFC 9110 section 5.5).
    """
    lines = [first, *[b"%b: %b" % field for field in fields]]
    return b"\r\n".join([*[line.translate(_ON_ONE_LINE) for line in lines], b"", b""])


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
