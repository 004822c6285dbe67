"""Where a place within a page is now whose id is missing there: what each rule of thumb says."""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import NamedTuple
from urllib.parse import unquote

from crawler.check.mending.few import Here
from crawler.check.mending.names import numbers

TOGETHER = 3, 0.8
"""Ids of one page that must have gone to one other, and the part of those that went anywhere, for it to be
the place of the others too."""
_STEM = 5
"""Letters with which words begin that are one word with several endings."""
_IN_A_ROW = 3
"""Ids next to each other that may all have been renamed."""
_JOINED = re.compile(r"[-_.:\s]")
_UNSAFE = re.compile(r"[\s%\"<>`]")


class Section(NamedTuple):
    """What a rule of thumb says: the id, on the same page or another."""

    rule: str
    anchor: str
    url: str | None = None
    """Of the other page."""


class MovedSections:
    """Of the ids that a page lacks, which are on which other page."""

    def __init__(
        self,
        others: Mapping[str, Sequence[Here]],
        had: Callable[[Here], Collection[str]],
        has: Callable[[Here], Collection[str]],
        here: Collection[str],
    ) -> None:
        """``others`` have each id now; what one ``had`` before, and ``has`` now; ``here``: the page's own."""
        self._had = had
        self._clear = {
            one: pages[0]
            for one, pages in others.items()
            if len(pages) == 1 and not is_among(one, had(pages[0]))
        }
        went = Counter(self._clear.values())
        least, part = TOGETHER
        (page, count), *_ = [*went.most_common(1), (None, 0)]
        self._most = page if page is not None and count >= max(least, part * went.total()) else None
        self._there = {*has(self._most)} if self._most is not None else set[str]()
        self._is_twin = len(self._there.intersection(here)) > count
        """Whether it shares more with the page than what is missing there: it is one of its kind."""

    def of(self, fragment: str, *, is_known: bool) -> Section | None:
        """Where it is; ``is_known``: the page had it in the earlier crawl.

        Without that, an id that is on one other page may always have been there alone: it is believed only
        where others went the same way.
        """
        page = self._clear.get(fragment) if is_known else None
        is_likely = is_known or not self._is_twin
        if page is None and self._most is not None and is_likely and fragment in self._there:
            page = None if is_among(fragment, self._had(self._most)) else self._most
        return None if page is None else Section("moved-section", fragment, page.url)


def is_among(fragment: str, anchors: Collection[str]) -> bool:
    """Whether one of the ids is that of the fragment, as it is written or decoded."""
    return fragment in anchors or unquote(fragment, errors="replace") in anchors


class OwnSections:
    """The ids of a page itself, in page order: which of them may be what is missing."""

    def __init__(self, now: Sequence[str], was: Sequence[str] | None) -> None:
        """``was``: those of the earlier crawl; None without one."""
        self._now, self._was = now, was or []
        before = set(self._was)
        self._written: dict[str, list[str]] = defaultdict(list)
        self._new: dict[str, list[str]] = defaultdict(list)
        for one in now:
            self._written[_written(one)].append(one)
            if one not in before:
                self._new[_written(one)].append(one)

    def of(self, fragment: str, *, is_known: bool) -> Section | None:
        """The likely id; ``is_known``: the page had the missing one in the earlier crawl."""
        name = unquote(fragment, errors="replace")
        alike = (self._new if is_known else self._written).get(_written(name), [])
        if len(alike) == 1:
            return Section("same-letters-id", alike[0])
        if is_known:
            found = _between(name if name in self._was else fragment, self._now, self._was)
            return Section("same-place-id", found) if found and _are_near(name, found) else None
        return None


def _written(name: str) -> str:
    """Without case, and whatever joins the words; but ``__init__`` is not ``init``."""
    return _JOINED.sub("-", name).casefold()


def _are_near(one: str, other: str) -> bool:
    """Whether every word of the shorter one is in the other, but for its ending; and all numbers are."""
    few, many = sorted((_written(name).strip("-").split("-") for name in (one, other)), key=len)
    is_in = all(any(word == each or _stem(word) == _stem(each) for each in many) for word in few)
    return is_in and numbers(one) == numbers(other)


def _stem(word: str) -> str:
    return word[:_STEM] if len(word) >= _STEM else word


def _between(name: str, now: Sequence[str], was: Sequence[str]) -> str | None:
    """The new id that stands between the same neighbours as the missing one did."""
    at, there = was.index(name), set(now)
    first = next((one for one in reversed(was[:at]) if one in there), None)
    last = next((one for one in was[at + 1 :] if one in there), None)
    if first is None and last is None:
        return None
    gone, new = _inside(was, first, last), _inside(now, first, last)
    if len(gone) != len(new) or len(gone) > _IN_A_ROW or not set(new).isdisjoint(was):
        return None
    return new[gone.index(name)]


def _inside(anchors: Sequence[str], first: str | None, last: str | None) -> Sequence[str]:
    """What stands between two of them; None is the beginning, or the end."""
    begin = 0 if first is None else anchors.index(first) + 1
    return anchors[begin : None if last is None else anchors.index(last)]


def with_fragment(url: str, anchor: str) -> str:
    """A URL that leads to an id; what would end it in a text is percent-encoded."""
    return f"{url}#{_UNSAFE.sub(lambda found: ''.join(f'%{byte:02X}' for byte in found[0].encode()), anchor)}"
