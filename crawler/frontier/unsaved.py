"""What a frontier has taken in or learnt, and has not saved yet."""

import msgspec

from crawler.frontier.depths import Edges
from crawler.frontier.versions import PageRow
from crawler.model.rows import Pace

UrlRow = tuple[int, str, int, int, int | None, bytes | None, int, int, int]
"""id, url, lane, depth, referrer, redirects, purpose, indexes, state."""


OutRow = tuple[int, int, int | None, int, int, int, str, bytes | None]
"""partition, fingerprint as a signed number, referrer, depth, purpose, indexes, url, redirects."""


class Unsaved(msgspec.Struct):
    """What is not on disk yet; always saved in one transaction."""

    urls: list[UrlRow] = []
    lanes: list[tuple[int, str, int]] = []
    """id, origin, partition."""
    paces: list[tuple[int, Pace]] = []
    """How lanes were asked, by their ids."""
    robots: list[tuple[int, bytes, float, str]] = []
    """Status, body, Unix time at which it was fetched, origin."""
    retries: list[tuple[int, float, int]] = []
    """Attempts that failed, Unix time of the next, id of the URL."""
    given_to_pages: list[tuple[int, int, int, int | None, bytes | None, int]] = []
    """Targets that are pages from now on: purpose, indexes, depth, referrer, redirects, id."""
    pages: list[PageRow] = []
    """What the next generation wants to know of finished pages."""
    edges: dict[int, Edges] = {}
    """Links of finished pages, by row; like the next only with scope.max_depth."""
    outbox: list[OutRow] = []
    """What other nodes are to take in; here and below: only where nodes share the crawl."""
    taken: list[tuple[int, int]] = []
    """Of what was taken in from others: partition and id."""
    depths: dict[int, tuple[int, int]] = {}
    """Depths that became smaller, by row: the depth, and the state of one that was beyond the limit."""
