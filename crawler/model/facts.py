"""What a parser notes of a page for a check: its references with their places, its anchors, what looks odd.

Facts, no judgement: whether a reference is broken is found out when the crawl is over, from the facts of
all pages. They travel as opaque bytes beside the page's record, and only the sink ``facts`` looks at them.
"""

from collections import Counter
from collections.abc import Sequence
from enum import StrEnum
from typing import Any

import msgspec

from crawler.model.sources import LINKS, Source


class Reference(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """One place that makes a browser, or its reader, ask for something."""

    target: int
    """Index into :attr:`PageFacts.targets`."""
    fragment: str | None
    """What stands behind the ``#``, as it is written; None without one."""
    line: int
    """From 1, as is the column, in characters of the page as it was served; both are of the attribute,
    of CSS the url token. 0: it is not in the body (a header)."""
    column: int
    source: Source
    text: str = ""
    """A link's text, or an image's ``alt``; shortened."""
    is_asked: bool = True
    """False for what is noted only: a form that is sent by POST, a link that is not to be followed."""


class Odd(StrEnum):
    """What a parser, or a fetcher, finds odd in one page alone."""

    EMPTY_HREF = "empty_href"
    """Detail: the element."""
    MALFORMED_URL = "malformed_url"
    """An http(s) URL that the URL standard refuses. Detail: as it is written."""
    NO_ALT = "no_alt"
    """Detail: the image's ``src`` as it is written."""
    DUPLICATE_ID = "duplicate_id"
    """The second and further elements of that id. Detail: the id."""
    LOGIN_FORM = "login_form"
    """A form with a password field. Detail: the absolute URL that it is sent to."""
    MIXED_CONTENT = "mixed_content"
    """An https page loads something by http. Detail: its URL."""
    CHARSET = "charset"
    """Declared wrong, or in two ways. Detail: a sentence."""
    SENT_AS_TEXT = "sent_as_text"
    """It is HTML by its first bytes, and was sent as plain text."""
    CERTIFICATE = "certificate"
    """Of the origin. Detail: when it ends, Unix time."""


class Mark(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """Something odd, with its place: see :class:`Odd`."""

    what: Odd
    line: int
    """0 where it has no place in the body."""
    column: int
    detail: str = ""


class PageFacts(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """All that is noted of one page, style sheet or sitemap. Of an empty one, all is as below."""

    targets: list[str] = []
    """Absolute http(s) URLs without fragment, as the crawl tells them apart, each once, in document order."""
    links: list[Reference] = []
    """To pages, as :data:`LINKS` has them, in document order. Most references of most sites are links that
    are well; so whoever looks at all pages can leave these as they came, by what follows."""
    others: list[Reference] = []
    """All others, in document order."""
    counts: list[int] = []
    """Of each target: references to it, but forms that are sent by POST."""
    fragments: list[tuple[int, str]] = []
    """Each target and fragment, but the empty one, once."""
    anchors: list[str] = []
    """Every id (SVG's too), and every ``name`` of an ``<a>``."""
    marks: list[Mark] = []
    is_html: bool = False
    noindex: bool = False
    """By X-Robots-Tag or meta robots."""
    lang: str | None = None
    """Of the root element; None without one."""
    title_line: int = 0
    title_column: int = 0
    """Of the title element; 0 without one. What it says is in the record."""
    scripts: int = 0
    """Scripts, which may put into the page what is not in it."""
    text_length: int = 0
    """Characters of visible text."""
    text_hash: int = 0
    """xxh3 of the visible text, as a signed 64-bit integer."""

    @property
    def references(self) -> list[Reference]:
        """All of them, in the order of their places."""
        return sorted([*self.links, *self.others], key=lambda one: (one.line, one.column))

    @classmethod
    def of(cls, targets: list[str], references: Sequence[Reference], **more: Any) -> "PageFacts":
        """The facts of a page with these references, in document order; ``more`` are further fields."""
        links = [one for one in references if one.source in LINKS]
        others = [one for one in references if one.source not in LINKS]
        times = Counter([one.target for one in references])
        times.subtract(one.target for one in others if one.source is Source.FORM and not one.is_asked)
        fragments = dict.fromkeys((one.target, one.fragment) for one in references if one.fragment)
        counts = [times[number] for number in range(len(targets))]
        return cls(targets, links, others, counts, list(fragments), **more)


class Skimmed(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """As :class:`PageFacts`, with its links left as they came: a third of the time."""

    targets: list[str] = []
    links: msgspec.Raw = msgspec.Raw(b"\x90")
    others: list[Reference] = []
    counts: list[int] = []
    fragments: list[tuple[int, str]] = []
    anchors: list[str] = []
    marks: list[Mark] = []


encode = msgspec.msgpack.Encoder().encode
skim = msgspec.msgpack.Decoder(Skimmed).decode
decode_links = msgspec.msgpack.Decoder(list[Reference]).decode
decode = msgspec.msgpack.Decoder(PageFacts).decode
"""Raises msgspec.DecodeError where the bytes are no facts."""
