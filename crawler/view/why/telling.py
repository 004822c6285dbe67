"""What limits a crawl that left a trace: judged with what the ``crawl.db`` beside it knows, and told."""

import json
from pathlib import Path

from crawler.config import Config
from crawler.frontier.view import FrontierView, generations, open_view
from crawler.model.errors import UsageError
from crawler.trace.recorded import Trace
from crawler.view.trace.telling import console, write_json
from crawler.view.trace.traces import Found
from crawler.view.trace.words import notes, whereabouts
from crawler.view.why.measured import measure
from crawler.view.why.verdict import Why, as_dict, why


def tell_why(found: Found, *, as_json: bool) -> None:
    """Print what limits the crawl of a trace, and what would change it.

    Raises UsageError where the trace has nothing to judge by, StoreFailed where ``crawl.db`` is damaged.
    """
    folder = found.files[0].parent
    generation = int(found.trace.meta.get("generation") or 1)
    if generation in generations(folder):
        with open_view(folder, generation) as view:
            judgement = why_of(found.trace, view)
    else:
        judgement = _by_itself(found.trace, found.files[0])
    if as_json:
        write_json(as_dict(judgement) | whereabouts(found))
        return
    from crawler.view.why.tables import show

    screen = console()
    show(judgement, screen)
    for note in notes(found):
        screen.print(note, style="dim", markup=False, highlight=False, soft_wrap=True)


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


def _by_itself(trace: Trace, path: Path) -> Why:
    """Of a trace that was moved away from its crawl: which page named which URL is not known."""
    settings = trace.meta.get("settings")
    if settings is None:
        raise UsageError(f"{path} was cut off before it says of which crawl it is: there is nothing to judge")
    return why(trace, Config.from_json(str(settings), "settings in the trace"), {})
