"""What of an answer becomes a page: its body, if it is whole and of a type that is read.

The type is the header's, but for a header that says nothing, or is known to say text of everything: then the
first bytes tell, and the rest of what is not wanted is left unread.
"""

from http import HTTPStatus

from crawler.config.sections import FetchConfig
from crawler.fetch.attempt import Attempt
from crawler.fetch.backend import Answer, FetchFailed
from crawler.fetch.body import Body, read_body
from crawler.model.messages import Finished
from crawler.model.outcomes import Kind, Purpose
from crawler.rules.content_type import accepted, is_part, is_to_be_sniffed

NO_CONTENT = frozenset({HTTPStatus.NO_CONTENT, HTTPStatus.RESET_CONTENT})
"""RFC 9110 sections 15.3.5 and 15.3.6: success without a body, so without a type."""


class _Unwanted(Exception):
    """A body is of another type; ``str()`` says which."""


async def read_wanted(
    attempt: Attempt, answer: Answer, fetch: FetchConfig, limit: int, spool_path: str
) -> tuple[Body, str | None] | Finished:
    """The decoded body, cut at ``limit`` bytes, and its type, where the first bytes had to tell that.

    Or how its URL ends because of its type.

    Raises FetchFailed, and CrawlFailed where it cannot be spooled to ``spool_path``.
    """
    if answer.status == HTTPStatus.PARTIAL_CONTENT and is_part(answer.header("content-range")):
        words = "only a part of the page was sent, though all of it was asked for"
        raise FetchFailed(Kind.FRAMING, words, retryable=False)
    given = attempt.content_type
    # A sitemap is told by its reader, whatever it is called.
    if (
        not is_to_be_sniffed(given)
        or attempt.ticket.purpose is Purpose.SITEMAP
        or answer.status in NO_CONTENT
    ):
        return await read_body(answer, limit, fetch.spool_above, spool_path), None
    from crawler.rules.sniff import as_header, sniff_type  # few answers need it

    options = answer.header("x-content-type-options") or ""
    sniffed = ""

    def judge(first: bytes) -> None:
        nonlocal sniffed
        sniffed = sniff_type(first, given, nosniff=options.partition(",")[0].strip().lower() == "nosniff")
        if not accepted(sniffed, fetch.content_types):
            raise _Unwanted(f"It is {sniffed} by its first bytes; bodies of that type are not read.")

    try:
        body = await read_body(answer, limit, fetch.spool_above, spool_path, judge)
    except _Unwanted as unwanted:
        return attempt.finished(Kind.CONTENT_TYPE, str(unwanted))
    return body, as_header(sniffed, given)
