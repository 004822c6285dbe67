"""What a parser notes of a page for a check: its references with their places, its anchors, what looks odd.

Facts, no judgement: whether a reference is broken is found out when the crawl is over, from the facts of
all pages. They travel as opaque bytes beside the page's record, and only the sink ``facts`` looks at them.
"""

from enum import IntEnum, StrEnum
from typing import NamedTuple

import msgspec

from crawler.model.outcomes import Purpose


class About(NamedTuple):
    """What is to be known of a kind of reference."""

    label: str
    """How people are told of it: the element, and the attribute."""
    purpose: Purpose
    """What its target is asked for, if it lies on the crawl's own origins and is no page of the crawl."""


class Source(IntEnum):
    """Which element and attribute a reference stands in. The numbers stand in ``facts.db``."""

    A = 0
    AREA = 1
    IFRAME = 2
    FRAME = 3
    REFRESH = 4
    """``<meta http-equiv=refresh>``, or a header (line 0): Refresh, or a redirect's Location that has a
    fragment, which is the only fact that is noted of a redirect."""
    STYLESHEET = 5
    ICON = 6
    MANIFEST = 7
    PRELOAD = 8
    """Preload, modulepreload, prefetch."""
    ALTERNATE = 9
    NEXT = 10
    PREV = 11
    CANONICAL = 12
    IMG = 13
    SRCSET = 14
    """Of ``<img>`` and ``<source>``; ``imagesrcset`` too."""
    SOURCE = 15
    VIDEO = 16
    POSTER = 17
    AUDIO = 18
    TRACK = 19
    SCRIPT = 20
    EMBED = 21
    OBJECT = 22
    INPUT = 23
    FORM = 24
    USE = 25
    """SVG's ``<use>`` and ``<image>``, ``href`` or ``xlink:href``."""
    OG_IMAGE = 26
    OG_URL = 27
    CSS_URL = 28
    CSS_IMPORT = 29
    SITEMAP = 30
    """An entry of a sitemap."""
    LINK = 31
    """``<link>`` with any other ``rel``, or with the ``rev`` of old: author, license, search, …"""

    @property
    def label(self) -> str:
        """As people are told of it."""
        return SOURCES[self].label


SOURCES: dict[Source, About] = {
    Source.A: About("a href", Purpose.PAGE),
    Source.AREA: About("area href", Purpose.PAGE),
    Source.IFRAME: About("iframe src", Purpose.PAGE),
    Source.FRAME: About("frame src", Purpose.PAGE),
    Source.REFRESH: About("meta refresh", Purpose.PAGE),
    Source.STYLESHEET: About("link stylesheet", Purpose.STYLESHEET),
    Source.ICON: About("link icon", Purpose.ASSET),
    Source.MANIFEST: About("link manifest", Purpose.ASSET),
    Source.PRELOAD: About("link preload", Purpose.ASSET),
    Source.ALTERNATE: About("link alternate", Purpose.ASSET),
    Source.NEXT: About("link next", Purpose.ASSET),
    Source.PREV: About("link prev", Purpose.ASSET),
    Source.CANONICAL: About("link canonical", Purpose.ASSET),
    Source.IMG: About("img src", Purpose.ASSET),
    Source.SRCSET: About("srcset", Purpose.ASSET),
    Source.SOURCE: About("source src", Purpose.ASSET),
    Source.VIDEO: About("video src", Purpose.ASSET),
    Source.POSTER: About("video poster", Purpose.ASSET),
    Source.AUDIO: About("audio src", Purpose.ASSET),
    Source.TRACK: About("track src", Purpose.ASSET),
    Source.SCRIPT: About("script src", Purpose.ASSET),
    Source.EMBED: About("embed src", Purpose.ASSET),
    Source.OBJECT: About("object data", Purpose.ASSET),
    Source.INPUT: About("input src", Purpose.ASSET),
    Source.FORM: About("form action", Purpose.ASSET),
    Source.USE: About("use href", Purpose.ASSET),
    Source.OG_IMAGE: About("og:image", Purpose.ASSET),
    Source.OG_URL: About("og:url", Purpose.ASSET),
    Source.CSS_URL: About("css url()", Purpose.ASSET),
    Source.CSS_IMPORT: About("css @import", Purpose.STYLESHEET),
    Source.SITEMAP: About("sitemap entry", Purpose.PAGE),
    Source.LINK: About("link href", Purpose.ASSET),
}
"""Every kind of reference there is."""


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
    references: list[Reference] = []
    """In document order."""
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


encode = msgspec.msgpack.Encoder().encode
decode = msgspec.msgpack.Decoder(PageFacts).decode
"""Raises msgspec.DecodeError where the bytes are no facts."""
