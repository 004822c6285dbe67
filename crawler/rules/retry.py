"""When a failed URL is tried again: exponential backoff with full jitter, and Retry-After.

Before retry *n* (the first is 1) the wait is drawn evenly from 0 … min(backoff_max,
backoff × 2ⁿ⁻¹), so that many URLs failing at once do not come back at once. Retry-After (RFC 9110
§10.2.3) is a lower bound, itself capped: a site must not park a URL for a day.
"""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import msgspec

from crawler.model.outcomes import MEANING, Kind

RETRIED_STATUSES = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Answers that say "not now" (RFC 9110 section 15, RFC 6585, RFC 8470). The other 4xx are about the request,
which would be the same again; 501 and 505 mean "never"."""

_SECONDS = re.compile(r"-?[0-9]{1,300}")


class RetryPolicy(msgspec.Struct, frozen=True):
    """How often, and how long to wait; times in seconds."""

    retries: int
    """Attempts after the first."""
    backoff: float
    """Upper bound of the wait before the first retry."""
    backoff_max: float
    """Upper bound of every wait that backoff chooses."""
    retry_after_max: float
    """Upper bound of what Retry-After may ask for."""

    def delay(
        self,
        attempt: int,
        *,
        kind: Kind | None,
        status: int | None,
        retry_after: float | None,
        random: float,
        retryable: bool | None = None,
    ) -> float | None:
        """Seconds until the next attempt after ``attempt`` (1 for the first) failed; None to give up.

        ``random`` is in [0, 1). ``retryable``: whether a further attempt may change anything, where that is
        known of this very failure; None is what its kind and status say.
        """
        if retryable is None:
            retryable = (kind is not None and MEANING[kind].retryable) or status in RETRIED_STATUSES
        if attempt > self.retries or not retryable:
            return None
        # The exponent is bounded because a float overflows at 2¹⁰²⁴; the cap is reached long before.
        wait = random * min(self.backoff_max, self.backoff * 2.0 ** min(attempt - 1, 64))
        return max(wait, self.capped(retry_after) or 0.0)

    def put_off(self, waited: float, wait: float | None, most: float, *, alone: bool) -> float | None:
        """Seconds until a URL is asked again that was put off ``waited`` seconds ago for the first time.

        None where it has had its ``most`` seconds, or would have before the ``wait`` asked for is over.
        Where it was asked for ``alone``, no other request was to blame. Then it waits for as long as it did
        already: so a URL that is put off for ever costs its host few rests.
        """
        if waited >= most or waited + (wait or 0.0) > most:
            return None
        return max(wait or 0.0, min(waited, most - waited) if alone else 0.0)

    def capped(self, retry_after: float | None) -> float | None:
        """A Retry-After in seconds, at most as long as we are willing to wait."""
        return None if retry_after is None else min(retry_after, self.retry_after_max)


def parse_retry_after(value: str | None, now: datetime) -> float | None:
    """Seconds that a Retry-After header asks for; a time past is 0, garbage is None.

    It holds whole seconds or an HTTP-date (RFC 9110 §5.6.7). ``now`` is aware of its time zone.
    """
    if value is None:
        return None
    text = value.strip()
    if _SECONDS.fullmatch(text):
        return max(0.0, float(text))
    try:
        date = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    if date.tzinfo is None:
        date = date.replace(tzinfo=UTC)
    try:
        return max(0.0, (date - now).total_seconds())
    except OverflowError:
        return None
