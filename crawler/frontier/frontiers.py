"""Which frontier a crawl has, and how its settings make it: today the one of a single machine."""

from functools import partial

from crawler.config import Config
from crawler.frontier.depths import Depths
from crawler.frontier.known import KnownUrls
from crawler.frontier.sqlite_frontier import SqliteFrontier
from crawler.frontier.state import CrawlState
from crawler.rules.politeness import LaneLimits, heeds_errors, limits_for


def make_frontier(config: Config, state: CrawlState, hash_seed: int) -> SqliteFrontier:
    """The frontier of the crawl in ``state``. ``hash_seed`` is the crawl's own, for telling known URLs."""
    polite, depth = config.politeness, config.scope.max_depth
    return SqliteFrontier(
        state.store,
        KnownUrls(hash_seed),
        partial(_lane_limits, config),
        partitions=config.frontier.partitions,
        max_pages=config.scope.max_pages,
        depth_first=config.frontier.order == "depth_first",
        depths=None if depth is None else Depths(depth),
        concurrency=config.fetch.concurrency,
        throttle_max_delay=polite.throttle_max_delay if polite.throttle else None,
        heeds_errors=lambda site: heeds_errors(site, polite.delay),
    )


def _lane_limits(config: Config, site: str, crawl_delay: float | None) -> LaneLimits:
    return limits_for(
        site,
        config.politeness.per_host,
        config.politeness.delay,
        crawl_delay,
        config.fetch.concurrency,
        config.politeness.max_crawl_delay,
    )
