"""Folders that were moved: what became of some of their pages is likely for the others."""

from collections import Counter, defaultdict
from collections.abc import Callable

from crawler.check.mending.spots import Spot, upwards

LEAST = 3
"""Pages that must have gone the same way."""
PART = 0.8
"""Of those that are known to have gone anywhere."""


STAYED = 0.25
"""The part of as many pages as may still be in the folder, where only names tell that some went."""


class Folders:
    """Where the pages of each folder went."""

    def __init__(self, stayed: Callable[[str], int] | None = None) -> None:
        """``stayed``: how many pages are still in a folder; None where the others went for certain.

        Without an earlier crawl, ``/use/a`` may be gone for good and ``/a`` be another page: so it is where
        both folders have the same names, and the pages of both are there.
        """
        self._stayed = stayed
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
        for folder in upwards(spot.folder):
            went = self._went.get(folder)
            if went is None or went.total() < LEAST:
                continue
            (target, count), *_ = went.most_common(1)
            if target == folder or count < LEAST or count < PART * went.total():
                return None
            if self._stayed is not None and self._stayed(folder) > STAYED * count:
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
