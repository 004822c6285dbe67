"""A crawl that several nodes share, as settings or an output folder tell of it: others read it, and no more.

Everything here blocks.
"""

from contextlib import suppress
from pathlib import Path

from crawler.config import Config
from crawler.frontier.view import open_view
from crawler.model.cluster import CLUSTER_ENTRY, CLUSTER_FILE, node_command
from crawler.model.errors import CrawlerError, OutputError, UsageError


def refuse_settings(config: Config) -> None:
    """Raises UsageError where these settings of a crawl by one process name one that nodes share."""
    for key in ("frontier", "name", "node"):
        if getattr(config.cluster, key) is not None:
            raise UsageError(
                f"cluster.{key} is set ({config.origin_of(f'cluster.{key}')}), and that is for a crawl that"
                " several nodes share: crawler node, or crawler run with --nodes"
            )


def refuse_shared(out: Path) -> None:
    """Raises OutputError where OUT holds a crawl of several nodes: what to do instead."""
    told = _told(out)
    if told is not None:
        raise OutputError(
            f"{out} holds a crawl of several nodes, which goes on with `{node_command(told, str(out))}`;"
            " what one machine does alone (a run, a check, a recrawl) needs another folder, or --fresh, which"
            " moves this one aside"
        )


def _told(out: Path) -> str | None:
    """What the folder says of the nodes' crawl, as JSON; None where it holds none."""
    path = out / CLUSTER_FILE
    if path.exists():
        try:
            return path.read_text("utf-8")
        except (OSError, ValueError):
            return ""
    with suppress(CrawlerError), open_view(out) as view:  # damage is for whoever goes on to say
        return view.meta().get(CLUSTER_ENTRY)
    return None
