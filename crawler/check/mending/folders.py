"""Folders that were moved: what became of some of their pages is likely for the others."""

from collections import Counter, defaultdict
from collections.abc import Iterator

from crawler.check.mending.spots import Spot

LEAST = 3
"""Pages that must have gone the same way."""
PART = 0.8
"""Of those that are known to have gone anywhere."""


class Folders:
    """Where the pages of each folder went."""

    def __init__(self) -> None:
        self._went: dict[str, Counter[str]] = defaultdict(Counter)

    def add(self, before: Spot, after: Spot) -> None:
        """A page went from one spot to another."""
        # One that went from /a/x/ to /b/x/ says that of /a/ too.
        for one, other in dict.fromkeys(
            [(before.folder, after.folder), _shortest(before.folder, after.folder)]
        ):
            self._went[one][other] += 1

    def likely(self, spot: Spot) -> Spot | None:
        """Where what was at ``spot`` is, if it went as others did; None where they went in several ways."""
        for folder in _upwards(spot.folder):
            went = self._went.get(folder)
            if went is None or went.total() < LEAST:
                continue
            (target, count), *_ = went.most_common(1)
            if target == folder or count < LEAST or count < PART * went.total():
                return None
            return spot.moved(folder, target)
        return None


def _shortest(before: str, after: str) -> tuple[str, str]:
    """The same two without the folders that both end with."""
    one, other = before.rstrip("/").split("/"), after.rstrip("/").split("/")
    while one[1:] and other[1:] and one[-1] == other[-1] and one != other:
        one.pop()
        other.pop()
    return "/".join([*one, ""]), "/".join([*other, ""])


def _upwards(folder: str) -> Iterator[str]:
    yield folder
    while folder not in ("", "/"):
        folder = folder.rstrip("/").rpartition("/")[0] + "/"
        yield folder
