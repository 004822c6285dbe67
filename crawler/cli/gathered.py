"""Which crawl a command reads: one that nodes share is gathered into its folder first."""

from pathlib import Path

from crawler.cli.common import complain, crawl_named
from crawler.model.cluster import CLUSTER_FILE
from crawler.model.generations import Named


def crawl_to_read(text: str) -> Named:
    """The folder and generation that OUT, or OUT@2, names, with a ``crawl.db`` that is current.

    Where the nodes' database cannot be reached, an older one has to do, and that is said.

    Raises CrawlerError.
    """
    found = crawl_named(text)
    if (Path(found.out) / CLUSTER_FILE).exists():
        from crawler.cluster.gathering import gathered  # most crawls are of one machine

        gathered(Path(found.out), complain)
    return found
