"""What a sitemap names: XML, a feed, or one URL on each line; also as a gzip file.

It is unpacked, decoded and read piece by piece, and no further than its limits: so many bytes, and
:data:`MAX_URLS` URLs. What was read before a limit or a fault counts.
"""

import codecs
import re
import zlib
from collections.abc import Iterable, Iterator
from itertools import chain

import msgspec

from crawler.model.outcomes import Kind
from crawler.parse.sitemap_xml import (
    MAX_LETTERS,
    NEAR,
    ROOT,
    NotASitemap,
    NotWellFormed,
    Place,
    Take,
    Unreadable,
    XmlReader,
)
from crawler.rules.charset import decode, of_header, sniff
from crawler.rules.urls import resolve

MAX_URLS = 50_000
"""URLs that one sitemap may name (sitemaps.org)."""
PIECE = 131_072
"""Bytes that one step unpacks and decodes."""
MAX_MEMBERS = 1_024
"""Parts of a gzip file, which may follow each other; honest ones have a few."""
_GZIP = b"\x1f\x8b"
_HTML = re.compile(r"<!doctype\s+html|<html[\s>]", re.IGNORECASE)
_WEB = re.compile(r"https?://", re.IGNORECASE)


class Sitemap(msgspec.Struct):
    """What was read."""

    pages: dict[str, None] = {}
    """Absolute http(s) URLs without fragment, distinct, in the order of the sitemap."""
    sitemaps: dict[str, None] = {}
    """The same of the sitemaps that an index names."""
    charset: str | None = None
    kind: Kind | None = None
    """Why it was not read to its end: TOO_LARGE (a limit), ENCODING (damaged or hostile), CONTENT_TYPE (it is
    no sitemap); None where it was."""
    message: str | None = None
    """What is wrong with it."""
    places: dict[str, tuple[int, int]] = {}
    """Where each URL of either kind is named first, and what should be a URL and is none: line and column of
    its element, from 1; zeros where that is not known. Empty unless it was asked for."""


class _LimitReached(Exception):
    """A limit is reached; ``str()`` says which."""


def read_sitemap(
    body: bytes, content_type: str | None, url: str, most_bytes: int, *, with_places: bool = False
) -> Sitemap:
    """The sitemap in ``body``, as sent with ``content_type`` from ``url``.

    Of a gzip file at most ``most_bytes`` are unpacked. Never raises: what is wrong is said in the result.
    """
    found = Sitemap()

    def take(text: str, is_sitemap: bool, place: Place) -> None:
        target = resolve(text, url)
        if with_places and len(found.places) < MAX_URLS:
            found.places.setdefault(target or text, place)
        if target is None:
            return
        if len(found.pages) + len(found.sitemaps) >= MAX_URLS:
            if target not in found.pages and target not in found.sitemaps:
                raise _LimitReached(f"only the first {MAX_URLS} URLs of the sitemap were taken")
            return
        (found.sitemaps if is_sitemap else found.pages)[target] = None

    def texts() -> Iterator[str]:
        return _noting_wrong_bytes(_texts(_unpacked(body, most_bytes), content_type, found), found)

    try:
        try:
            _read(texts(), take, with_places)
        except NotWellFormed as why:
            _read_all_the_same(texts(), take, found, why)
    except _LimitReached as limit:
        found.kind, found.message = Kind.TOO_LARGE, str(limit)
    except NotASitemap as no:
        found.kind, found.message = Kind.CONTENT_TYPE, f"this is not a sitemap: {no}"
    except Unreadable as why:
        found.kind, found.message = Kind.ENCODING, f"the sitemap cannot be read: {why}"
    return found


def _read_all_the_same(texts: Iterable[str], take: Take, found: Sitemap, why: NotWellFormed) -> None:
    """Raises Unreadable, which may be ``why``."""
    from crawler.parse.sitemap_damaged import read_damaged  # most are whole

    if not read_damaged("".join(texts), take):
        raise why
    found.message = f"the sitemap is damaged, and was read all the same: {why}"


def _unpacked(body: bytes, most: int) -> Iterator[bytes]:
    """``body`` in pieces, and unpacked where it is a gzip file, whatever it is called."""
    if not body.startswith(_GZIP):
        for start in range(0, len(body), PIECE):
            yield body[start : start + PIECE]
        return
    left, first = most, True
    for piece in _members(body):
        if first and piece.startswith(_GZIP):
            raise Unreadable("it is a gzip file in a gzip file")
        first = False
        yield piece[:left]
        left -= len(piece)
        if left < 0:
            raise _LimitReached(f"only the first {most} bytes of the sitemap were read")


def _members(body: bytes) -> Iterator[bytes]:
    """The content of a gzip file (RFC 1952), which consists of one member or several. Raises Unreadable."""
    members, member = 1, _new_member()
    for start in range(0, len(body), PIECE):
        data = body[start : start + PIECE]
        piece = b""
        while data or len(piece) >= PIECE:
            if member.eof:
                if data[:1] != _GZIP[:1]:
                    return  # what follows the last member is padding
                members, member = members + 1, _new_member()
                if members > MAX_MEMBERS:
                    raise Unreadable(f"it is a gzip file of more than {MAX_MEMBERS} parts")
            try:
                piece = member.decompress(data, PIECE)
            except zlib.error as error:
                raise Unreadable(f"it is not a valid gzip file ({error})") from error
            data = member.unused_data if member.eof else member.unconsumed_tail
            if piece:
                yield piece
    if not member.eof:
        raise Unreadable("the gzip file was cut off")


def _new_member() -> "zlib._Decompress":
    return zlib.decompressobj(zlib.MAX_WBITS | 16)


def _texts(pieces: Iterator[bytes], content_type: str | None, found: Sitemap) -> Iterator[str]:
    """The pieces decoded: by byte order mark, header and XML declaration, else as UTF-8."""
    first = next(pieces, b"")
    named = of_header(content_type)
    charset = sniff(first, f"application/xml; charset={named}" if named else "application/xml")
    found.charset = charset
    if charset != "UTF-8":
        # The decoders of old encodings want everything at once.
        yield decode(first + b"".join(pieces), charset)
        return
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    yield decoder.decode(first).removeprefix("\ufeff")
    for piece in pieces:
        yield decoder.decode(piece)
    yield decoder.decode(b"", final=True)


def _noting_wrong_bytes(texts: Iterator[str], found: Sitemap) -> Iterator[str]:
    for text in texts:
        if "\ufffd" in text:
            found.message = f"the sitemap holds bytes that are no {found.charset}"
        yield text


def _read(texts: Iterator[str], take: Take, with_places: bool) -> None:
    start, skipped = "", 0
    for text in texts:
        start = text.lstrip()
        skipped += text.count("\n", 0, len(text) - len(start))
        if start:
            break
    if _HTML.match(start):
        raise NotASitemap("it is an HTML page")
    if not start.startswith(("<!", "<?")) and (root := ROOT.search(start, 0, NEAR)) and root.start():
        raise NotWellFormed("something else stands before it")
    if not start.startswith("<"):
        _read_lines(chain([start], texts), take, skipped)
        return
    reader = XmlReader(take, skipped if with_places else None)
    for text in chain([start], texts):
        reader.feed(text)
    reader.end()


def _read_lines(texts: Iterable[str], take: Take, skipped: int) -> None:
    """One absolute URL on each line (sitemaps.org, "Text file")."""
    line, is_empty, found, number = "", True, 0, skipped
    for text in chain(texts, "\n"):
        *whole, line = (line + text.replace("\r\n", "\n").replace("\r", "\n")).split("\n")
        for url in map(str.strip, whole):
            number += 1
            is_empty = is_empty and not url
            if _WEB.match(url) and len(url) <= MAX_LETTERS:
                found += 1
                take(url, False, (number, 1))
        line = line[: MAX_LETTERS + 1]  # enough to see that it is too long
    if not found and not is_empty:
        raise NotASitemap("it is text without URLs")
