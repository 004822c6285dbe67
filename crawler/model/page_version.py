"""What a page was when it was fetched, for whoever fetches it again."""

import msgspec


class PageVersion(msgspec.Struct, frozen=True, gc=False):
    """By what a later generation tells whether a URL has changed since it was fetched."""

    fetched_at: float
    """Unix time in seconds."""
    etag: str | None = None
    """The answer's ETag as it was sent, a weak one's ``W/`` included (RFC 9110 section 8.8)."""
    last_modified: str | None = None
    accept_encoding: str = ""
    """What had been asked for: servers make of each coding a version of its own."""
    content_hash: bytes = b""
    """xxh3, 16 bytes, of the decoded body; empty where none was read."""
    near_hash: int = 0
    """Of the visible text, signed; see :mod:`crawler.rules.near_duplicates`. 0 where there is none."""
    is_unchanged: bool = False
    """It is what the generation before had."""
