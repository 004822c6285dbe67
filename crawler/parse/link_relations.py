"""What a ``<link>`` leads to, by its ``rel`` (WHATWG HTML § 4.6.7)."""

import turbohtml

from crawler.model.sources import Source

_RELATIONS = {
    "stylesheet": Source.STYLESHEET,
    "canonical": Source.CANONICAL,
    "icon": Source.ICON,
    "apple-touch-icon": Source.ICON,
    "apple-touch-icon-precomposed": Source.ICON,
    "mask-icon": Source.ICON,
    "manifest": Source.MANIFEST,
    "next": Source.NEXT,
    "prev": Source.PREV,
    "preload": Source.PRELOAD,
    "modulepreload": Source.PRELOAD,
    "prefetch": Source.PRELOAD,
    "alternate": Source.ALTERNATE,
} | dict.fromkeys(
    ("author", "help", "license", "search", "bookmark", "copyright", "made", "home", "start", "top", "first",
     "last", "up", "contents", "toc", "index", "glossary", "chapter", "section", "subsection", "appendix",
     "shortlink", "amphtml"), Source.LINK
)  # fmt: skip
"""By keyword of ``rel`` (HTML 4 had more than the standard of today); of several the first here counts."""


def source_of(link: turbohtml.Element) -> Source | None:
    """None where it leads to nothing that anybody asks for."""
    # Nobody writes rev any more, and what is written is still there: it is the way back, to the author.
    relations = (link.attr("rel") or link.attr("rev") or "").lower().split()
    known = [relation for relation in relations if relation in _RELATIONS]
    return _RELATIONS[min(known, key=list(_RELATIONS).index)] if known else None
