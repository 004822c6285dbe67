"""Where a place within a page is now whose id is missing there: what each rule of thumb says."""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import NamedTuple
from urllib.parse import unquote

from crawler.check.mending.pages import SHORTEST
from crawler.check.mending.spots import are_one_change_apart, letters
from crawler.check.mending.told import is_numbered

_TOGETHER = 3
"""Ids in a row that may all have been renamed."""
_UNSAFE = re.compile(r"[\s%\"<>`]")


class Section(NamedTuple):
    """What a rule of thumb says: the id, on the same page or another."""

    rule: str
    anchor: str
    url: str | None = None
    """Of the other page."""


def on_the_page(fragment: str, now: Sequence[str], was: Sequence[str] | None) -> Section | None:
    """An id of the same page; ``now`` and before (``was``, None where that is not known), in page order."""
    name = unquote(fragment, errors="replace")
    is_known = was is not None and (name in was or fragment in was)
    new = [one for one in now if not is_known or was is None or one not in was]
    if (found := _one(one for one in new if letters(one) == letters(name))) is not None and letters(name):
        return Section("same-letters-id", found)
    if is_known and was is not None:
        if (found := _between(name if name in was else fragment, now, was)) is not None:
            return Section("same-place-id", found)
    if is_numbered(name) or len(name) < SHORTEST:
        return None
    found = _one(one for one in new if are_one_change_apart(one.casefold(), name.casefold()))
    return None if found is None else Section("near-id", found)


def _one(found: Iterable[str]) -> str | None:
    several = [*found]
    return several[0] if len(several) == 1 else None


def _between(name: str, now: Sequence[str], was: Sequence[str]) -> str | None:
    """The new id that stands between the same neighbours as the missing one did."""
    at, there = was.index(name), set(now)
    before = next((one for one in reversed(was[:at]) if one in there), None)
    after = next((one for one in was[at + 1 :] if one in there), None)
    if before is None and after is None:
        return None
    gone = was[
        was.index(before) + 1 if before is not None else 0 : None if after is None else was.index(after)
    ]
    new = now[
        now.index(before) + 1 if before is not None else 0 : None if after is None else now.index(after)
    ]
    if len(gone) != len(new) or len(gone) > _TOGETHER or not set(new).isdisjoint(was):
        return None
    return new[gone.index(name)]


def elsewhere(fragment: str, pages: Iterable[tuple[str, Collection[str] | None]]) -> Iterator[str]:
    """URLs of the other pages that have the id, and had it not before.

    ``pages`` have it; each with the ids that it had before, None where there was no such page.
    """
    name = unquote(fragment, errors="replace")
    return (url for url, had in pages if had is None or not {name, fragment}.intersection(had))


def with_fragment(url: str, anchor: str) -> str:
    """A URL that leads to an id."""
    return f"{url}#{_UNSAFE.sub(lambda found: ''.join(f'%{byte:02X}' for byte in found[0].encode()), anchor)}"
