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
}
"""By keyword of ``rel``; of several the first here counts."""
_NO_REQUEST = frozenset({"dns-prefetch", "preconnect", "expect"})
"""Keywords of ``rel`` that name a host, or a place in the page, and no document."""


def source_of(element: turbohtml.Element) -> Source | None:
    """What a ``<link>`` is; None where it leads to nothing, as without ``rel`` and ``rev``."""
    relations = (element.attr("rel") or "").lower().split()
    known = [relation for relation in relations if relation in _RELATIONS]
    if known:
        return _RELATIONS[known[0] if len(known) == 1 else min(known, key=list(_RELATIONS).index)]
    says_something = not _NO_REQUEST.issuperset(relations) or element.attr("rev")
    return Source.LINK if says_something else None
