"""Conditional requests: whether a page has changed since it was fetched (RFC 9110 section 13).

An entity tag is sent back as it came, a weak one with its ``W/`` and Apache's with its ``-gzip``: servers
compare what they would send now (section 13.1.2). That holds only while the same codings are asked for.
"""

from collections.abc import Mapping
from email.utils import parsedate_to_datetime

from crawler.model.messages import PageVersion


def conditions(earlier: PageVersion) -> Mapping[str, str]:
    """The headers that ask for a page only if it is another one than ``earlier``; none where none can be.

    A Last-Modified that was in the future when it came says nothing (section 8.8.2.1): no later change would
    move it.
    """
    headers = {}
    if earlier.etag is not None:
        headers["If-None-Match"] = earlier.etag
    if earlier.last_modified is not None and _is_past(earlier.last_modified, earlier.fetched_at):
        headers["If-Modified-Since"] = earlier.last_modified
    return headers


def _is_past(date: str, at: float) -> bool:
    """Whether an HTTP-date was over at Unix time ``at``."""
    try:
        return parsedate_to_datetime(date).timestamp() <= at + 1  # dates have whole seconds
    except (ValueError, OverflowError):
        return False
