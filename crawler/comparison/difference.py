"""What can be different between two crawls, and how often it was."""

from enum import StrEnum
from typing import NamedTuple

import msgspec


class What(StrEnum):
    """What has become of a page."""

    ADDED = "added"
    """It is there, and was not: unknown, or 404 or 410."""
    GONE = "gone"
    """It was there, and is not: 404 or 410, or nothing leads to it any more."""
    MOVED = "moved"
    """Its content is at another URL now."""
    CHANGED = "changed"


class Field(StrEnum):
    """What can change of a page that both crawls have."""

    STATUS = "status"
    KIND = "kind"
    REDIRECT = "redirect"
    TITLE = "title"
    CANONICAL = "canonical"
    LINKS = "links"
    TEXT = "text"
    CONTENT = "content"
    """What there is of it beside all the others."""


class Change(msgspec.Struct, frozen=True, gc=False):
    """One thing that a page had, and what it has now; None where it has nothing of the kind."""

    field: Field
    old: str | int | None
    new: str | int | None


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """One page that is not what it was. No URL in it shows a user and password."""

    what: What
    url: str
    """As the new crawl has it; of a page that is gone, as the old one had it."""
    old_url: str | None = None
    """Where it was, if that is not ``url``."""
    status: int | None = None
    """Of a page that is gone or moved, what its old URL answers now; None where nobody asked."""
    changes: tuple[Change, ...] = ()
    """Status, kind, redirect, title and canonical, those of them that changed."""
    links_added: tuple[str, ...] = ()
    """In the order in which the page has them, as the next."""
    links_gone: tuple[str, ...] = ()
    text: tuple[str, ...] = ()
    """The visible text as a unified diff, a sentence or so a line, without the lines that name files."""
    text_note: str | None = None
    """Half a sentence where the text has changed and cannot be shown, or not all of it."""
    is_content_changed: bool = False
    """It has changed in what is neither of these: data, or the markup alone."""

    @property
    def fields(self) -> tuple[Field, ...]:
        """What has changed, in the order of :class:`Field`."""
        found = {change.field for change in self.changes}
        found |= {Field.LINKS} if self.links_added or self.links_gone else set()
        found |= {Field.TEXT} if self.text or self.text_note else set()
        found |= {Field.CONTENT} if self.is_content_changed else set()
        return tuple(field for field in Field if field in found)


class Totals(msgspec.Struct):
    """How many pages were found to be what."""

    added: int = 0
    gone: int = 0
    moved: int = 0
    changed: int = 0
    same: int = 0
    cosmetic: int = 0
    """Of nearly the same text, and all else as it was: no difference, unless that is asked for."""
    unknown: int = 0
    """One of the crawls has not got to them, so that nobody can tell."""
    failing: int = 0
    """Only one of the crawls knows them, and they were no page there: they failed, or were not allowed."""

    @property
    def differences(self) -> int:
        """How many differences there are."""
        return self.added + self.gone + self.moved + self.changed


class Side(NamedTuple):
    """One of the two crawls, as reports name it."""

    name: str
    """The folder, with @ and the generation where there are several."""
    generation: int
    state: str
    started_at: str | None
    """RFC 3339, UTC."""
    pages: int
    """Pages that it has a record of, or will have."""
    pending: int
    """Of these, those that it has not asked yet."""
