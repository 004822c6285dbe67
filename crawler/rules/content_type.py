"""Which media types are worth reading (RFC 9110 §8.3, WHATWG MIME Sniffing §4.4).

A header that is missing, that is no media type at all, or that stands for any says nothing; then the body's
first bytes tell (:mod:`crawler.rules.sniff`).
"""

import functools
import re
from fnmatch import fnmatchcase

HTML = "text/html"
HTML_TYPES = (HTML, "application/xhtml+xml")
SITEMAPS = (
    "text/*",
    "*/xml",
    "*+xml",
    "application/gzip",
    "application/x-gzip",
    "application/octet-stream",
    "binary/octet-stream",
)
"""What may stand over a sitemap: XML, text, or a gzip file of either."""
FIRST = 1_445
"""Bytes of a body that tell its type (WHATWG MIME Sniffing § 5.2, "resource header")."""
_SAYS_NOTHING = frozenset({"", "*/*", "unknown/unknown", "application/unknown"})
_SAID_OF_ANYTHING = frozenset(
    {
        "text/plain",
        "text/plain; charset=ISO-8859-1",
        "text/plain; charset=iso-8859-1",
        "text/plain; charset=UTF-8",
    }
)
_TEXT_UNDER_APPLICATION = frozenset(
    f"application/{name}"
    for name in ["javascript", "ecmascript", "x-javascript", "x-ndjson", "ndjson", "yaml", "toml", "sql"]
)
_WORD = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_ESSENCE = re.compile(rf"[ \t\r\n]*({_WORD}/{_WORD})[ \t\r\n]*(?:[;,]|\Z)")
_PARAMETER = re.compile(
    r""";[ \t\r\n]*(?P<name>[^;=]*)(?:=(?:"(?P<quoted>(?:[^"\\]|\\.)*+\\?)[^;]*|(?P<plain>[^;]*)))?""",
    re.DOTALL,
)
_BYTES = re.compile(r"\s*bytes\s+([0-9]{1,18})-([0-9]{1,18})/([0-9]{1,18})\s*", re.IGNORECASE | re.ASCII)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


def essence(header: str) -> str:
    """``type/subtype`` in lower case, without parameters; empty where the header is no media type."""
    match = _ESSENCE.match(header)
    return match[1].lower() if match else ""


def parameter(header: str, name: str) -> str | None:
    """The value of a parameter, whose name is given in lower case; None where the header has none of it.

    As in WHATWG MIME Sniffing §4.4: the first of several counts, one without a value is none, a quoted
    string may lack its end.
    """
    media = _ESSENCE.match(header)
    if media is None:
        return None
    for found in _PARAMETER.finditer(header, media.end(1)):
        if found["name"].lower() != name:
            continue
        if found["quoted"] is not None:
            return _ESCAPED.sub(r"\1", found["quoted"])
        if value := (found["plain"] or "").rstrip(" \t\r\n"):
            return value
    return None


@functools.lru_cache(maxsize=256)  # a site has a few types
def accepted(header: str | None, patterns: tuple[str, ...]) -> bool:
    """True where a Content-Type header fits one of the patterns, such as ``text/*`` or ``*+xml``.

    Or where it says nothing, so that the body has to be looked at.
    """
    kind = essence(header or "")
    return kind in _SAYS_NOTHING or any(fnmatchcase(kind, pattern.lower()) for pattern in patterns)


@functools.lru_cache(maxsize=256)
def is_to_be_sniffed(header: str | None) -> bool:
    """True where the first bytes of the body say more of its type than this Content-Type header.

    WHATWG MIME Sniffing § 5.1, § 7: one that says nothing, or that a well-known server used to send with any
    file that it did not know.
    """
    return essence(header or "") in _SAYS_NOTHING or header in _SAID_OF_ANYTHING


def is_part(content_range: str | None) -> bool:
    """True where a 206's Content-Range header does not say that it holds everything (RFC 9110 §14.4).

    The crawler asks for whole pages only, but caches and servers that are wrong send parts all the same, and
    a part that is taken for the page hides the links of the rest. Without that header nothing says that
    anything is missing, so the answer counts as whole.
    """
    if content_range is None:
        return False
    match = _BYTES.fullmatch(content_range)
    return match is None or (int(match[1]), int(match[2]) + 1) != (0, int(match[3]))


def is_html(mime: str) -> bool:
    """HTML by its ``type/subtype``; or nothing said: then a browser, too, first thinks of HTML."""
    return mime == "" or mime in HTML_TYPES


def is_xml(mime: str) -> bool:
    """An XML media type (WHATWG MIME Sniffing § 4.6)."""
    return mime in ("text/xml", "application/xml") or mime.endswith("+xml")


def is_json(mime: str) -> bool:
    """A JSON media type (WHATWG MIME Sniffing § 4.6)."""
    return mime in ("application/json", "text/json") or mime.endswith("+json")


def is_text(mime: str) -> bool:
    """Something that can be read as text."""
    known = is_html(mime) or is_xml(mime) or is_json(mime)
    return known or mime.startswith("text/") or mime in _TEXT_UNDER_APPLICATION
