"""What an answer says by which it can be asked for again, if it has changed (RFC 9110 sections 8.8 and 13).

An entity tag is sent back as it came, a weak one with its ``W/`` and Apache's with its ``-gzip``: servers
compare what they would send now (section 13.1.2). That holds only while the same codings are asked for.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime

from crawler.model.messages import PageVersion

MAX_LENGTH = 1_000
"""Characters of a validator that is kept; what is longer could not be sent back to every server."""
_ETAG = re.compile(r'(?:W/)?"[\x21\x23-\x7e]*"')
_DAY = "(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day"
_MONTHS = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec"
_MONTH = f"(?P<month>{_MONTHS})"
_TIME = "(?P<time>[0-2][0-9]:[0-5][0-9]:[0-6][0-9])"
_DATES = (
    re.compile(
        rf"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), (?P<day>[0-9]{{2}}) {_MONTH} (?P<year>[0-9]{{4}}) {_TIME} GMT"
    ),
    re.compile(rf"{_DAY}, (?P<day>[0-9]{{2}})-{_MONTH}-(?P<year>[0-9]{{2}}) {_TIME} GMT"),
    re.compile(
        rf"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) {_MONTH} (?P<day>[ 0-9][0-9]) {_TIME} (?P<year>[0-9]{{4}})"
    ),
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
    """Whether it is an HTTP-date (RFC 9110 section 5.6.7) of a day that there is."""
    found = next(filter(None, (form.fullmatch(text) for form in _DATES)), None)
    if found is None:
        return False
    year = found["year"] if len(found["year"]) > 2 else f"20{found['year']}"
    month = _MONTHS.index(found["month"]) // 4 + 1
    time = found["time"].replace(":60", ":59")  # a leap second
    try:
        datetime.fromisoformat(f"{year}-{month:02d}-{int(found['day']):02d}T{time}")
    except ValueError:
        return False
    return True


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
