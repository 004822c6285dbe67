"""Which path a URL of a checked site has, on whatever host and port it was checked."""

from collections.abc import Callable

from crawler.config import Config
from crawler.rules.scope import Scopes
from crawler.rules.urls import origin


def path_of(config: Config) -> Callable[[str], str | None]:
    """From a URL to its path with the query, the same on staging as in production; None on other origins.

    Where a crawl began on several origins, what is not on the first of them has a number before it.
    """
    own = Scopes.of_crawl(config).pages.origins
    order = {found: number for number, found in enumerate(dict.fromkeys(map(origin, config.seeds)))}
    prefixes = {one: f"/{order[one]}:" if order.get(one) else "" for one in own}

    def path(url: str) -> str | None:
        found = origin(url)
        prefix = prefixes.get(found)
        if prefix is None:
            return None
        slash = url.find("/", url.find("//") + 2)
        return f"{prefix}{url[slash:]}"

    return path
