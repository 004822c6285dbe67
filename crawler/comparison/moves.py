"""Pages that are elsewhere now: what is gone at one URL and there at another, with the same content."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

import xxhash

from crawler.frontier.compared import PageRow
from crawler.rules.near_duplicates import are_near

Move = tuple[PageRow, PageRow]
"""A page as it was, and the one that it is now."""
_NOTHING = xxhash.xxh3_128_digest(b"")
"""The content hash of an empty body, by which nothing can be told."""
MOST_PAIRS = 1_000_000
"""So many texts are held against each other one by one; of more, those with equal hashes alone."""


def redirected(pairs: Iterable[Move], added: Sequence[PageRow]) -> list[Move]:
    """Of pages that redirect now, those whose content is at their target."""
    by_key = {row.key: row for row in added}
    moves: dict[int, Move] = {}
    for old, new in pairs:
        target = by_key.get(new.target or "")
        if target is not None and target.id not in moves and _is_same(old, target):
            moves[target.id] = (old, target)
    return list(moves.values())


def _is_same(old: PageRow, new: PageRow) -> bool:
    if _tells(old) and old.content_hash == new.content_hash:
        return True
    return bool(old.near_hash) and are_near(old.near_hash, new.near_hash)


def _tells(row: PageRow) -> bool:
    return bool(row.content_hash) and row.content_hash != _NOTHING


def same(gone: Sequence[PageRow], added: Sequence[PageRow]) -> list[Move]:
    """Pairs of the same content; where several have it, in the order of their URLs."""
    waiting: dict[bytes, list[PageRow]] = defaultdict(list)
    for row in reversed(gone):
        if _tells(row):
            waiting[row.content_hash].append(row)
    return [(waiting[row.content_hash].pop(), row) for row in added if waiting.get(row.content_hash)]


def similar(gone: Sequence[PageRow], added: Sequence[PageRow]) -> list[Move]:
    """Pairs of nearly the same text, each the only one that is near to the other."""
    olds, news = [row for row in gone if row.near_hash], [row for row in added if row.near_hash]
    if len(olds) * len(news) > MOST_PAIRS:
        by_hash = defaultdict(list)
        for row in olds:
            by_hash[row.near_hash].append(row)
        found = [(old, new) for new in news for old in by_hash.get(new.near_hash, ())[:2]]
    else:
        found = [(old, new) for new in news for old in olds if are_near(old.near_hash, new.near_hash)]
    times_old, times_new = Counter(old.id for old, _ in found), Counter(new.id for _, new in found)
    return [(old, new) for old, new in found if times_old[old.id] == times_new[new.id] == 1]


def without(rows: Iterable[PageRow], moved: Iterable[PageRow]) -> list[PageRow]:
    """Those of ``rows`` that are none of ``moved``."""
    ids = {row.id for row in moved}
    return [row for row in rows if row.id not in ids]
