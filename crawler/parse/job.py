"""What a parser has to know of the crawl. Light: the main process imports it, and no HTML parser with it."""

import msgspec

from crawler.rules.scope import Scope


class ParseJob(msgspec.Struct, frozen=True, kw_only=True):
    """All that a parser has to know of the crawl; plain values, so that a child imports no config."""

    scope: Scope
    """Its ``max_depth`` is obeyed here, where the depth of a link is known."""
    hash_seed: int
    """Of the URL fingerprints."""
    sitemap_scope: Scope | None = None
    """Where sitemaps may lie; None is where pages may."""
    sitemap_bytes: int = 50 * 1024 * 1024
    """Bytes of a sitemap's gzip file that are unpacked."""
    keep_text: bool = False
    obey_robots: bool = True
    """Leave out links that a page marks as nofollow."""
    user_agent: str = "crawler"
    extract: str | None = None
    """MODULE:FUNCTION."""
