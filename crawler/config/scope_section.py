"""The sections of the configuration that say which URLs belong to the crawl, and which are asked again."""

import re
from typing import Annotated, Literal

from crawler.config.values import Allowed, Before, Regex, WebOrigin
from crawler.model.settings import About, Section


class ScopeConfig(Section, frozen=True, kw_only=True):
    """Which URLs belong to the crawl."""

    max_pages: Annotated[
        int | None, About("Pages after which the crawl ends; the rest stays pending.", ge=1)
    ] = None
    max_depth: Annotated[int | None, About("Links to follow from a seed; seeds have depth 0.", ge=0)] = None
    include: Annotated[tuple[Regex, ...], About("If any: only URLs in which one of them is found.")] = ()
    exclude: Annotated[tuple[Regex, ...], About("URLs in which one of them is found are left out.")] = ()
    origins: Annotated[tuple[WebOrigin, ...], About("Origins crawled beside those of the seeds.")] = ()
    max_url_length: Annotated[
        int | None, About("Bytes of a URL; links that are longer are left out.", ge=16, le=1024 * 1024)
    ] = 8 * 1024
    max_repeats: Annotated[
        int | None,
        About(
            "Times that a path's segment, or a query's parameter, may stand in a URL; links that grow further"
            " are left out.",
            ge=1,
            le=1_000,
        ),
    ] = 8
    normalise: Annotated[
        Literal["whatwg", "rfc3986"],
        About(
            "How URLs are told apart: as browsers do, or with %70 as p, %2f as %2F and /p? as /p (RFC 3986)."
        ),
    ] = "whatwg"


_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
_AGE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([smhdw])\s*", re.ASCII | re.IGNORECASE)


def _seconds(value: object) -> object:
    found = _AGE.fullmatch(value) if isinstance(value, str) else None
    return value if found is None else float(found[1]) * _UNITS[found[2].lower()]


Age = Annotated[float, Before(_seconds), Allowed("seconds, or a number with s, m, h, d or w such as 7d")]


class RecrawlConfig(Section, frozen=True, kw_only=True):
    """What is asked for again in a further generation; by default everything that is reached.

    Pages that are left out are taken over as they were, and lead on as they did.
    """

    older_than: Annotated[
        Age | None,
        About(
            "Seconds (or a time such as 7d): only pages that were fetched longer ago.", ge=0, le=315_360_000
        ),
    ] = None
    failed: Annotated[bool, About("Only URLs that ended as errors.")] = False
