"""Where a crawl that nodes share lies: a database, and a name. To say so takes no connection."""

from typing import NamedTuple

from crawler.config import Config
from crawler.frontier.postgresql.schema import PREFIX
from crawler.model.errors import UsageError


class Place(NamedTuple):
    """Where a crawl that nodes share lies."""

    frontier: str
    """The URL of its database, without a password."""
    name: str
    """The crawl's."""

    @property
    def schema(self) -> str:
        """The name of the schema that holds its tables."""
        return f"{PREFIX}{self.name}"


def place_of(config: Config) -> Place:
    """Where the crawl of these settings lies. Raises UsageError where they do not say."""
    cluster = config.cluster
    if cluster.frontier is None:
        raise UsageError("no frontier: name its database with --frontier postgresql://USER@HOST/DATABASE")
    if cluster.name is None:
        raise UsageError("no name: say with --name which crawl the nodes share")
    return Place(cluster.frontier, cluster.name)
