"""Where a page is now that is dead at its old spot: what each rule of thumb says."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from crawler.check.mending.before import Earlier, Was
from crawler.check.mending.dead import Dead
from crawler.check.mending.few import Here
from crawler.check.mending.folders import Folders
from crawler.check.mending.look import Look
from crawler.check.mending.names import are_siblings, differ_in_a_capital, numbers
from crawler.check.mending.rules_of_thumb import speaks
from crawler.check.mending.spots import Spot

IsBeside = Callable[[Dead, Here], bool]
"""Whether a page that links to what is dead links to another one as well: then it holds them for two."""


class Known(NamedTuple):
    """What an earlier crawl tells of a target that is dead."""

    earlier: Earlier
    """The last one in which it was well."""
    was: Was
    later: Sequence[Earlier]
    """Those after it, the newest first."""


class Says(NamedTuple):
    """What a rule of thumb says."""

    rule: str
    page: Here


def by_content(known: Known, site: Look | Earlier) -> Says | None:
    """What the rules say that know the page by what was in it: the surest one; ``site``: as it is, or was."""
    was, earlier = known.was.told, known.earlier
    for rule, value, here, before in (
        ("same-content", was.content, site.contents, earlier.contents),
        ("same-text", was.text, site.texts, earlier.texts),
        ("same-title", was.title, site.titles, earlier.titles),
    ):
        # The one page that has it, where only one had it before.
        pages = here.of(value)
        if len(pages) == 1 == len(before.of(value)) and not _are_parts(known.was, pages[0]):
            return Says(rule, pages[0])
    return None


def _are_parts(was: Was, page: Here) -> bool:
    """Whether two pages may be parts of a series, as issues 41 and 42: these differ in numbers."""
    if was.told.exact == page.told.exact or None is not was.told.content == page.told.content:
        return False
    one, other = (f"{each.spot.path} {each.told.title}" for each in (was, page))
    return numbers(one) != numbers(other)


def by_path(
    dead: Dead, known: Known | None, look: Look, folders: Folders, is_beside: IsBeside
) -> Says | None:
    """What the rules say that know no more than names; nothing where they do not agree."""
    for spot in dead.spots:
        is_shared = known is not None and spot.key in known.earlier.shared
        if len(same := look.keys.of(spot.key)) == 1 and not is_shared:
            return Says("other-suffix", same[0])

    def is_new(page: Here) -> bool:
        """What was there before is not the place of what was elsewhere then."""
        if known is not None:
            return known.earlier.is_new(page)
        is_other = any(not one.kind and differ_in_a_capital(one.name, page.spot.name) for one in dead.spots)
        return not is_other and not is_beside(dead, page)

    named = _by_names(dead, look, folders, is_new)
    said = [one for one in named if speaks(one.rule, is_known=known is not None)]
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

        def may_be(page: Here, spot: Spot = spot) -> bool:
            return not are_siblings(spot.path, page.spot.path) and is_new(page)

        yield from _if_one("same-letters", look.letters.of(spot.letters), may_be)
        named = look.names.of(spot.common_name)
        if (there := folders.likely(spot)) is not None:
            yield from _if_one("moved-folder", [page for page in named if page.spot == there], may_be)
        yield from _if_one("same-name", named, may_be)


def alike(dead: Dead, look: Look) -> Iterator[tuple[Spot, Here]]:
    """Its spots, each with all pages that have its name: what is wrong among them speaks for another way."""
    for spot in dead.spots:
        if spot.name and not spot.query:
            yield from ((spot, page) for page in look.names.of(spot.common_name))


def _if_one(rule: str, pages: Iterable[Here], is_new: Callable[[Here], bool]) -> Iterator[Says]:
    found = [page for page in pages if is_new(page)]
    if len(found) == 1:
        yield Says(rule, found[0])
