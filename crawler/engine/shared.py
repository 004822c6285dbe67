"""A crawl that several nodes share, as its output folder tells of it: other commands read it, and no more.

Everything here blocks.
"""

from contextlib import suppress
from pathlib import Path

from crawler.frontier.view import open_view
from crawler.model.cluster import CLUSTER_ENTRY, CLUSTER_FILE, node_command
from crawler.model.errors import CrawlerError, OutputError


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
