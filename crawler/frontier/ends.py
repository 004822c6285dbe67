"""What is kept of how a URL ended, whatever database it is kept in."""

from contextlib import suppress

import msgspec

from crawler.model.messages import Finished
from crawler.model.outcomes import Outcome
from crawler.model.record import End, decode_end

EndRow = tuple[int, int | None, str | None, str | None, str | None, str | None]
"""id, status, target, message, extract, login."""


def end_of(done: Finished) -> EndRow | None:
    """What there is to say of a URL, taken from its record, so that a crawl can be judged without its sinks.

    Of a page that is ok there is nothing: a crawl without trouble costs nothing.
    """
    if done.kind is None and done.extract_error is None and done.login is None:
        return None
    end = End()
    if done.outcome in (Outcome.ERROR, Outcome.SKIPPED):
        with suppress(msgspec.DecodeError):  # then there is nothing to be said but its kind
            end = decode_end(done.record)
    target = end.final_url if end.final_url != done.ticket.url else None
    return done.ticket.id, end.status, target, end.message, done.extract_error, done.login
