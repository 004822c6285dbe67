"""What fetching needs to know, and whom it asks, so that it can be done here or in another process."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from crawler.config import Config
from crawler.fetch.backends import make_backend
from crawler.fetch.fetcher import Fetcher
from crawler.fetch.robots_cache import RobotsCache, StoredRobots, Turn
from crawler.fetch.session import Session, with_session
from crawler.rules.scope import Scope
from crawler.trace.counters import Counters


@dataclass(frozen=True)
class FetchJob:
    """What a fetcher is made from; it can be sent to another process."""

    config: Config
    logins: Mapping[str, str] = field(repr=False)
    """``user:password`` by origin, of the seeds' URLs."""
    trusted_origins: frozenset[str]
    """May be wherever their names lead; see :mod:`crawler.fetch.address_guard`."""
    scope: Scope
    sitemap_scope: Scope
    spool_dir: Path


class Home(NamedTuple):
    """What the frontier does for a fetcher."""

    load: Callable[[str], Awaitable[StoredRobots | None]]
    """The robots.txt that is kept for an origin, if any."""
    save: Callable[[str, int, bytes], Awaitable[None]]
    turn: Turn
    offer: Callable[[Sequence[str]], Awaitable[None]]
    """Takes in the sitemaps that a robots.txt names."""


def make_fetcher(job: FetchJob, home: Home, counters: Counters, session: Session | None = None) -> Fetcher:
    """A fetcher for the event loop that runs. Raises ConfigError.

    ``session`` is one that has cookies already; None is a new one.
    """
    config = job.config
    backend = make_backend(config, job.trusted_origins, counters)
    backend = with_session(backend, Session(config, job.logins) if session is None else session)
    offer = home.offer if config.sitemaps.follow else None
    return Fetcher(
        config,
        backend,
        RobotsCache(backend, config, load=home.load, save=home.save, turn=home.turn, offer=offer),
        scope=job.scope,
        sitemap_scope=job.sitemap_scope,
        spool_dir=job.spool_dir,
        counters=counters,
        turn=home.turn,
    )
