"""What kind of text a body is, by its media type, and what a page says late about its encoding."""

import re
from codecs import BOM_UTF8

import turbohtml

from crawler.rules.charset import name_of, of_header, of_meta

_XHTML_ROOT = re.compile(r"\s*+(?:(?:<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^>]*>)\s*+)*+<html[\s/>]", re.S | re.I)
_INSTEAD = {"UTF-16LE": "UTF-8", "UTF-16BE": "UTF-8", "x-user-defined": "windows-1252"}
"""What is read as something else when a ``<meta>`` says it: it could not be read if it were true."""
_TEXT_UNDER_APPLICATION = frozenset(
    f"application/{name}"
    for name in ["javascript", "ecmascript", "x-javascript", "x-ndjson", "ndjson", "yaml", "toml", "sql"]
)


def is_html(mime: str) -> bool:
    """HTML, or nothing said: then a browser, too, first thinks of HTML."""
    return mime in ("", "text/html", "application/xhtml+xml")


def is_xml(mime: str) -> bool:
    """An XML media type (WHATWG MIME Sniffing § 4.6)."""
    return mime in ("text/xml", "application/xml") or mime.endswith("+xml")


def is_json(mime: str) -> bool:
    """A JSON media type (WHATWG MIME Sniffing § 4.6)."""
    return mime in ("application/json", "text/json") or mime.endswith("+json")


def is_text(mime: str) -> bool:
    """Something that can be read as text."""
    return (
        is_html(mime)
        or mime.startswith("text/")
        or is_xml(mime)
        or is_json(mime)
        or mime in _TEXT_UNDER_APPLICATION
    )


def is_xhtml(source: str) -> bool:
    """XML whose root is ``html``."""
    return _XHTML_ROOT.match(source) is not None


def declared_late(
    tree: turbohtml.Document, body: bytes, content_type: str | None, charset: str
) -> str | None:
    """The encoding that a ``<meta>`` of the tree declares, if it is not ``charset``, the one sniffed.

    Only the first 1024 bytes are sniffed for a declaration; where the parser then meets one
    farther down it starts again (WHATWG HTML § 13.2.3.4), unless a byte order mark or the header
    had the last word.
    """
    if charset.startswith("UTF-16") or body.startswith(BOM_UTF8) or of_header(content_type):
        return None
    for meta in tree.find_all("meta"):
        name = name_of(meta.attr("charset") or "")
        if name is None and (meta.attr("http-equiv") or "").lower() == "content-type":
            name = of_meta(meta.attr("content") or "")
        if name is not None:
            name = _INSTEAD.get(name, name)
            return name if name != charset else None
    return None
