"""From what a page, style sheet or sitemap refers to, as it is written, to what is noted of it and asked for.

The same rules of URLs as for the links of the crawl, so that what is noted here is found there.
"""

import re
from collections.abc import Callable
from itertools import count
from typing import NamedTuple

from msgspec.structs import replace

from crawler.model.facts import Mark, Odd, Reference
from crawler.model.outcomes import Purpose
from crawler.model.sources import SOURCES, Source
from crawler.parse.links import encode_queries
from crawler.rules.scope import Scope
from crawler.rules.urls import is_loopback, login, origin, resolve_each

MAX_REFERENCES = 100_000
"""References that are noted of one page or style sheet; nobody makes more on purpose."""
MAX_DETAIL = 500
"""Characters that a mark tells of what is written."""

Row = tuple[tuple[int, int], Source, str, str, bool]
"""A reference: line and column, source, the href as it is written, text, whether it may be asked for."""

_BLANK = "".join(map(chr, range(33)))
"""What a URL is stripped of at either end (WHATWG URL § 4.4)."""
_WITHIN = str.maketrans("", "", "\t\n\r")
"""What is taken out of it, wherever it stands."""
_OTHER_SCHEME = re.compile(r"(?!https?:)[a-z][a-z0-9+.-]*:", re.IGNORECASE | re.ASCII)
_LOADED = frozenset(
    source
    for source, about in SOURCES.items()
    if about.purpose in (Purpose.ASSET, Purpose.STYLESHEET)
    and source
    not in (
        Source.ALTERNATE,
        Source.NEXT,
        Source.PREV,
        Source.CANONICAL,
        Source.FORM,
        Source.OG_IMAGE,
        Source.OG_URL,
        Source.LINK,
    )
) | {Source.IFRAME, Source.FRAME}
"""What a browser loads with the page, so that http would make an https page less than that."""
_PAGES = frozenset(source for source, about in SOURCES.items() if about.purpose is Purpose.PAGE)
_PURPOSES = tuple(SOURCES[source].purpose for source in sorted(SOURCES))


class Noted(NamedTuple):
    """What becomes of the references of a page."""

    targets: list[str]
    references: list[Reference]
    marks: list[Mark]


def note(
    rows: list[Row],
    base: str,
    charset: str,
    told_apart: Callable[[list[str]], list[str]],
    *,
    follow: bool = True,
) -> Noted:
    """The references in ``rows``, and those that are malformed.

    Not to ``follow`` is what the page says of its links; ``charset`` and ``told_apart`` as for
    :func:`crawler.parse.html.parse_html`.
    """
    hrefs = [row[2] for row in rows]
    is_plain = " " not in (joined := "".join(hrefs)) and joined.isprintable()
    if not is_plain:
        hrefs = [href.strip(_BLANK).translate(_WITHIN) for href in hrefs]
    hrefs = encode_queries(hrefs, charset)
    parts = [href.partition("#") for href in hrefs]
    heads = [head for head, _, _ in parts]
    if not is_plain:
        # White space before a fragment belongs to the URL; at the end it would be stripped.
        heads = [f"{head}#" if mark and head[-1:] == " " else head for head, mark, _ in parts]
    meant = _told_apart(resolve_each(dict.fromkeys(heads), base), told_apart)
    targets = [url for url in dict.fromkeys(map(meant.__getitem__, heads)) if url is not None]
    marks = []
    if None in meant.values():
        marks = [
            Mark(Odd.MALFORMED_URL, *row[0], row[2][:MAX_DETAIL])
            for row, head in zip(rows, heads, strict=True)
            if meant[head] is None and not _OTHER_SCHEME.match(head)
        ]
    numbers = dict(zip(targets, count()))
    numbered = {head: numbers[url] for head, url in meant.items() if url is not None}
    references = [
        Reference(numbered[head], fragment if mark else None, line, column, source, text, is_asked)
        for ((line, column), source, _, text, is_asked), head, (_, mark, fragment) in zip(
            rows, heads, parts, strict=True
        )
        if head in numbered
    ]
    if not follow:
        references = [replace(one, is_asked=False) if one.source in _PAGES else one for one in references]
    return Noted(targets, references, marks)


def _told_apart(
    meant: dict[str, str | None], told_apart: Callable[[list[str]], list[str]]
) -> dict[str, str | None]:
    """The same as the crawl has the URLs: in its normal form, and without logins."""
    urls = [url for url in meant.values() if url is not None]
    if len(told_apart(urls)) == len(urls) and "@" not in "".join(urls):
        changed = dict(zip(urls, told_apart(urls), strict=True))
    else:
        changed = {url: told_apart([login(url)[0]])[0] for url in urls}
    return {href: None if url is None else changed[url] for href, url in meant.items()}


def mixed_content(url: str, noted: Noted) -> list[Mark]:
    """What a page at ``url`` loads by http, if it came by https itself."""
    if not url.startswith("https:"):
        return []
    insecure = {number for number, target in enumerate(noted.targets) if target.startswith("http:")}
    if not insecure:
        return []
    # Browsers trust a loopback address (W3C Secure Contexts § 3.1).
    insecure = {number for number in insecure if not is_loopback(noted.targets[number])}
    return [
        Mark(Odd.MIXED_CONTENT, one.line, one.column, noted.targets[one.target][:MAX_DETAIL])
        for one in noted.references
        if one.target in insecure and one.source in _LOADED
    ]


class Near(NamedTuple):
    """Where that may lie which is asked for beside the pages."""

    assets: Scope
    externals: Scope | None
    """None: what lies on other origins is not asked for."""


def near(scope: Scope, *, asks_external: bool = False) -> Near:
    """That of a crawl of the pages in ``scope``."""
    return Near(scope.for_assets(), scope.for_assets(anywhere=True) if asks_external else None)


def asked(noted: Noted, near: Near, page_url: str, followed: list[str]) -> list[tuple[list[str], Purpose]]:
    """The targets to be asked for beside the pages ``followed``, each once: URLs by purpose.

    On the crawl's own origins all but links to pages, of other origins everything.
    """
    targets, taken = noted.targets, set(followed)
    wanted = {
        (one.target, _PURPOSES[one.source])
        for one in noted.references
        if one.source > Source.REFRESH and one.is_asked  # up to that, all are for pages
    }
    found = []
    for purpose in (Purpose.STYLESHEET, Purpose.ASSET):
        numbers = sorted(number for number, one in wanted if one is purpose)
        urls, _ = near.assets.split([url for number in numbers if (url := targets[number]) not in taken])
        urls = near.assets.short_enough(urls, page_url)
        taken.update(urls)
        found.append((urls, purpose))
    if near.externals is not None:
        own = near.assets.origins
        elsewhere = {number for number, url in enumerate(targets) if origin(url) not in own}
        numbers = sorted({one.target for one in noted.references if one.is_asked} & elsewhere)
        found.append(([targets[n] for n in numbers if near.externals.allows(targets[n])], Purpose.EXTERNAL))
    return found
