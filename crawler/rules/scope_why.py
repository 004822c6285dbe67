"""Why a URL is not in a crawl's scope, or too deep: the same verdict as the crawl's, with what decided."""

import re
from typing import NamedTuple

from crawler.rules import urls
from crawler.rules.scope import Scope


class Outside(NamedTuple):
    """What keeps a URL out."""

    key: str
    """The setting that would have to be another: ``scope.origins``, ``scope.include``, …."""
    words: str
    """A sentence without its full stop."""
    pattern: str | None = None
    """The pattern of ``scope.exclude`` that is found in it."""


def outside(scope: Scope, url: str) -> Outside | None:
    """Why the serialised ``url`` is out of ``scope``; None where it is in it."""
    origin = urls.origin(url)
    if not scope.anywhere and origin not in scope.origins:
        own = sorted(scope.origins)
        there = ", ".join(own[:3]) + (f" and {len(own) - 3:,} more" if len(own) > 3 else "")
        return Outside("scope.origins", f"{origin} is none of the crawl's origins ({there})")
    bare = urls.login(url)[0]  # as the scope looks at it
    if scope.include and included_by(scope, url) is None:
        patterns = " ".join(scope.include)
        return Outside("scope.include", f"none of the include patterns is found in it ({patterns})")
    for pattern in scope.exclude:
        if re.search(pattern, bare):
            return Outside("scope.exclude", f"the exclude pattern {pattern} is found in it", pattern)
    if scope.max_url_length is not None and len(url) > scope.max_url_length:
        words = f"it has {len(url):,} characters, and more than {scope.max_url_length:,} are not followed"
        return Outside("scope.max_url_length", words)
    if not scope.allows(url):
        words = f"a part of it is repeated more than {scope.max_repeats} times, as in URLs that grow for ever"
        return Outside("scope.max_repeats", words)
    return None


def beyond(scope: Scope, depth: int) -> Outside | None:
    """Why a page ``depth`` links away from a seed is too deep; None where it is not."""
    if scope.max_depth is None or depth <= scope.max_depth:
        return None
    words = f"it is {depth} links away from a seed, and the crawl goes no further than {scope.max_depth}"
    return Outside("scope.max_depth", words)


def included_by(scope: Scope, url: str) -> str | None:
    """The first include pattern that is found in ``url``; None where there is none."""
    bare = urls.login(url)[0]
    return next((pattern for pattern in scope.include if re.search(pattern, bare)), None)
