"""URLs and headers between our text and the bytes on the wire."""

from collections.abc import Iterable

from yarl import URL

from crawler.fetch.inflate import ACCEPT_ENCODING
from crawler.rules import urls

_ACCEPT = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


def own_headers(user_agent: str) -> dict[str, str]:
    """What every request says, whichever backend sends it."""
    return {"User-Agent": user_agent, "Accept": _ACCEPT, "Accept-Encoding": ACCEPT_ENCODING}


def as_sent(url: str) -> URL:
    """``url`` for yarl, which must not quote it anew: it is serialised already. Raises ValueError.

    Without user and password: aiohttp would send them.
    """
    url = urls.login(url)[0]
    if not url.endswith("?"):
        return URL(url, encoded=True)
    # yarl drops an empty query, but `/a?` and `/a` are two URLs (WHATWG URL section 4.5).
    scheme, _, rest = url.partition("://")
    authority, slash, path = rest.partition("/")
    return URL.build(scheme=scheme, authority=authority, path=slash + path, encoded=True)


def as_parts(url: str) -> tuple[str, bytes]:
    """The origin of ``url``, without user and password, and its request target untouched.

    Raises ValueError.
    """
    scheme, _, rest = url.partition("://")
    end = min((at for mark in "/?" if (at := rest.find(mark)) >= 0), default=len(rest))
    host = rest[:end].rpartition("@")[2]
    target = rest[end:]
    if not target.startswith("/"):
        target = f"/{target}"
    return f"{scheme}://{host}", target.encode("ascii")


def as_received(headers: Iterable[tuple[bytes, bytes]]) -> tuple[tuple[str, str], ...]:
    """Headers as text, names in lower case.

    RFC 9110 section 5.5 leaves bytes above 127 open: they are UTF-8 where they can be, as in browsers.
    """
    try:
        return tuple([(name.decode().lower(), value.decode()) for name, value in headers])
    except UnicodeDecodeError:
        return tuple([(name.decode("latin-1").lower(), _text(name, value)) for name, value in headers])


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
