"""From bytes to text as browsers do it: the Encoding standard and HTML's encoding sniffing algorithm.

The order of HTML §13.2.3.2: a byte-order mark, the Content-Type header, a ``<meta>`` in the first
1024 bytes, an XML declaration; then bytes that are UTF-8 throughout are UTF-8 (the standard
leaves room to look, and turbohtml's parser does the same), and everything else is windows-1252.
XML and JSON say UTF-8 where nothing is declared.

Labels, the prescan and the legacy decoders are turbohtml's, so that text decoded here is the text
the parser saw. Python's own codecs are other encodings under the same names: its windows-1252
has holes, its Big5 and Shift_JIS are subsets.
"""

import codecs
import re
from enum import StrEnum

import turbohtml
import turbohtml.detect  # registers the "whatwg-…" codecs

from crawler.rules.content_type import HTML, essence, is_json, is_xml, parameter

DEFAULT = "windows-1252"
_UTF8 = "UTF-8"
_PRESCAN = 1024
_MARKS = ((b"\xef\xbb\xbf", _UTF8), (b"\xfe\xff", "UTF-16BE"), (b"\xff\xfe", "UTF-16LE"))
_ASCII_ONLY = bytes(range(128)) + b"\x01" * 128
_IN_META = re.compile(
    r"""charset[\t\n\f\r ]*=[\t\n\f\r ]*(?:"([^"]*)"|'([^']*)'|([^"'\t\n\f\r ;][^\t\n\f\r ;]*)|)""",
    re.IGNORECASE | re.ASCII,
)
_XML_DECLARATION = re.compile(
    rb"""<\?xml[^>]*?encoding[\x00-\x20]*=[\x00-\x20]*(?:"([^">\x00-\x20]+)"|'([^'>\x00-\x20]+)')[^>]*>"""
)

_PLAIN_UTF8 = re.compile(
    rb"""\s*(?:<!doctype html>\s*)?(?:<html(?:\s+[\w:-]+="[\w:/.-]*")*\s*>\s*)?(?:<head>\s*)?"""
    rb"""<meta\s+charset\s*=\s*"utf-8"\s*/?>""",
    re.IGNORECASE,
)
"""How most pages begin. It says UTF-8 as plainly as can be, and saves the prescan: a parse of a kilobyte."""


def name_of(label: str) -> str | None:
    """The standard's name for an encoding's label ("latin1" is windows-1252); None where it has none."""
    if "\0" in label:  # where turbohtml would stop reading
        return None
    try:
        # An empty document takes a microsecond and is the public way to ask for a label's name.
        return turbohtml.parse(b"", encoding=label).encoding
    except (LookupError, ValueError):
        return None


def of_header(content_type: str | None) -> str | None:
    """The encoding that a Content-Type header names; None where it names none that exists.

    Single quotes are no quotes in a header (RFC 9110 §5.6.4), but some servers mean them so.
    """
    label = parameter(content_type or "", "charset")
    if label is None:
        return None
    return name_of(label[1:-1] if len(label) > 1 and label[0] == label[-1] == "'" else label)


def of_meta(content: str) -> str | None:
    """The encoding that the ``content`` of a ``<meta http-equiv=Content-Type>`` names, if any.

    HTML's "algorithm for extracting a character encoding from a meta element" (§2.6.5): the first "charset"
    with an equals sign behind it decides, wherever it stands. A quote that is not closed names nothing.
    """
    match = _IN_META.search(content)
    return name_of(match[1] or match[2] or match[3] or "") if match else None


def sniff(body: bytes, content_type: str | None) -> str:
    """The encoding of ``body`` by the standard's name, such as "UTF-8" or "windows-1252"."""
    kind = essence(content_type or "") or HTML
    return of_mark(body) or of_header(content_type) or _declared(body, kind) or _undeclared(body, kind)


class Why(StrEnum):
    """What says in which encoding a page is read."""

    MARK = "byte-order mark"
    HEADER = "Content-Type header"
    DECLARED = "declaration in the page"
    """``<meta charset>``, or an XML declaration."""
    CONTENT = "its bytes are UTF-8"
    """A guess: nothing says so."""
    DEFAULT = "default"
    """Another one: what is used where nothing is said."""


def why(body: bytes, content_type: str | None, charset: str) -> Why:
    """Why ``body`` was read as ``charset``: by :func:`sniff`, or by a ``<meta>`` that it came upon later."""
    kind = essence(content_type or "") or HTML
    if of_mark(body):
        return Why.MARK
    if of_header(content_type):
        return Why.HEADER
    if _declared(body, kind) or charset != _undeclared(body, kind):
        return Why.DECLARED
    return Why.CONTENT if _holds_utf8(body) else Why.DEFAULT


def of_mark(body: bytes) -> str | None:
    """The encoding that a byte-order mark in front of ``body`` names, if there is one."""
    return next((name for mark, name in _MARKS if body.startswith(mark)), None)


def _declared(body: bytes, kind: str) -> str | None:
    markup = kind == HTML
    if not markup and not is_xml(kind):
        return None
    if body.startswith(b"<\0?\0x\0"):
        return "UTF-16LE"
    if body.startswith(b"\0<\0?\0x"):
        return "UTF-16BE"
    return (_of_meta(body) if markup or kind == "application/xhtml+xml" else None) or of_xml(body)


def _of_meta(body: bytes) -> str | None:
    # turbohtml does not say whether an encoding was declared or guessed, so it is asked with two
    # ends behind the head: one that cannot be UTF-8 and one that must be. A guess differs.
    head = body[:_PRESCAN].translate(_ASCII_ONLY)
    if _PLAIN_UTF8.match(head):
        return _UTF8
    name = turbohtml.parse(head + b"\xff", positions=False).encoding
    if name != DEFAULT or turbohtml.parse(head + b"\xc3\xa9", positions=False).encoding == DEFAULT:
        return name
    return None


def of_xml(body: bytes) -> str | None:
    """The encoding that an XML declaration names, if there is one."""
    match = _XML_DECLARATION.match(body[:_PRESCAN])
    name = name_of((match[1] or match[2]).decode("latin-1")) if match else None
    # A declaration that could be read as ASCII is not UTF-16, whatever it says.
    return _UTF8 if name in ("UTF-16LE", "UTF-16BE") else name


def _undeclared(body: bytes, kind: str) -> str:
    if is_xml(kind) or is_json(kind):
        return _UTF8
    return _UTF8 if _holds_utf8(body) else DEFAULT


def _holds_utf8(body: bytes) -> bool:
    """True where ``body`` is well-formed UTF-8 and not plain ASCII."""
    try:
        # Not final: the body limit may have cut the last character.
        return not codecs.getincrementaldecoder("utf-8")().decode(body).isascii()
    except UnicodeDecodeError:
        return False


def decode(body: bytes, charset: str) -> str:
    """The text of ``body`` in the encoding of that name or label, without its byte-order mark.

    Never raises: what cannot be decoded becomes U+FFFD, an unknown encoding is windows-1252.
    """
    name = name_of(charset) or DEFAULT
    # For UTF-8 Python's decoder replaces malformed bytes just as the standard asks, and is faster.
    text = body.decode("utf-8", "replace") if name == _UTF8 else body.decode(f"whatwg-{name}")
    return text.removeprefix("\ufeff") if name.startswith("UTF-") else text
