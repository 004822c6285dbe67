"""Which URLs belong to the crawl: the origins asked for, narrowed by what the user includes and excludes.

A URL is in scope when its origin (scheme + host + port) is one of the crawl's, at least one
include pattern is found in it (or there is none), and no exclude pattern is; and when it is neither too
long nor one of those that grow for ever. Seeds never pass through here: whoever names a page wants it.
"""

import re
from collections import Counter
from collections.abc import Iterable
from functools import cached_property
from typing import TYPE_CHECKING, Literal, NamedTuple

import msgspec

from crawler.model.errors import ConfigError
from crawler.model.messages import Ticket
from crawler.model.outcomes import Purpose
from crawler.rules import urls

if TYPE_CHECKING:  # children need no settings
    from crawler.config import Config


class Scope(msgspec.Struct, frozen=True, dict=True):
    """What may be followed. Cheap to compare and to send to child processes."""

    origins: frozenset[str]
    """As :func:`crawler.rules.urls.origin` writes them."""
    include: tuple[str, ...] = ()
    """Regular expressions, searched in the URL."""
    exclude: tuple[str, ...] = ()
    max_depth: int | None = None
    """Links from a seed; checked by whoever knows a link's depth, not by :meth:`allows`."""
    max_url_length: int | None = None
    """Characters of a URL."""
    max_repeats: int | None = None
    """Times that one segment of a path, or one parameter of a query, may stand in a URL."""
    normalise: Literal["whatwg", "rfc3986"] = "whatwg"
    """How URLs are told apart."""
    anywhere: bool = False
    """For :meth:`allows` every origin is one of the crawl's."""

    @classmethod
    def of(
        cls,
        seeds: Iterable[str],
        extra_origins: Iterable[str] = (),
        include: tuple[str, ...] = (),
        exclude: tuple[str, ...] = (),
        max_depth: int | None = None,
        max_url_length: int | None = None,
        max_repeats: int | None = None,
        normalise: Literal["whatwg", "rfc3986"] = "whatwg",
    ) -> "Scope":
        """The scope of a crawl: the seeds' own origins and the further ones.

        Raises ConfigError where one of either is not an http(s) URL.
        """
        named = [("seeds", seed) for seed in seeds] + [("scope.origins", extra) for extra in extra_origins]
        return cls(
            frozenset(_origin_of(key, text) for key, text in named),
            tuple(include),
            tuple(exclude),
            max_depth,
            max_url_length,
            max_repeats,
            normalise,
        )

    @cached_property
    def _included(self) -> tuple[re.Pattern[str], ...]:
        return tuple(re.compile(pattern) for pattern in self.include)

    @cached_property
    def _excluded(self) -> tuple[re.Pattern[str], ...]:
        return tuple(re.compile(pattern) for pattern in self.exclude)

    @cached_property
    def _prefixes(self) -> tuple[str, ...]:
        """What URLs in scope start with; none where there are so many that a set look-up is faster."""
        return tuple(f"{origin}/" for origin in self.origins) if len(self.origins) <= 8 else ()

    def allows(self, url: str) -> bool:
        """True where the serialised ``url`` is in scope."""
        is_near = self.anywhere or urls.origin(url) in self.origins
        return is_near and self._wanted(url) and not self._is_too_long(url)

    def leads_back(self, url: str, target: str) -> bool:
        """Whether a redirect of another host's ``url`` leads to this machine, outside the crawl's origins."""
        is_far = self.anywhere and urls.origin(target) not in self.origins
        return is_far and urls.is_loopback(target) and not urls.is_loopback(url)

    def _is_too_long(self, url: str) -> bool:
        if self.max_url_length is not None and len(url) > self.max_url_length:
            return True
        if self.max_repeats is None:
            return False
        # `more/more/more/` and `?a=b&a=b` give a site away of which each page leads to one that is not known
        # yet. A run of several that repeats is found by each of them.
        path, _, query = url.partition("?")
        most = self.max_repeats
        return _repeats(path.split("/")[3:], most) or _repeats(query.split("&"), most)

    def normalised(self, found: list[str]) -> list[str]:
        """The serialised URLs as this crawl tells them apart, each once."""
        return found if self.normalise == "whatwg" else list(dict.fromkeys(map(urls.normalised, found)))

    def for_sitemaps(self, named: Iterable[str]) -> "Scope":
        """Where sitemaps may lie: the crawl's origins, and those of the sitemaps that the user named.

        What is included and excluded are pages: a crawl of ``/blog/`` alone still reads ``/sitemap.xml``.
        """
        return Scope(self.origins | {urls.origin(url) for url in named}, normalise=self.normalise)

    def for_assets(self, *, anywhere: bool = False) -> "Scope":
        """Where what pages load may lie: on the crawl's origins or, for external links, ``anywhere``.

        What is included are pages: the pictures of ``/blog/`` may lie in ``/static/``.
        """
        return msgspec.structs.replace(self, include=(), max_depth=None, anywhere=anywhere)

    def _wanted(self, url: str) -> bool:
        url = urls.login(url)[0]  # what would be asked for
        if self.include and not any(pattern.search(url) for pattern in self._included):
            return False
        return not any(pattern.search(url) for pattern in self._excluded)

    def split(self, found: list[str]) -> tuple[list[str], int]:
        """Those of the serialised URLs that are in scope, in order, and the number of the others."""
        prefixes, origins = self._prefixes, self.origins
        # The second test is for logins, http://user@host/, and for many origins.
        inside = [url for url in found if url.startswith(prefixes) or urls.origin(url) in origins]
        if self.include or self.exclude:
            inside = [url for url in inside if self._wanted(url)]
        return inside, len(found) - len(inside)

    def short_enough(self, found: list[str], page_url: str) -> list[str]:
        """Those of the URLs in scope that are neither too long nor grow out of ``page_url``, their page's."""
        longest, repeats = self.max_url_length, self.max_repeats
        # A page whose own URL is short leads to none that has grown; that spares most links the look.
        if repeats is not None and (page_url.count("/") > repeats or page_url.count("&") >= repeats - 1):
            return [url for url in found if not self._is_too_long(url)]
        if longest is not None and max(map(len, found), default=0) > longest:
            return [url for url in found if len(url) <= longest]
        return found


class Scopes(NamedTuple):
    """Where that may lie which redirects lead to, by what it is asked for."""

    pages: Scope
    sitemaps: Scope
    assets: Scope
    """Style sheets and probes as well. Anywhere, if external links are asked for: then it becomes one."""
    externals: Scope

    @classmethod
    def of_crawl(cls, config: "Config") -> "Scopes":
        """Those that the settings ask for. Raises ConfigError."""
        asked = config.scope
        pages = Scope.of(
            config.seeds,
            asked.origins,
            asked.include,
            asked.exclude,
            asked.max_depth,
            asked.max_url_length,
            asked.max_repeats,
            asked.normalise,
        )
        sitemaps = pages.for_sitemaps(config.sitemaps.urls)
        return cls.around(pages, sitemaps, asks_external=config.check.external)

    @classmethod
    def around(cls, pages: Scope, sitemaps: Scope, *, asks_external: bool) -> "Scopes":
        """Those of a crawl of ``pages``."""
        return cls(
            pages,
            sitemaps,
            assets=pages.for_assets(anywhere=asks_external),
            externals=pages.for_assets(anywhere=True),
        )

    def of(self, ticket: Ticket) -> Scope:
        """Where the target of the ticket's redirect may lie."""
        match ticket.purpose:
            case Purpose.PAGE:
                return self.pages
            case Purpose.SITEMAP:
                return self.sitemaps
            case Purpose.EXTERNAL:
                return self.externals
            case _:
                return self.assets


def _repeats(parts: list[str], most: int) -> bool:
    return len(parts) > most and max(Counter[str](parts).values()) > most


def _origin_of(key: str, text: str) -> str:
    url = urls.resolve(text)
    if url is None:
        raise ConfigError(f"{key}: {text!r} is not an absolute http or https URL.")
    return urls.origin(url)
