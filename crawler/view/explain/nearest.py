"""The URLs of a crawl that are nearest to one that is not in it."""

import time
from difflib import SequenceMatcher
from heapq import nlargest

from crawler.frontier.view import FrontierView
from crawler.model.outcomes import State
from crawler.rules.url_variants import variants
from crawler.rules.urls import origin
from crawler.view.explain.explanation import Near

SHOWN = 5
_SECONDS = 1.0
"""For which URLs are compared; of a million that begin alike, what could be looked at by then has to do."""
_ALIKE = 0.8
"""Share of a path that must be the same."""
_SLACK = 3
"""Characters that may be more or less."""


def nearest(url: str, view: FrontierView) -> list[Near]:
    """Those that differ in a way that has a name, then those that are spelt alike; a few at most."""
    named = variants(url)
    found = [
        Near(row.url, row.state.name.lower(), named[row.url])
        for row in view.rows_of([*named])
        if row.purpose.is_recorded and row.state is not State.BEYOND
    ]
    if len(found) < SHOWN:
        known = {near.url for near in found}
        alike = [other for other in _alike(url, view) if other not in known]
        rows = view.rows_of(alike[: SHOWN - len(found)]) if alike else []
        found += sorted(
            (Near(row.url, row.state.name.lower(), _how(row.url, url)) for row in rows),
            key=lambda near: alike.index(near.url),
        )
    return found[:SHOWN]


def _how(other: str, url: str) -> str:
    return "with other capitals" if other.lower() == url.lower() else "spelt alike"


def _alike(url: str, view: FrontierView) -> list[str]:
    site = origin(url)
    path = url[len(site) :]
    matcher, scored, until = SequenceMatcher(autojunk=False), [], time.monotonic() + _SECONDS
    matcher.set_seq2(path)
    for other in view.similar(site, path, _SLACK):
        matcher.set_seq1(other[len(site) :])
        # The first two are cheap, and never less than the last.
        if matcher.real_quick_ratio() >= _ALIKE and matcher.quick_ratio() >= _ALIKE:
            ratio = matcher.ratio()
            if ratio >= _ALIKE:
                scored.append((ratio, other))
        if time.monotonic() > until:
            break
    return [other for _, other in nlargest(SHOWN, scored)]
