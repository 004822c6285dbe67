"""What the fixture site says at one address: status, headers, bytes, and its small misbehaviours."""

import gzip
import zlib
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from importlib import import_module

HTML = "text/html; charset=utf-8"
HOST, ORIGIN, OTHER = b"{host}", b"{origin}", b"{other}"
"""In a body: the host and port that the client asked for; the same with its scheme; the same server under its
other name, ``localhost`` for ``127.0.0.1``, so that there are links to another origin."""

_CODECS = {"Shift_JIS": "cp932", "UTF-16LE": "utf-16-le"}
"""Python's codec where it has another name than in the WHATWG Encoding Standard."""
_BOMS = {"UTF-8": b"\xef\xbb\xbf", "UTF-16LE": b"\xff\xfe"}
_COMPRESSORS = {"br": ("brotli", "brotlicffi"), "zstd": ("compression.zstd", "backports.zstd")}
"""Modules that bring ``compress`` for a coding, the first that is there."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server says at one address."""

    body: bytes = b""
    status: int = 200
    headers: tuple[tuple[str, str], ...] = (("Content-Type", HTML),)
    coding: str | None = None
    """Content coding (RFC 9110 section 8.4.1) under which ``coded`` goes to clients that accept it."""
    coded: bytes = b""
    delay: float = 0.0
    """Seconds until it answers."""
    flaps: int = 0
    """How often it answers 503 before it answers this."""
    cookie: str | None = None
    """``name=value``: until the client sends it back, it is set and the client sent here again."""
    breaks: bool = False
    """The connection is cut off before anything is said."""

    @property
    def names_host(self) -> bool:
        """``{host}``, ``{origin}`` or ``{other}`` stands in the body or in a header."""
        said = (self.body, *(value.encode() for _, value in self.headers))
        return self.coding is None and any(name in text for text in said for name in (HOST, ORIGIN, OTHER))


@dataclass(frozen=True, slots=True)
class Site:
    """Every address (path and query, as on the request line) with its answer."""

    answers: Mapping[str, Answer]
    missing: Answer
    """At every other address."""
    never: Mapping[str, tuple[str, ...]]
    """Addresses that a correct crawler never asks for, by reason."""
    missing_at: Mapping[str, Answer] = field(default_factory=dict)
    """The same as ``missing``, of clients that know the server by a certain name."""

    @property
    def pages(self) -> int:
        """Addresses of HTML pages, those that a crawler must not see left out."""
        hidden = {address for addresses in self.never.values() for address in addresses}
        return sum(
            answer.status == 200 and any(value.startswith("text/html") for _, value in answer.headers)
            for address, answer in self.answers.items()
            if address not in hidden
        )


def encoded(text: str, charset: str, declared: str) -> tuple[bytes, str]:
    """The bytes of an HTML page and its Content-Type.

    ``charset`` is a WHATWG name, ``declared`` how the page says it: header, meta (which must stand in
    ``text``), bom, or nothing. A character that the charset lacks becomes a reference.
    """
    body = text.encode(_CODECS.get(charset, charset), "xmlcharrefreplace")
    if declared == "bom":
        body = _BOMS[charset] + body
    return body, f"text/html; charset={charset}" if declared == "header" else "text/html"


def compressor(coding: str) -> Callable[[bytes], bytes] | None:
    """The function that compresses into a content coding, or None where Python came without it."""
    if coding == "gzip":
        return partial(gzip.compress, mtime=0)
    if coding == "deflate":
        return zlib.compress  # RFC 9110 section 8.4.1.2: with the zlib wrapper
    for module in _COMPRESSORS[coding]:
        with suppress(ImportError):
            compress: Callable[[bytes], bytes] = import_module(module).compress
            return compress
    return None
