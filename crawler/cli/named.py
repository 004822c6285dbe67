"""Which crawl the OUT of a command names: one to be read, or one to go on with."""

from pathlib import Path

from crawler.cli.common import complain
from crawler.model.cluster import CLUSTER_FILE
from crawler.model.errors import UsageError
from crawler.model.generations import Named, named


def crawl_named(text: str) -> Named:
    """The folder and generation that OUT, or OUT@2, names."""
    return named(text, is_folder=Path(text).is_dir())


def last_of(text: str) -> Path:
    """The folder that OUT names, for a command that goes on after its last generation.

    Raises UsageError where another one is asked for; OutputError where it is a crawl of several nodes.
    """
    found = crawl_named(text)
    if found.generation is not None and Path(found.out).is_dir():
        raise UsageError(
            f"{text} names a generation, and a crawl goes on after its last one: give {found.out}"
        )
    out = Path(text)
    if (out / CLUSTER_FILE).exists():  # it need not have a crawl.db
        from crawler.engine.shared import refuse_shared

        refuse_shared(out)
    return out


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
