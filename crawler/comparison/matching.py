"""What two rows of databases tell of a page: mostly all there is to know, without its records."""

from collections.abc import Iterator
from enum import Enum
from itertools import groupby
from operator import attrgetter

from crawler.comparison.difference import Change, Field
from crawler.frontier.changes import GONE_STATUSES
from crawler.frontier.compared import PageRow
from crawler.model.outcomes import Kind, State

_REDIRECTS = (Kind.REDIRECTED, Kind.OUT_OF_SCOPE)
_READ = (State.OK, State.TRUNCATED)

Pair = tuple[PageRow | None, PageRow | None]
"""A page as the old crawl has it, and as the new one has it; one of them has it."""


class Verdict(Enum):
    """What is told by the databases."""

    SAME = 1
    ADDED = 2
    GONE = 3
    CHANGED = 4
    """By what the databases say: see :func:`ends`."""
    READ = 5
    """Its records are to be read."""
    UNKNOWN = 6
    """One of the crawls has not asked for it."""
    FAILING = 7
    """One of them alone knows it, and it was no page there."""
    NOTHING = 8
    """Both have seen it, and it lies deeper than they go."""


def pairs(old: Iterator[PageRow], new: Iterator[PageRow]) -> Iterator[Pair]:
    """The pages of both, which are ordered by their keys: each once, in that order."""
    ones, others = _first_of_each(old), _first_of_each(new)
    one, other = next(ones, None), next(others, None)
    while one is not None or other is not None:
        if other is None or (one is not None and one.key < other.key):
            yield one, None
            one = next(ones, None)
        elif one is None or other.key < one.key:
            yield None, other
            other = next(others, None)
        else:
            yield one, other
            one, other = next(ones, None), next(others, None)


def _first_of_each(rows: Iterator[PageRow]) -> Iterator[PageRow]:
    for _, some in groupby(rows, key=attrgetter("key")):
        yield next(some)


def judge(pair: Pair, is_whole: tuple[bool, bool]) -> Verdict:
    """What becomes of a page. ``is_whole``: whether each crawl has asked for all that it knows."""
    old, new = pair
    if old is None or new is None:
        return _of_one(pair, is_whole)
    if _is_open(old) or _is_open(new):
        return Verdict.NOTHING if old.state == new.state == State.BEYOND else Verdict.UNKNOWN
    if is_there(new) and is_missing(old):
        return Verdict.ADDED
    if is_there(old) and is_missing(new):
        return Verdict.GONE
    if is_read(old) and is_read(new):
        is_same = old.kind == new.kind and bool(old.content_hash) and old.content_hash == new.content_hash
        return Verdict.SAME if is_same else Verdict.READ
    if is_read(old) or is_read(new):
        return Verdict.READ  # for the status of the one that is well
    return Verdict.CHANGED if (old.status, _sort(old)) != (new.status, _sort(new)) else Verdict.SAME


def _of_one(pair: Pair, is_whole: tuple[bool, bool]) -> Verdict:
    """Of a page that one crawl alone knows."""
    old, new = pair
    (known,) = (row for row in pair if row is not None)
    if known.state == State.BEYOND:
        return Verdict.NOTHING
    if _is_open(known):
        return Verdict.UNKNOWN
    if not is_there(known):
        return Verdict.FAILING
    if not is_whole[0 if old is None else 1]:
        return Verdict.UNKNOWN
    return Verdict.GONE if new is None else Verdict.ADDED


def is_there(row: PageRow) -> bool:
    """Whether there is something at the URL: a page, something of another type, or a redirect."""
    return is_read(row) or row.kind in (*_REDIRECTS, Kind.CONTENT_TYPE)


def is_read(row: PageRow) -> bool:
    """Whether its content was read."""
    return row.state in _READ


def is_redirect(row: PageRow) -> bool:
    """Whether it leads elsewhere, in the crawl's scope or out of it."""
    return row.kind in _REDIRECTS


def is_missing(row: PageRow) -> bool:
    """Whether the server says that there is no such page."""
    return row.kind == Kind.HTTP_STATUS and row.status in GONE_STATUSES


def _is_open(row: PageRow) -> bool:
    """Whether it is known and was not asked for, or not yet."""
    return row.state in (State.PENDING, State.BEYOND)


def _sort(row: PageRow) -> tuple[Kind | None, str | None]:
    """Two redirects are of one kind, whatever the scope is."""
    return (Kind.REDIRECTED, row.target) if is_redirect(row) else (row.kind, None)


def ends(old: PageRow, new: PageRow, old_status: int | None, new_status: int | None) -> list[Change]:
    """How a page ended in both, where it did not end alike; statuses of pages that are well are in no row."""
    (kind, target), (new_kind, new_target) = _sort(old), _sort(new)
    found = (
        (Field.STATUS, old_status, new_status),
        (Field.KIND, kind, new_kind),
        (Field.REDIRECT, target, new_target),
    )
    return [Change(field, before, after) for field, before, after in found if before != after]
