"""Which media types do not fit which references: a browser asks for one thing, and gets another.

A style sheet must be ``text/css`` (HTML standard, "link type stylesheet"); a script may be nearly anything
but image, sound, video and comma-separated values (Fetch standard, "should response be blocked due to its
MIME type"); pictures, sound and video are told by their bytes, and text is none of them.
"""

import functools

from crawler.model.sources import Source
from crawler.rules import content_type

_SHEETS = frozenset({Source.STYLESHEET, Source.CSS_IMPORT})
_PICTURES = frozenset({Source.IMG, Source.SRCSET, Source.POSTER, Source.ICON, Source.INPUT, Source.OG_IMAGE})
_MEDIA = frozenset({Source.VIDEO, Source.AUDIO, Source.SOURCE, Source.TRACK})
_OTHERS = frozenset({Source.SCRIPT, Source.CSS_URL, Source.MANIFEST})
TYPED = _SHEETS | _PICTURES | _MEDIA | _OTHERS
"""The references that ask for something of a certain type, and never for HTML.

Links lead to anything; so do ``embed``, ``object``, ``use`` (which may point into the page itself) and what
is loaded ahead."""


@functools.lru_cache(maxsize=1024)  # a site has a few types
def wrong_for(header: str | None) -> frozenset[Source]:
    """The references of which a Content-Type is wrong; none where it says nothing."""
    mime = content_type.essence(header or "")
    if not mime:
        return frozenset()
    if content_type.is_html(mime):
        return TYPED
    wrong = frozenset[Source]() if mime == "text/css" else _SHEETS
    if mime.startswith(("image/", "audio/", "video/")) or mime in ("text/csv", "text/css"):
        wrong |= {Source.SCRIPT}
    if content_type.is_text(mime) and mime != "image/svg+xml":
        wrong |= _PICTURES
    return wrong
