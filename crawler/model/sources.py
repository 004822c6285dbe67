"""Which elements and attributes of a page refer to something, and what that is asked for."""

from enum import IntEnum
from typing import NamedTuple

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
    """A ``<link>`` that leads its reader on in another way: author, help, license, search, up, contents, …"""

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


LINKS = frozenset({Source.A, Source.AREA, Source.IFRAME, Source.FRAME, Source.REFRESH})
"""Those that lead to a page, and are followed by a crawl."""
