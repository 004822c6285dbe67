"""How a crawl stands that several nodes share, for whoever watches it: few rows, however large it is."""

from collections.abc import Mapping
from typing import NamedTuple

from crawler.frontier.postgresql.connecting import Connection


class Standing(NamedTuple):
    """One look at it."""

    state: str
    """running, finished or incomplete."""
    urls: int
    """Taken in so far."""
    done: int
    pages: Mapping[str, int]
    """By the name of a node: pages that it has finished, in all of its incarnations."""
    owners: Mapping[int, str]
    """By the number of a partition: the node that holds it, or held it until it was gone."""


async def standing(db: Connection) -> Standing:
    """How the crawl stands now; before it has begun, that nothing was taken in."""
    if not await db.fetchval("SELECT to_regclass('meta') IS NOT NULL"):
        return Standing("running", 0, 0, {}, {})
    state = await db.fetchval("SELECT value FROM meta WHERE key = 'state'")
    urls, done = await db.fetchrow("SELECT sum(urls)::bigint, sum(done)::bigint FROM partitions")
    pages = await db.fetch("SELECT name, sum(pages)::bigint FROM nodes GROUP BY name ORDER BY name")
    owners = await db.fetch("SELECT p.n, o.name FROM partitions p JOIN nodes o ON o.id = p.owner")
    return Standing(state or "running", urls or 0, done or 0, dict(pages), dict(owners))
