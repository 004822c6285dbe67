"""Directives of X-Robots-Tag headers and ``<meta name=robots>``: noindex, nofollow and the like.

No standard defines them; this follows what the search engines document. A value is a list
separated by commas, case does not matter, and in the header a crawler's name before a colon
limits what follows it, up to the next name, to that crawler.
"""

import re
from collections.abc import Iterable

from crawler.rules.robots import product_token

_WITH_VALUE = frozenset({"unavailable_after", "max-snippet", "max-image-preview", "max-video-preview"})
"""Directives that hold a colon themselves."""
_NAMED = re.compile(r"([\w.-]+)\s*:", re.ASCII)


def directives(values: Iterable[str], user_agent: str) -> frozenset[str]:
    """What the values (one for each header or tag) ask of the crawler ``user_agent``, in lower case.

    ``none`` is given as ``noindex`` and ``nofollow``. Directives for everybody and for this
    crawler add up.
    """
    own = product_token(user_agent)
    found: set[str] = set()
    for value in values:
        for_us = True
        for part in value.lower().split(","):
            text = part.strip()
            name = _NAMED.match(text)
            if name and name[1] not in _WITH_VALUE:
                for_us = product_token(name[1]) == own
                text = text[name.end() :].strip()
            if for_us and text:
                found.add(text)
    if "none" in found:
        found.remove("none")
        found |= {"noindex", "nofollow"}
    return frozenset(found)
