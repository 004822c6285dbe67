"""What is looked for, and the few that have it: from one pass over all pages of a site."""

from collections.abc import Hashable, Iterable, Sequence
from typing import Generic, NamedTuple, TypeVar

from crawler.check.mending.spots import Spot
from crawler.check.mending.told import Told

MOST = 3
"""Pages of one value that are kept. What more than one has tells nothing, but by its folder."""
SAME_NAME = 30
"""The same of pages of one name: among so many a folder's move may find one."""

Value = TypeVar("Value", bound=Hashable)

WELL = "(outcome IN ('ok', 'truncated') OR kind = 'content_type')"
"""Of answers: files of which no more was wanted than that they are there are well too."""


class Here(NamedTuple):
    """A page, or whatever else a link may lead to, that was well in a check."""

    id: int
    """In answers."""
    url: str
    spot: Spot
    told: Told


class Few(Generic[Value]):
    """Of each value that is wanted, the first few pages that have it."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._found: dict[Value, dict[tuple[str, str | None], Here]] = {}

    def __len__(self) -> int:
        return len(self._found)

    def want(self, values: Iterable[Value | None]) -> None:
        """Before the pass. None is no value."""
        for value in values:
            if value is not None:
                self._found.setdefault(value, {})

    def wanted(self, values: Iterable[Value]) -> Iterable[Value]:
        """Those of ``values`` that are wanted."""
        return self._found.keys() & values

    def offer(self, value: Value | None, page: Here) -> None:
        """A page has this value, wanted or not. One that is at several URLs of the same spot is one page."""
        held = self._found.get(value) if value is not None else None
        if held is not None and len(held) <= self._most:
            held.setdefault((page.spot.key, page.told.content), page)

    def of(self, value: Value | None) -> Sequence[Here]:
        """The pages that have it; none where there are too many to tell anything."""
        held = self._found.get(value, {}) if value is not None else {}
        return list(held.values()) if len(held) <= self._most else ()

    def is_found(self, value: Value | None) -> bool:
        """Whether any page has it, however many."""
        return value is not None and bool(self._found.get(value))

    def all(self) -> Iterable[Here]:
        """Every page that was kept, for whatever value."""
        return (page for held in self._found.values() for page in held.values())
