"""What commands that crawl refuse before anything is started, beside what the engine does."""

from typing import TYPE_CHECKING

from crawler.model.errors import UsageError

if TYPE_CHECKING:
    from crawler.config import Config


def refuse_nodes(config: "Config") -> None:
    """Raises UsageError where ``config`` is of a crawl that nodes share."""
    from crawler.config.frontier_section import ClusterConfig

    if config.cluster != ClusterConfig():
        from crawler.engine.shared import refuse_settings

        refuse_settings(config)


def refuse_page_of_nodes(config: "Config") -> None:
    """Raises UsageError where several nodes are to be begun at once, and a live page is asked for."""
    if config.dashboard.port is not None:
        raise UsageError("the live page shows one process: leave --dashboard out, or start each node itself")


def look_at_sinks_and_extract(config: "Config") -> None:
    """Have the user's extract function found where ``python -m`` would; raises UsageError without sinks."""
    if not config.write.sinks:
        from crawler.sinks import told

        raise UsageError(f"write.sinks is empty; allowed: at least one of {told()}")
    if config.parse.extract is not None:
        from crawler.parse.extract import look_here

        look_here()  # children inherit the path
