"""What a page tells of itself by which it is known again elsewhere: titles, ids, hashes."""

import re
from collections.abc import Iterable, Sequence

import msgspec

from crawler.rules.near_duplicates import LONG_ENOUGH, NO_CONTENT

SAMPLE = 40
"""Ids of a page that are looked for on others."""
_PARTED = re.compile(r"\s+[-–—|·•»:]+\s+")
_WORDS = re.compile(r"[\W_]+")
_LEAST = 4
_NO_CONTENT = NO_CONTENT.hex()
_NUMBERED = re.compile(r"[a-z]{0,8}[-_.:]?\d+", re.ASCII | re.IGNORECASE)


class _Anchored(msgspec.Struct, gc=False, array_like=True):
    """As PageFacts; what stands before the anchors stays as it is."""

    targets: msgspec.Raw = msgspec.Raw()
    links: msgspec.Raw = msgspec.Raw()
    others: msgspec.Raw = msgspec.Raw()
    counts: msgspec.Raw = msgspec.Raw()
    fragments: msgspec.Raw = msgspec.Raw()
    anchors: list[str] = []


_decode = msgspec.msgpack.Decoder(_Anchored).decode


def anchors_of(blob: bytes | None) -> list[str]:
    """Ids and names of a page, as they stand in it, each once. Raises msgspec.DecodeError."""
    return [*dict.fromkeys(_decode(blob).anchors)] if blob else []


def content_of(content_hash: str | None) -> str | None:
    """By which a page may be known: None where it has no content."""
    return None if content_hash == _NO_CONTENT else content_hash or None


def text_of(near_hash: str | None) -> str | None:
    """The same of its visible text: None where that is too short to tell anything."""
    return near_hash if near_hash and int(near_hash[-1], 16) & LONG_ENOUGH else None


def title_of(title: str | None) -> str | None:
    """The same of its title."""
    return " ".join(title.split()) or None if title else None


def is_numbered(name: str) -> bool:
    """Whether a program has counted it: ``id3``, ``index-12``, ``h2-4``; it says nothing of what is there."""
    return _NUMBERED.fullmatch(name) is not None


def sample(anchors: Iterable[str]) -> list[str]:
    """The ids by which a page is most likely known: the longest, since what is on every page is short."""
    return sorted((one for one in anchors if not is_numbered(one)), key=lambda one: (-len(one), one))[:SAMPLE]


def words(text: str) -> str | None:
    """A link's text or a part of a title as it is compared; None where it is too short to tell anything."""
    plain = _WORDS.sub(" ", text).strip().casefold()
    return plain if len(plain) >= _LEAST else None


def parts(title: str | None) -> Sequence[str]:
    """A title, and the parts of which many consist: ``Page – Section | Site``."""
    if not title:
        return ()
    found = {title, *_PARTED.split(title)} if len(title) <= 300 else {title}
    return [plain for part in found if (plain := words(part)) is not None]
