"""What an answer says by which it can be asked for again, if it has changed (RFC 9110 sections 8.8 and 13).

An entity tag is sent back as it came, a weak one with its ``W/`` and Apache's with its ``-gzip``: servers
compare what they would send now (section 13.1.2). That holds only while the same codings are asked for.
"""

import math
import re
from collections.abc import Iterable, Mapping
from email.utils import parsedate_to_datetime
from functools import lru_cache

from crawler.model.page_version import PageVersion

MAX_LENGTH = 1_000
"""Characters of a validator that is kept; what is longer could not be sent back to every server."""
_ETAG = re.compile(r'(?:W/)?"[\x21\x23-\x7e]*"')
_DAY = "(?:0[1-9]|[12][0-9]|3[01])"
_MONTH = "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
_TIME = "(?:[01][0-9]|2[0-3]):[0-5][0-9]:(?:[0-5][0-9]|60)"  # with a leap second
_DATE = re.compile(
    f"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), {_DAY} {_MONTH} [0-9]{{4}} {_TIME} GMT"
    f"|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, {_DAY}-{_MONTH}-[0-9]{{2}} {_TIME} GMT"
    f"|(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) {_MONTH} (?: [1-9]|[12][0-9]|3[01]) {_TIME} [0-9]{{4}}"
)
"""IMF-fixdate, and the two obsolete forms that a recipient has to know (RFC 9110 section 5.6.7)."""


def validators(headers: Iterable[tuple[str, str]]) -> tuple[str | None, str | None]:
    """ETag and Last-Modified of an answer, each as it was sent; None where there is none, or no valid one.

    ``headers`` have their names in lower case. Of a header that comes several times, the first counts.
    """
    etag = modified = None
    for name, value in headers:
        if name == "etag" and etag is None:
            etag = value
        elif name == "last-modified" and modified is None:
            modified = value
    return (
        etag if etag is not None and is_entity_tag(etag) else None,
        modified if modified is not None and is_http_date(modified) else None,
    )


def is_entity_tag(text: str) -> bool:
    """Whether it is an entity-tag (RFC 9110 section 8.8.3), without octets that are no ASCII."""
    return len(text) <= MAX_LENGTH and _ETAG.fullmatch(text) is not None


def is_http_date(text: str) -> bool:
    """Whether it is an HTTP-date (RFC 9110 section 5.6.7), be there such a day or not."""
    return _DATE.fullmatch(text) is not None


def conditions(earlier: PageVersion | None) -> Mapping[str, str]:
    """The headers that ask for a page only if it is another one than ``earlier``; none where none can be.

    A Last-Modified that was in the future when it came says nothing (section 8.8.2.1): no later change would
    move it.
    """
    headers: dict[str, str] = {}
    if earlier is None:
        return headers
    if earlier.etag is not None:
        headers["If-None-Match"] = earlier.etag
    if earlier.last_modified is not None and _is_past(earlier.last_modified, earlier.fetched_at):
        headers["If-Modified-Since"] = earlier.last_modified
    return headers


def _is_past(date: str, at: float) -> bool:
    """Whether an HTTP-date was over at Unix time ``at``."""
    return _time_of(date) <= at + 1  # dates have whole seconds


@lru_cache(maxsize=1_024)  # whole sites are put in place at one time
def _time_of(date: str) -> float:
    try:
        return parsedate_to_datetime(date).timestamp()
    except (ValueError, OverflowError):
        return math.inf
