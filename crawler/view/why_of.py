"""What limits the crawl in a folder: its trace, judged with what its ``crawl.db`` knows."""

import json

from crawler.config import Config
from crawler.frontier.view import FrontierView
from crawler.trace.recorded import Trace
from crawler.view.measured import measure
from crawler.view.why import Why, why


def why_of(trace: Trace, view: FrontierView) -> Why:
    """Judge the crawl of ``view`` by its trace. Raises ConfigError where its settings cannot be read."""
    found = measure(trace)
    paces = {origin: pace for _, origin, pace in view.lanes() if pace is not None}
    return why(
        trace,
        Config.from_json(json.dumps(view.settings())),
        view.first_named(found.visits),
        {origin: pace.crawl_delay for origin, pace in paces.items() if pace.crawl_delay},
        found,
    )
