"""``crawler status --frontier … --watch``: a crawl that nodes share, as it goes."""

import json as json_module
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from crawler.cluster.live import live
from crawler.cluster.live_view import drawn, plain_line
from crawler.frontier.postgresql.place import Place
from crawler.watch.repeated import repeated

if TYPE_CHECKING:
    from rich.console import Console


def watch_live(
    place: Place,
    interval: float,
    *,
    json: bool = False,
    console: "Console | None" = None,
    sleep: Callable[[float], object] = time.sleep,
) -> dict[str, Any]:
    """Show it every ``interval`` seconds until no node works at it any more; how it stands then. Blocks.

    Live on a terminal, one line each time elsewhere; with ``json`` one JSON object a line, the last one
    included. ``console``: default stdout. A look takes longer than ``interval`` where that is short: the rate
    is measured anew each time. Raises as :func:`crawler.cluster.live.live`.
    """
    in_words, drawing = (_json_line, None) if json else (plain_line, drawn)
    with repeated(console, in_words, drawing) as show:
        while True:
            report = live(place)
            is_over = report["state"] != "running"
            if json or not is_over:
                show(report)
            if is_over:
                return report
            sleep(interval)


def _json_line(report: dict[str, Any]) -> str:
    return json_module.dumps(report, ensure_ascii=False)
