"""What is different between two records of one page."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import msgspec

from crawler.comparison.difference import Change, Difference, Field, What
from crawler.comparison.texts import unified
from crawler.model.errors import CrawlFailed
from crawler.rules.near_duplicates import are_near, near_hash

Shown = Callable[[str], str]
"""A URL as it is compared and told."""
NOT_KEPT = "its text was not kept (parse.keep_text, or --sink warc)"


class Kept(msgspec.Struct, gc=False):
    """What of a record is compared."""

    url: str
    status: int | None = None
    kind: str | None = None
    content_type: str | None = None
    bytes: int | None = None
    title: str | None = None
    canonical: str | None = None
    links: msgspec.Raw = msgspec.Raw(b"[]")
    """Not taken apart where both pages have the same."""
    text_length: int | None = None
    text: str | None = None
    content_hash: str | None = None
    near_hash: str | None = None


_decode = msgspec.json.Decoder(Kept).decode
_links = msgspec.json.Decoder(list[str]).decode


def decoded(line: bytes, name: str) -> Kept:
    """The record in ``line``, of the crawl ``name``. Raises CrawlFailed where it is damaged."""
    try:
        return _decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise CrawlFailed(f"a record of {name} is damaged: {error}") from None


class Content(NamedTuple):
    """How the content of a page differs, beside what is told of it by name."""

    is_near: bool
    """It differs at most in what is not told unless it is asked for."""
    text: tuple[str, ...] = ()
    note: str | None = None
    is_other: bool = False


def compared(
    old: Kept, new: Kept, shown: tuple[Shown, Shown], *, exact: bool
) -> tuple[Difference | None, bool]:
    """What is different, if anything; and whether the pages are the same but for what is not told.

    ``exact``: all is told.
    """
    canonicals = [page.canonical and say(page.canonical) for page, say in zip((old, new), shown, strict=True)]
    gone, added = _links_apart(old, new, shown)
    named: tuple[tuple[Field, str | int | None, str | int | None], ...] = (
        (Field.STATUS, old.status, new.status),
        (Field.KIND, old.kind, new.kind),
        (Field.TITLE, old.title, new.title),
        (Field.CANONICAL, canonicals[0], canonicals[1]),
    )
    found = Difference(
        what=What.CHANGED,
        url=shown[1](new.url),
        changes=tuple(Change(field, before, after) for field, before, after in named if before != after),
        links_added=added,
        links_gone=gone,
    )
    content = _content(old, new, exact=exact)
    if not content.is_near or exact:
        found = msgspec.structs.replace(
            found, text=content.text, text_note=content.note, is_content_changed=content.is_other
        )
    is_same = old.content_hash is not None and old.content_hash == new.content_hash
    return found if found.fields else None, not is_same


def _links_apart(old: Kept, new: Kept, shown: tuple[Shown, Shown]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Links that are gone, and those that were added: as they are told, of those that differ as they are."""
    if old.links == new.links:
        return (), ()
    links = _links(old.links), _links(new.links)
    gone = [*map(shown[0], _without(*links))]
    added = [*map(shown[1], _without(*reversed(links)))]
    return _without(gone, added), _without(added, gone)


def _without(links: Sequence[str], others: Sequence[str]) -> tuple[str, ...]:
    known = set(others)
    return tuple(dict.fromkeys(link for link in links if link not in known))


def _content(old: Kept, new: Kept, *, exact: bool) -> Content:
    if old.content_hash is not None and old.content_hash == new.content_hash:
        return Content(is_near=True)
    if old.text is not None and new.text is not None:
        if old.text == new.text:
            return Content(is_near=_is_markup(new), is_other=True)
        is_near = are_near(near_hash(old.text), near_hash(new.text))
        return Content(is_near, *(unified(old.text, new.text) if exact or not is_near else ()))
    hashes = [int(page.near_hash or "0", 16) for page in (old, new)]
    if all(hashes):
        is_near = are_near(*map(_signed, hashes))
        return Content(is_near, note=NOT_KEPT)
    if old.text_length != new.text_length:
        return Content(is_near=False, note=NOT_KEPT)
    if old.bytes == new.bytes and None in (old.content_hash, new.content_hash):
        return Content(is_near=True)  # as far as anybody can know
    return Content(is_near=_is_markup(new), is_other=True)


def _is_markup(page: Kept) -> bool:
    """Whether what its text does not show is markup, and not data."""
    return page.content_type is None or "html" in page.content_type.lower()


def _signed(number: int) -> int:
    return number - (1 << 64) if number >= 1 << 63 else number
