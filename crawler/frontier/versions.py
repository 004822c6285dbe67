"""What is kept of a page for the next generation: its version, and what it leads to.

Of its links the fingerprints alone are kept, eight bytes each, of which nothing is made here: this generation
has their URLs, and a page that is unchanged leads on by the very bytes.
"""

import msgspec

from crawler.model.messages import Finished, Links, Redirect
from crawler.model.outcomes import Purpose

PageRow = tuple[int, float, str | None, str | None, str, bytes | None, int, bool, bytes | None]
"""id, fetched_at, etag, last_modified, accept_encoding, content_hash, near_hash, unchanged, leads_to."""


class LeadsTo(msgspec.Struct, frozen=True, gc=False, array_like=True, omit_defaults=True):
    """Links by what they are asked for as, and a redirect's target."""

    links: list[tuple[int, bytes]] = []
    """Purpose and fingerprints."""
    redirect: Redirect | None = None


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(LeadsTo).decode


def packed(finished: Finished) -> bytes | None:
    """What ``finished`` leads to; None where that is nothing."""
    if not finished.links and finished.redirect is None:
        return None
    links = [(int(some.purpose), some.fingerprints) for some in finished.links]
    return _encode(LeadsTo(links, finished.redirect))


def unpacked(blob: bytes | None) -> tuple[tuple[Links, ...], Redirect | None]:
    """What :func:`packed` was given; the links without their URLs."""
    if blob is None:
        return (), None
    found = _decode(blob)
    links = tuple(Links(fingerprints=marks, purpose=Purpose(purpose)) for purpose, marks in found.links)
    return links, found.redirect


def page_row(finished: Finished) -> PageRow | None:
    """What the next generation wants to know of a page; None where that is nothing."""
    version = finished.version
    if version is None or not finished.ticket.purpose.is_recorded:
        return None
    return (
        finished.ticket.id,
        version.fetched_at,
        version.etag,
        version.last_modified,
        version.accept_encoding,
        version.content_hash or None,
        version.near_hash,
        version.is_unchanged,
        packed(finished),
    )
