"""The section of the configuration that says which URLs belong to the crawl."""

from typing import Annotated, Literal

from crawler.config.values import Regex, WebOrigin
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
