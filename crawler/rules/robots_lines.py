"""The lines of a robots.txt, read as whoever wrote them meant them rather than to the letter.

Editors leave marks in front and blanks that nobody sees, and save as UTF-16. A rule that we did not read for
such a reason would be broken, so all of this is undone (RFC 9309 section 2.2 wants UTF-8, and leaves room for
more).
"""

from collections.abc import Iterable
from math import isfinite

_BOM = b"\xef\xbb\xbf"
_UTF_16 = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
_KEYS = {
    "user-agent": "agent",
    "useragent": "agent",
    "user agent": "agent",
    "allow": "allow",
    "disallow": "disallow",
    "crawl-delay": "delay",
    "sitemap": "sitemap",
    "site-map": "sitemap",
} | dict.fromkeys(("dissallow", "dissalow", "disalow", "diasllow", "disallaw"), "disallow")
"""Misspelt keys mean what they say (§2.2.4 leaves room): whoever mistypes Disallow still forbids."""
BLANK = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000\u200b\u200c\u200d\u2060\ufeff\udca0"
)
"""Nobody sees these in an editor: white space, what has no width, and a no-break space in Latin-1."""


def record(line: bytes) -> tuple[str | None, str]:
    """What kind of line it is, and its value; bytes that are not UTF-8 as lone surrogates."""
    text = line.partition(b"#")[0].decode("utf-8", "surrogateescape").strip(BLANK)
    for colon in (":", "\uff1a"):  # the latter is what a Chinese or Japanese keyboard gives
        key, found, value = text.partition(colon)
        if found and (kind := _KEYS.get(key.strip(BLANK).lower())):
            return kind, value.strip(BLANK)
    words = text.split()
    if ":" in text or len(words) != 2:
        return None, ""
    return _KEYS.get(words[0].lower()), words[1]


def lines(body: bytes, max_bytes: int) -> list[bytes]:
    """Its lines in UTF-8, as far as they count."""
    if len(body) > max_bytes:
        # Half a line might forbid more than the whole one.
        ends = (body.rfind(end, 0, max_bytes + 1) for end in (b"\n", b"\r"))
        body = body[: max(ends) + 1]
    coding = _UTF_16.get(body[:2])
    if coding is not None:
        body = body.decode(coding, "ignore").encode("utf-8", "ignore")
    body = body.replace(b"\0", b"")  # of UTF-16 without a mark, or of UTF-32, these are what is too much
    while body.startswith(_BOM):
        body = body[3:]
    for length in (2, 1):  # even half a byte-order mark
        body = body.removeprefix(_BOM[:length])
    return body.splitlines()


def seconds(value: str) -> Iterable[float]:
    """The one number that a Crawl-delay says; none where it is no time."""
    try:
        found = float(value)
    except ValueError:
        return ()
    return (found,) if isfinite(found) and found >= 0 else ()


def octets(value: str) -> bytes:
    """The bytes of a value that :func:`record` has found."""
    return value.encode("utf-8", "surrogateescape")
