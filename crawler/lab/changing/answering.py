"""What the server answers for a page: whole, or that it has not changed; pure, so a manifest asks it too."""

import gzip
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from functools import lru_cache
from typing import NamedTuple

from crawler.lab.changing.page import Page, Serves

FUTURE = "Fri, 01 Jan 2999 00:00:00 GMT"
UNDATED = "yesterday"
_FIRST_DAY = datetime(2024, 9, 1, 12, tzinfo=UTC)
_CODED = (Serves.APACHE, Serves.NGINX)


class Reply(NamedTuple):
    """An answer, ready to be sent."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def reply(page: Page | None, headers: Mapping[str, str], stage: int) -> Reply:
    """The answer to a request with ``headers``, by their names in lower case; None is no page of the site."""
    if page is None:
        return Reply(404, {}, b"There is no such page.")
    if page.to is not None:
        return Reply(page.status, {"Location": page.to}, b"It is elsewhere.")
    if page.status == 304:
        return Reply(304, {}, b"")
    if page.status != 200:
        return Reply(page.status, {}, b"It is not to be had.")
    is_coded = page.serves in _CODED and "gzip" in headers.get("accept-encoding", "")
    body = _coded(page.body()) if is_coded else page.body()
    told = _validators(page, stage, is_coded=is_coded)
    if page.serves in _CODED:
        told["Vary"] = "Accept-Encoding"
    if page.serves is not Serves.DEAF and _is_as_it_was(told, headers):
        return Reply(304, told, b"")
    if is_coded:
        told["Content-Encoding"] = "gzip"
    return Reply(200, told | {"Content-Type": "text/html; charset=utf-8"}, body)


@lru_cache(maxsize=256)
def _coded(body: bytes) -> bytes:
    return gzip.compress(body, mtime=0)


def _validators(page: Page, stage: int, *, is_coded: bool) -> dict[str, str]:
    mark, modified = f"{page.stage}-{len(page.body()):x}", _date(page.stage)
    match page.serves:
        case Serves.STRONG:
            return {"ETag": f'"{mark}"'}
        case Serves.WEAK:
            return {"ETag": f'W/"{mark}"'}
        case Serves.APACHE:
            return {"ETag": f'"{mark}-gzip"' if is_coded else f'"{mark}"'}
        case Serves.NGINX:
            return {"ETag": f'W/"{mark}"' if is_coded else f'"{mark}"', "Last-Modified": modified}
        case Serves.DATED:
            return {"Last-Modified": modified}
        case Serves.BOTH | Serves.DEAF:
            return {"ETag": f'"{mark}"', "Last-Modified": modified}
        case Serves.STUCK:
            return {"ETag": '"stuck"'}
        case Serves.RESTLESS:
            return {"ETag": f'"{mark}-{stage}"'}
        case Serves.FUTURE:
            return {"Last-Modified": FUTURE}
        case Serves.UNDATED:
            return {"Last-Modified": UNDATED}
    return {}


def _date(stage: int) -> str:
    return format_datetime(_FIRST_DAY + timedelta(days=stage), usegmt=True)


def _is_as_it_was(told: Mapping[str, str], asked: Mapping[str, str]) -> bool:
    """Whether the condition that was asked for does not hold (RFC 9110 section 13.2.2)."""
    tags = asked.get("if-none-match")
    if tags is not None:
        etag = told.get("ETag")
        return etag is not None and _opaque(etag) in {_opaque(tag) for tag in tags.split(",")}
    since, modified = asked.get("if-modified-since"), told.get("Last-Modified")
    if since is None or modified is None:
        return False
    if since == modified:
        return True  # as it does who compares them as words
    try:
        return parsedate_to_datetime(modified) <= parsedate_to_datetime(since)
    except ValueError:
        return False


def _opaque(etag: str) -> str:
    """What counts of a tag where weak ones will do (RFC 9110 section 8.8.3.2)."""
    return etag.strip().removeprefix("W/")
