"""The settings of an internet, and what is allowed in them."""

import msgspec

from crawler.model.errors import UsageError

MAX_HOSTS = 1_000_000
MAX_PAGES = 100_000_000
_MAX_SEED = (1 << 56) - 1
_MAX_SECONDS = 3_600.0


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that is drawn depends on these alone. Shares are from 0 to 1."""

    seed: int = 1
    hosts: int = 100
    pages: int = 2_500
    """Of all hosts together; each host has at least one."""
    skew: float = 0.0
    """0: all hosts are of one size; towards 1, the first hosts have ever more of the pages."""
    links: int = 6
    """Random links on each page, beside those by which everything is reached."""
    abroad: float = 0.3
    """Share of the random links that lead to any host."""
    filling: int = 200
    """Bytes of text on each page, beside its links."""
    redirects: float = 0.02
    """Share of the pages that are no index."""
    missing: float = 0.02
    """Likewise: 404."""
    broken: float = 0.0
    """Likewise: 500 for ever."""
    faults: float = 0.02
    """Share of the pages, and of the robots.txt, that fail before they are answered."""
    forbidding: float = 0.2
    """Share of the robots.txt that forbid an eighth of their host's pages."""
    delaying: float = 0.1
    """Share of the robots.txt that have a Crawl-delay."""
    crawl_delay: float = 1.0
    """Seconds that these ask for."""
    without_robots: float = 0.2
    """Share of the hosts that have no robots.txt."""
    closed: float = 0.01
    """Share of the hosts whose robots.txt is answered with 503 for ever; of those that lead to no others."""
    latency: float = 0.02
    """Seconds until an answer."""
    spread: float = 0.0
    """0: all hosts take ``latency``; 1: each has one of its own, from 0 to twice as long."""
    slow: float = 1.0
    """Seconds that a slow answer takes beside that."""
    retry_after: int = 1
    """Whole seconds."""

    def __post_init__(self) -> None:
        """Raises UsageError where a setting is out of its bounds."""
        bounds: dict[str, tuple[float, float]] = {
            "seed": (0, _MAX_SEED),
            "hosts": (1, MAX_HOSTS),
            "pages": (self.hosts, MAX_PAGES),
            "skew": (0, 0.99),
            "links": (0, 10_000),
            "filling": (0, 1 << 24),
        }
        bounds |= dict.fromkeys(("crawl_delay", "latency", "slow", "retry_after"), (0, _MAX_SECONDS))
        for name in self.__struct_fields__:
            least, most = bounds.get(name, (0, 1))
            value = getattr(self, name)
            if not least <= value <= most:  # NaN neither
                words = ", one for each host at least" if name == "pages" and value < least else ""
                raise UsageError(f"{name} = {value} of an internet: allowed is {least:,} to {most:,}{words}")
        if self.redirects + self.missing + self.broken > 1:
            raise UsageError(
                "the shares redirects, missing and broken of an internet are more than 1 together"
            )
