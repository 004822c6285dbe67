"""What of an answer becomes a page: its body, if it is whole and of a type that is read.

That depends on what its URL is asked for: of what pages load no more than the status is of interest.

The type is the header's, but for a header that says nothing, or is known to say text of everything: then the
first bytes tell, and the rest of what is not wanted is left unread.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import NamedTuple

from crawler.config import Config
from crawler.config.sections import FetchConfig
from crawler.fetch.attempt import Attempt
from crawler.fetch.backend import Answer, FetchFailed
from crawler.fetch.body import Body, read_body
from crawler.model.messages import Finished
from crawler.model.outcomes import Kind, Purpose
from crawler.rules.content_type import HTML_TYPES, SITEMAPS, accepted, is_part, is_to_be_sniffed

NO_CONTENT = frozenset({HTTPStatus.NO_CONTENT, HTTPStatus.RESET_CONTENT})
"""RFC 9110 sections 15.3.5 and 15.3.6: success without a body, so without a type."""


class Wanted(NamedTuple):
    """What is wanted of a good answer (2xx)."""

    types: tuple[str, ...] = ()
    """The media types of bodies that are read; of none where only the head is of interest."""
    limit: int = 0
    """Bytes of the decoded body."""
    is_sniffed: bool = False
    """The first bytes of a body tell its type where the header does not; else its reader finds that out."""
    unread: Kind | None = None
    """How the URL ends if its body is not read; None: well."""

    def reads(self, status: int, content_type: str | None) -> bool:
        """Whether the body that such a head announces is to be read."""
        return bool(self.types) and (status in NO_CONTENT or accepted(content_type, self.types))


def wanted(config: Config) -> Mapping[Purpose, Wanted]:
    """What is wanted, by what a URL is asked for."""
    pages, most = config.fetch.content_types, config.fetch.max_body
    return {
        Purpose.PAGE: Wanted(pages, most, is_sniffed=True, unread=Kind.CONTENT_TYPE),
        Purpose.SITEMAP: Wanted(SITEMAPS, config.sitemaps.max_bytes, unread=Kind.CONTENT_TYPE),
        Purpose.STYLESHEET: Wanted(("text/css",), most),
        Purpose.ASSET: Wanted(),
        Purpose.EXTERNAL: Wanted(),
        Purpose.PROBE: Wanted(HTML_TYPES, most, is_sniffed=True),
    }


class _Unwanted(Exception):
    """A body is of another type; ``str()`` says which."""


async def read_wanted(
    attempt: Attempt, answer: Answer, wants: Wanted, fetch: FetchConfig, spool_path: str
) -> tuple[Body, str | None] | Finished:
    """The decoded body, cut at its limit, and its type, where the first bytes had to tell that.

    Or how its URL ends because of its type.

    Raises FetchFailed, and CrawlFailed where it cannot be spooled to ``spool_path``.
    """
    if answer.status == HTTPStatus.PARTIAL_CONTENT and is_part(answer.header("content-range")):
        words = "only a part of the page was sent, though all of it was asked for"
        raise FetchFailed(Kind.FRAMING, words, retryable=False)
    given = attempt.content_type
    if not wants.is_sniffed or not is_to_be_sniffed(given) or answer.status in NO_CONTENT:
        return await read_body(answer, wants.limit, fetch.spool_above, spool_path), None
    from crawler.rules.sniff import as_header, sniff_type  # few answers need it

    options = answer.header("x-content-type-options") or ""
    sniffed = ""

    def judge(first: bytes) -> None:
        nonlocal sniffed
        sniffed = sniff_type(first, given, nosniff=options.partition(",")[0].strip().lower() == "nosniff")
        if not accepted(sniffed, wants.types):
            raise _Unwanted(f"It is {sniffed} by its first bytes; bodies of that type are not read.")

    try:
        body = await read_body(answer, wants.limit, fetch.spool_above, spool_path, judge)
    except _Unwanted as unwanted:
        return attempt.unread(answer, wants.unread, str(unwanted))
    return body, as_header(sniffed, given)
