"""A stage of the site that changes, and what is done to make it of the one before."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from crawler.lab.changing.page import Page

STAGES = 5
STAGE_PATH, LOG_PATH = "/__stage__", "/__log__"
"""PUT takes the number of the stage that is to be served from now on; GET answers the log as JSON, and
empties it. No page links to either."""
SHORT, LONG = 30, 600
"""Words of the shortest pages, and of the longest."""

Pages = Mapping[str, Page]
"""All that is to be had at one stage, by path."""


class Act(StrEnum):
    """One kind of edit."""

    WORD = "a word is another one"
    SENTENCE = "a sentence is new"
    PARAGRAPH = "a paragraph is new"
    TITLE = "the title is another one"
    CANONICAL = "the canonical address is another one"
    LINK_ADDED = "a link is new"
    LINK_REMOVED = "a link is gone"
    LINK_LEADS = "a link leads elsewhere"
    MOVED = "the page is elsewhere, and its old address is not found"
    MOVED_FOR_GOOD = "the page is elsewhere, and its old address is gone"
    REDIRECTED = "the page is elsewhere, and its old address leads there"
    DELETED = "the page is not found"
    DELETED_FOR_GOOD = "the page is gone"
    UNLINKED = "nothing links to the page any more"
    NEW = "the page is new"
    TARGET = "a redirect leads elsewhere"
    COSMETIC = "only what nobody reads is another one"
    FAILING = "the page cannot be had"
    NOT_MODIFIED = "the page says that it has not changed, to whoever did not ask"
    BACK = "the page is to be had again"


@dataclass(frozen=True)
class Edit:
    """One of them, as it was made."""

    act: Act
    path: str
    to: str | None = None
    """The other path that it is about."""


@dataclass(frozen=True)
class Stage:
    """The site after all edits of a stage."""

    number: int
    pages: Pages
    edits: tuple[Edit, ...]
    """What was done to the one before; nothing for the first."""


def reached(pages: Pages) -> set[str]:
    """The paths that the start page leads to."""
    found, waiting = {"/"}, ["/"]
    while waiting:
        page = pages[waiting.pop()]
        further = set(page.links if page.status == 200 else ()) | ({page.to} if page.to else set())
        waiting += further - found
        found |= further
    return found
