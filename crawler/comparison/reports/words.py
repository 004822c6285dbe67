"""What the reports say alike."""

from collections.abc import Sequence
from typing import NamedTuple

from crawler.comparison.difference import Change, Difference, Side, Totals, What
from crawler.watch.words import counted, visible

MOST_VALUE = 300
"""Characters of a title or a URL that people are shown."""
SORTS: dict[What, str] = {
    What.ADDED: "added",
    What.GONE: "gone",
    What.MOVED: "moved",
    What.CHANGED: "changed",
}
"""Every sort, in the order in which differences come."""


class Shown(NamedTuple):
    """The first of many things, and how many more there are."""

    first: Sequence[str]
    more: int


def first(things: Sequence[str], most: int | None) -> Shown:
    """The first ``most`` of them; None: all."""
    some = things if most is None else things[:most]
    return Shown(some, len(things) - len(some))


def value(change: Change, *, is_old: bool) -> str:
    """What a page had or has, for people."""
    found = change.old if is_old else change.new
    if found is None:
        return {"title": "no title", "canonical": "none"}.get(change.field, "–")
    return short(str(found))


def short(text: str) -> str:
    """``text`` on one line, and not without end."""
    return visible(text if len(text) <= MOST_VALUE else f"{text[:MOST_VALUE]}…")


def why_gone(difference: Difference) -> str:
    """Why a page is taken for gone."""
    status = difference.status
    return "nothing leads to it any more" if status is None else f"the server answers {status}"


def of_side(side: Side) -> str:
    """When a crawl was, and of how much."""
    found = [side.started_at or "", side.state, counted(side.pages, "page")]
    return ", ".join(filter(None, found))


def result(totals: Totals) -> str:
    """``2 added, 1 changed``; without those that there are none of."""
    found = [f"{count:,} {SORTS[what]}" for what in What if (count := getattr(totals, what))]
    return ", ".join(found) or "no difference"


def besides(totals: Totals) -> list[str]:
    """What there is to be said of pages that are no difference."""
    said = (
        (totals.same, "the same"),
        (totals.cosmetic, "nearly the same (--exact tells how they differ)"),
        (totals.unknown, "not compared, since one of the crawls has not got to them"),
        (totals.failing, "in one crawl alone, and no page there (failed, or not allowed)"),
    )
    return [f"{count:,} {words}" for count, words in said if count]
