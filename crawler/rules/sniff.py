"""What a body is by its first bytes, where its header does not say: the MIME Sniffing standard.

https://mimesniff.spec.whatwg.org/ § 5.1 (which headers), § 7 (what is looked at). Left out is the search for
MP3 frames without a tag: those are told as binary data, as is everything else that no rule knows.
"""

import re

from crawler.rules.content_type import essence, parameter

HTML, XML, PLAIN = "text/html", "text/xml", "text/plain"
BINARY = "application/octet-stream"
_TAGS = rb"!DOCTYPE HTML|HTML|HEAD|SCRIPT|IFRAME|H1|DIV|FONT|TABLE|A|STYLE|TITLE|B|BODY|BR|P"
_IS_HTML = re.compile(rb"[\t\n\f\r ]*+<(?:(?:" + _TAGS + rb")[ >]|!--)", re.IGNORECASE)
_IS_XML = re.compile(rb"[\t\n\f\r ]*+<\?xml")
_BYTES_OF_NO_TEXT = re.compile(rb"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f]")
_MARKS = (b"\xfe\xff", b"\xff\xfe", b"\xef\xbb\xbf")
_SIGNATURES = (
    ("application/postscript", re.compile(rb"%!PS-Adobe-")),
    (PLAIN, re.compile(rb"\xfe\xff..|\xff\xfe..|\xef\xbb\xbf.", re.DOTALL)),
    ("image/x-icon", re.compile(rb"\x00\x00[\x01\x02]\x00")),
    ("image/bmp", re.compile(rb"BM")),
    ("image/gif", re.compile(rb"GIF8[79]a")),
    ("image/webp", re.compile(rb"RIFF....WEBPVP", re.DOTALL)),
    ("image/png", re.compile(rb"\x89PNG\r\n\x1a\n")),
    ("image/jpeg", re.compile(rb"\xff\xd8\xff")),
    ("audio/aiff", re.compile(rb"FORM....AIFF", re.DOTALL)),
    ("audio/mpeg", re.compile(rb"ID3")),
    ("application/ogg", re.compile(rb"OggS\x00")),
    ("audio/midi", re.compile(rb"MThd\x00\x00\x00\x06")),
    ("video/avi", re.compile(rb"RIFF....AVI ", re.DOTALL)),
    ("audio/wave", re.compile(rb"RIFF....WAVE", re.DOTALL)),
    ("video/mp4", re.compile(rb"....ftyp(?:....)*?mp4", re.DOTALL)),
    ("video/webm", re.compile(rb"\x1aE\xdf\xa3.{0,34}?\x42\x82.{1,8}?webm", re.DOTALL)),
    ("application/x-gzip", re.compile(rb"\x1f\x8b\x08")),
    ("application/zip", re.compile(rb"PK\x03\x04")),
    ("application/x-rar-compressed", re.compile(rb"Rar \x1a\x07\x00")),
)
"""By type, in the order in which they are tried."""


def sniff_type(first: bytes, content_type: str | None, *, nosniff: bool = False) -> str:
    """The media type of a body of which ``first`` are the first bytes, or all of them.

    For a header of which :func:`crawler.rules.content_type.is_to_be_sniffed` is true. ``nosniff``
    (X-Content-Type-Options) keeps what can hold scripts from being found.
    """
    if essence(content_type or "") == PLAIN:
        is_text = nosniff or first.startswith(_MARKS) or not _BYTES_OF_NO_TEXT.search(first)
        return PLAIN if is_text else BINARY
    if not nosniff:
        if _IS_HTML.match(first):
            return HTML
        if _IS_XML.match(first):
            return XML
        if first.startswith(b"%PDF-"):
            return "application/pdf"
    for media_type, signature in _SIGNATURES:
        if signature.match(first):
            return media_type
    return BINARY if _BYTES_OF_NO_TEXT.search(first) else PLAIN


def as_header(media_type: str, content_type: str | None) -> str:
    """``media_type`` with the charset that the Content-Type header names, which counts all the same."""
    charset = parameter(content_type or "", "charset")
    return media_type if charset is None else f'{media_type}; charset="{charset}"'
