"""Where a page is now that is dead at its old spot: what each rule of thumb says."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from crawler.check.mending.before import Earlier, Was
from crawler.check.mending.dead import Dead
from crawler.check.mending.few import Few, Here
from crawler.check.mending.folders import Folders
from crawler.check.mending.look import Look
from crawler.check.mending.rules_of_thumb import speaks
from crawler.check.mending.spots import Spot, are_one_change_apart
from crawler.check.mending.told import words

SHORTEST = 5
"""Characters of a name in which one more or less may be a slip."""
IDS = 3, 0.5, 3
"""Ids that an old page and its new one must have in common; the part of those that are looked for; how many
times as many as the next best has."""


class Known(NamedTuple):
    """What an earlier crawl tells of a target that is dead."""

    earlier: Earlier
    was: Was | None
    """None where it led elsewhere."""
    led: Spot | None
    """Where it led, as a redirect."""


class Says(NamedTuple):
    """What a rule of thumb says."""

    rule: str
    page: Here


def by_content(known: Known, look: Look) -> Says | None:
    """What the rules say that know the page by what was in it: the surest one."""
    was, earlier = known.was, known.earlier
    if was is None:
        return None
    for rule, value, here, before in (
        ("same-content", was.content, look.contents, earlier.contents),
        ("same-text", was.text, look.texts, earlier.texts),
    ):
        if (page := _only(value, here, before)) is not None:
            return Says(rule, page)
    if (page := _by_ids(was, look, earlier)) is not None:
        return Says("same-ids", page)
    if (page := _only(was.title, look.titles, earlier.titles)) is not None:
        return Says("same-title", page)
    return None


def _only(value: str | None, here: Few[str], before: Few[str]) -> Here | None:
    """The one page that has it now, where only one had it before."""
    pages = here.of(value)
    return pages[0] if len(pages) == 1 == len(before.of(value)) else None


def _by_ids(was: Was, look: Look, earlier: Earlier) -> Here | None:
    sought = was.anchors
    least, part, times = IDS
    having: Counter[Here] = Counter(page for one in sought for page in look.anchors.of(one))
    (first, count), (_, second) = [*having.most_common(2), (None, 0), (None, 0)][:2]
    if first is None or count < max(least, part * len(sought)) or count < times * second:
        return None
    there = earlier.was_at(first.spot.key)
    had = 0 if there is None else len(set(there.anchors).intersection(sought))
    return first if times * had <= count else None


def by_path(dead: Dead, known: Known | None, look: Look, folders: Folders, taken: set[int]) -> Says | None:
    """What the rules say that know no more than names; nothing where they do not agree.

    ``taken``: pages that are known to be the new place of something else.
    """
    for spot in dead.spots:
        is_shared = known is not None and spot.key in known.earlier.shared
        if len(same := look.keys.of(spot.key)) == 1 and not is_shared:
            return Says("other-suffix", same[0])
    if known is not None and known.led is not None and len(led := look.keys.of(known.led.key)) == 1:
        return Says("led-there", led[0])

    def is_new(page: Here) -> bool:
        """What was there before is not the place of what was elsewhere then."""
        return page.id not in taken and (known is None or known.earlier.is_new(page))

    every = [*_by_names(dead, look, folders, is_new), *_by_words(dead, look, is_new)]
    said = [one for one in every if speaks(one.rule, is_known=known is not None)]
    if known is not None and _namesakes(dead.spots[0], known.earlier, look) > 1:
        said = [one for one in said if one.rule != "same-name"]
    return said[0] if len({one.page.id for one in said}) == 1 else None


def _namesakes(spot: Spot, earlier: Earlier, look: Look) -> int:
    """How many pages of its name are gone, itself among them: a new page may be the place of any of these."""
    here = {page.spot.key for page in look.names.of(spot.common_name)}
    return sum(page.spot.key not in here for page in earlier.names.of(spot.common_name))


def _by_names(dead: Dead, look: Look, folders: Folders, is_new: Callable[[Here], bool]) -> Iterator[Says]:
    for spot in dead.spots:
        if not spot.name or spot.query:
            continue
        yield from _if_one("same-letters", look.letters.of(spot.letters), is_new)
        named = look.names.of(spot.common_name)
        if (there := folders.likely(spot)) is not None:
            yield from _if_one("moved-folder", [page for page in named if page.spot == there], is_new)
        yield from _if_one("same-name", named, is_new)
        yield from _if_one("near-name", near_names(spot, look), is_new)


def alike(dead: Dead, look: Look) -> Iterator[tuple[Spot, Here]]:
    """Its spots, each with all pages that have its name: what is wrong among them speaks for another way."""
    for spot in dead.spots:
        if spot.name and not spot.query:
            yield from ((spot, page) for page in look.names.of(spot.common_name))


def near_names(spot: Spot, look: Look) -> Sequence[Here]:
    """Pages of the same folder whose name is one change apart, but not at its begin or end alone.

    ``cmath`` and ``math`` are different things, ``Executor`` and ``Executors`` as well.
    """
    if len(spot.name) < SHORTEST:
        return []
    shorts = (look.near_names.of(value) for value in spot.near)
    pages = {page.id: page for found in shorts for page in found}
    return [page for page in pages.values() if _is_slip(spot.name, page.spot.name)]


def _is_slip(one: str, other: str) -> bool:
    is_within = one[0] == other[0] and not one.startswith(other) and not other.startswith(one)
    return is_within and are_one_change_apart(one, other)


def _by_words(dead: Dead, look: Look, is_new: Callable[[Here], bool]) -> Iterator[Says]:
    found = [pages for text in dead.texts if (pages := look.words.of(words(text)))]
    if found and all(len(pages) == 1 for pages in found):
        yield from _if_one("link-text", {pages[0].id: pages[0] for pages in found}.values(), is_new)


def _if_one(rule: str, pages: Iterable[Here], is_new: Callable[[Here], bool]) -> Iterator[Says]:
    found = [page for page in pages if is_new(page)]
    if len(found) == 1:
        yield Says(rule, found[0])
