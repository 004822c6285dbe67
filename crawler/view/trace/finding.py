"""Finds a URL in a trace, or what is there that is most like it; quick, with a million URLs too."""

import heapq
from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher
from pathlib import Path

from crawler.config.problems import shown
from crawler.model.errors import UsageError
from crawler.rules.urls import login, normalised, resolve
from crawler.trace.recorded import Trace

_CANDIDATES = 40
"""URLs with the longest begin and end in common, which are then compared letter by letter."""
NEAREST = 3
"""That are told."""


def find_url(trace: Trace, text: str, others: Sequence[Path] = ()) -> tuple[int, str]:
    """Row id and URL of what was asked for, as typed or as the crawler writes it.

    A login in it counts for nothing, and is never said. Raises UsageError where it is no URL; where the trace
    has none such, with the nearest ones that it has, and where else one may look: ``others`` are traces of
    the crawl's other runs.
    """
    resolved = resolve(text)
    if resolved is None:
        if "://" not in text and "@" in text:  # what is before it may be a login, though it is no URL
            text = f"***@{text.rpartition('@')[2]}"
        raise UsageError(f"--url: {shown(text)} is not an absolute http:// or https:// URL")
    asked, _ = login(resolved)
    wanted = {asked, normalised(asked)}
    for row, url in trace.urls():
        if url in wanted:
            return row, url
    near = nearest(asked, (url for _, url in trace.urls()))
    said = f"the nearest that are: {', '.join(near)}" if near else "no URL was handed out in it"
    elsewhere = f"; other runs have traces of their own: {', '.join(map(str, others))}" if others else ""
    raise UsageError(f"{asked} is not in this trace; {said}{elsewhere}")


def nearest(text: str, urls: Iterable[str], most: int = NEAREST) -> list[str]:
    """The URLs that are most like ``text``, the most like it first.

    To compare each of a million letter by letter would take minutes. How much of its begin and of its end a
    URL has in common is known at once; only the best by that are compared in full.
    """
    backwards, least = text[::-1], 0
    kept: list[tuple[int, str]] = []
    among: set[str] = set()
    for url in urls:
        if least and not (url.startswith(text[: least // 2]) or url.endswith(text[-(least // 2) :])):
            continue  # it has less in common than any that is kept
        same = _in_common(text, url) + _in_common(backwards, url[::-1])
        if (len(kept) == _CANDIDATES and same <= least) or url in among:
            continue
        among.add(url)
        heapq.heappush(kept, (same, url))
        if len(kept) > _CANDIDATES:
            among.discard(heapq.heappop(kept)[1])
            least = kept[0][0]
    likeness = SequenceMatcher(b=text, autojunk=False)

    def how_like(url: str) -> float:
        likeness.set_seq1(url[:2_000])
        return likeness.ratio()

    return sorted(among, key=lambda url: (-how_like(url), url))[:most]


def _in_common(one: str, other: str) -> int:
    """How many characters both begin with."""
    least, most = 0, min(len(one), len(other))
    while least < most:
        middle = (least + most + 1) // 2
        if other.startswith(one[:middle]):
            least = middle
        else:
            most = middle - 1
    return least
