"""What a page tells of itself by which it is known again elsewhere: titles, ids, hashes."""

import re
from typing import NamedTuple

import msgspec

TELLING = 250
"""Characters of visible text. A page with less may be the same shell as another, which scripts fill."""
_WORDS = re.compile(r"[\W_]+")
_NUMBERED = re.compile(r"[a-z]{0,8}[-_.:]?\d+", re.ASCII | re.IGNORECASE)


_HEADINGS = """
 about abstract api appendix arguments attributes authors background basics changelog changes classes
conclusion configuration constants contact contents credits definition definitions description details
documentation download downloads example examples exceptions faq features footer functions
further-reading getting-started glossary header help history home implementation index indices-and-tables
install installation intro introduction license limitations links main menu methods more motivation name
nav navigation news note notes options order overview parameters preface prerequisites price properties
quickstart rationale reference references related related-links release-notes remarks requirements
resources return returns search section see-also setup sidebar summary support syntax table-of-contents
terminology toc top troubleshooting tutorial usage variables version warning warnings
"""
_GENERIC = frozenset(_HEADINGS.split())
"""Ids of sections that many pages have, each its own."""


class Told(NamedTuple):
    """What a page tells of itself, as far as that is enough to know it by; None where it is not."""

    content: str | None = None
    """Hash of the whole."""
    text: str | None = None
    """Hash of the visible text, but for numbers where it begins and ends."""
    title: str | None = None
    exact: int | None = None
    """Hash of the visible text as it is."""


class _Anchored(msgspec.Struct, gc=False, array_like=True):
    """As PageFacts; what stands before the anchors stays as it is."""

    targets: msgspec.Raw = msgspec.Raw()
    links: msgspec.Raw = msgspec.Raw()
    others: msgspec.Raw = msgspec.Raw()
    counts: msgspec.Raw = msgspec.Raw()
    fragments: msgspec.Raw = msgspec.Raw()
    anchors: list[str] = []


class _Targeted(msgspec.Struct, gc=False, array_like=True):
    """As PageFacts, its beginning alone."""

    targets: list[str] = []


_decode = msgspec.msgpack.Decoder(_Anchored).decode
_decode_targets = msgspec.msgpack.Decoder(_Targeted).decode


def anchors_of(blob: bytes | None) -> list[str]:
    """Ids and names of a page, as they stand in it, each once. Raises msgspec.DecodeError."""
    return [*dict.fromkeys(_decode(blob).anchors)] if blob else []


def targets_of(blob: bytes | None) -> frozenset[str]:
    """What a page refers to, without fragments. Raises msgspec.DecodeError."""
    return frozenset(_decode_targets(blob).targets) if blob else frozenset()


def told(
    content_hash: str | None,
    near_hash: str | None,
    title: str | None,
    text_length: int | None,
    text_hash: int | None,
) -> Told:
    """From what is noted of a page: nothing where it has too little text."""
    if (text_length or 0) < TELLING:
        return Told()
    return Told(content_hash or None, near_hash or None, " ".join((title or "").split()) or None, text_hash)


def is_numbered(name: str) -> bool:
    """Whether a program has counted it: ``id3``, ``index-12``, ``h2-4``; it says nothing of what is there."""
    return _NUMBERED.fullmatch(name) is not None


def is_generic(name: str) -> bool:
    """Whether many pages have such an id, each of its own."""
    return is_numbered(name) or _WORDS.sub("-", name).strip("-").casefold() in _GENERIC
