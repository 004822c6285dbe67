"""Pages that are elsewhere now: what is gone at one URL and there at another, with the same content."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence

from crawler.frontier.compared import PageRow
from crawler.rules.near_duplicates import LONG_ENOUGH, NO_CONTENT, are_near

Move = tuple[PageRow, PageRow]
"""A page as it was, and the one that it is now."""


def redirected(pairs: Iterable[Move], added: Sequence[PageRow]) -> list[Move]:
    """Of pages that redirect now, those whose content is at their target."""
    by_key = {row.key: row for row in added}
    moves: dict[int, Move] = {}
    for old, new in pairs:
        target = by_key.get(new.target or "")
        if target is not None and target.id not in moves and _is_same(old, target):
            moves[target.id] = (old, target)
    return list(moves.values())


def came_back(pairs: Iterable[Move], gone: Sequence[PageRow]) -> list[Move]:
    """Of pages that redirected before, those that have the content of their target, which is gone."""
    swapped = redirected(((new, old) for old, new in pairs), gone)
    return [(target, new) for new, target in swapped]


def _is_same(old: PageRow, new: PageRow) -> bool:
    if _tells(old) and old.content_hash == new.content_hash:
        return True
    return are_near(old.near_hash, new.near_hash)


def _tells(row: PageRow) -> bool:
    return bool(row.content_hash) and row.content_hash != NO_CONTENT


def same(gone: Sequence[PageRow], added: Sequence[PageRow], common: Collection[bytes]) -> list[Move]:
    """Pairs of the same content; where several have it, in the order of their URLs.

    ``common``: contents by which no page can be told, see :class:`Short`.
    """
    waiting: dict[bytes, list[PageRow]] = defaultdict(list)
    for row in reversed(gone):
        if _tells(row) and row.content_hash not in common:
            waiting[row.content_hash].append(row)
    return [(waiting[row.content_hash].pop(), row) for row in added if waiting.get(row.content_hash)]


class Short:
    """Contents with little text that several pages of one crawl have, such as "Loading…"."""

    def __init__(self) -> None:
        self.common: set[bytes] = set()
        self._seen: tuple[set[bytes], set[bytes]] = set(), set()

    def add(self, row: PageRow | None, side: int) -> None:
        """Take in a page of the old crawl (0) or the new one (1)."""
        if row is None or not row.content_hash or row.near_hash & LONG_ENOUGH:
            return
        if row.content_hash in self._seen[side]:
            self.common.add(row.content_hash)
        self._seen[side].add(row.content_hash)


def similar(gone: Sequence[PageRow], added: Sequence[PageRow]) -> list[Move]:
    """Pairs of nearly the same text, which no other page here has, and which is long enough to tell that."""
    olds, news = _by_text(gone), _by_text(added)
    pairs = ((olds[text], rows) for text, rows in news.items() if text in olds)
    return [(old[0], new[0]) for old, new in pairs if len(old) == len(new) == 1]


def _by_text(rows: Iterable[PageRow]) -> dict[int, list[PageRow]]:
    found: dict[int, list[PageRow]] = defaultdict(list)
    for row in rows:
        if row.near_hash & LONG_ENOUGH:
            found[row.near_hash].append(row)
    return found


def without(rows: Iterable[PageRow], moved: Iterable[PageRow]) -> list[PageRow]:
    """Those of ``rows`` that are none of ``moved``."""
    ids = {row.id for row in moved}
    return [row for row in rows if row.id not in ids]
