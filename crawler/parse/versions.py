"""By what the next generation of the crawl can tell whether a page has changed."""

from typing import Any

from xxhash import xxh3_128_digest

from crawler.model.messages import Page
from crawler.model.page_version import PageVersion
from crawler.rules.validators import validators


def version_of(page: Page, body: bytes, near_hash: int = 0) -> PageVersion:
    """The version of a page or sitemap whose ``body`` was read; ``near_hash`` is that of its visible text."""
    etag = modified = None
    # Behind a redirect in place they belong to another URL.
    if page.final_url is None and 200 <= page.status < 300:
        etag, modified = validators(page.headers)
    content_hash, earlier = xxh3_128_digest(body), page.ticket.earlier
    return PageVersion(
        fetched_at=page.fetched_at,
        etag=etag,
        last_modified=modified,
        accept_encoding=page.accept_encoding,
        content_hash=content_hash,
        near_hash=near_hash,
        is_unchanged=earlier is not None and earlier.content_hash == content_hash,
    )


def hashes(version: PageVersion) -> dict[str, Any]:
    """The keys of a record that tell of its version."""
    near = version.near_hash
    return {
        "unchanged": version.is_unchanged,
        "content_hash": version.content_hash.hex(),
        "near_hash": f"{near & (1 << 64) - 1:016x}" if near else None,
    }
