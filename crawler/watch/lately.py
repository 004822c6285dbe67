"""What a crawl has committed lately: its newest records and errors, and how fast it goes just now.

The main loop writes it with each batch, which costs next to nothing: a record stays the bytes that it is
until somebody looks. Whoever looks may do so in another thread, and gets copies.
"""

import time
from collections import deque
from collections.abc import Sequence

import msgspec

from crawler.model.messages import Finished
from crawler.model.outcomes import Outcome
from crawler.watch.picture import MAX_RECENT, Recent

WINDOW = 5.0
"""Seconds over which the rate of just now is taken."""
STEP = 0.25
"""Seconds between two moments that are remembered for it."""
LARGE = 64 * 1024
"""Bytes of a record that is read at once, and not kept: thirty of ten megabytes would be a crawl's memory."""


class _Told(msgspec.Struct, frozen=True, gc=False):
    """What of a record is shown."""

    status: int | None = None
    title: str | None = None
    message: str | None = None
    elapsed_ms: float | None = None


_decode = msgspec.json.Decoder(_Told).decode
_Kept = Recent | tuple[float, Finished]


class Lately:
    """The last moments of a crawl."""

    def __init__(self) -> None:
        self._records: deque[_Kept] = deque(maxlen=MAX_RECENT)
        self._errors: deque[_Kept] = deque(maxlen=MAX_RECENT)
        self._moments: deque[tuple[float, int]] = deque([(time.monotonic(), 0)], int(WINDOW / STEP) + 2)
        self._committed, self._last_at = 0, float("-inf")

    def add(self, finished: Sequence[Finished]) -> None:
        """These were committed just now. In the main loop."""
        now = time.time()
        self._records.extend(_kept(now, one) for one in finished[-MAX_RECENT:])
        errors = [one for one in finished if one.outcome is Outcome.ERROR]
        self._errors.extend(_kept(now, one) for one in errors[-MAX_RECENT:])
        self._committed += len(finished)
        self._last_at = time.monotonic()
        if self._last_at - self._moments[-1][0] >= STEP:
            self._moments.append((self._last_at, self._committed))

    @property
    def rate(self) -> float:
        """Records committed per second in the last :data:`WINDOW` seconds, or since the first moment."""
        moments, committed, now = list(self._moments), self._committed, time.monotonic()
        if self._last_at <= now - WINDOW:
            return 0.0
        # From the last moment before the window, so that a crawl which stands still comes down to zero.
        since, before = next(
            ((at, count) for at, count in reversed(moments) if at <= now - WINDOW), moments[0]
        )
        seconds = max(now - since, STEP) if since > now - WINDOW else WINDOW
        return (committed - before) / seconds

    @property
    def records(self) -> tuple[Recent, ...]:
        """The newest first."""
        return tuple(map(_recent, reversed(list(self._records))))

    @property
    def errors(self) -> tuple[Recent, ...]:
        """The newest first."""
        return tuple(map(_recent, reversed(list(self._errors))))


def _kept(at: float, one: Finished) -> _Kept:
    return _recent((at, one)) if one.weight > LARGE else (at, one)


def _recent(kept: _Kept) -> Recent:
    if isinstance(kept, Recent):
        return kept
    at, one = kept
    try:
        told = _decode(one.record)
    except msgspec.DecodeError:  # whatever it holds, it was written
        told = _Told()
    return Recent(
        url=one.ticket.url,
        outcome=str(one.outcome),
        kind=one.kind and str(one.kind),
        status=told.status,
        title=told.title,
        message=told.message,
        referrer=one.ticket.referrer,
        elapsed_ms=told.elapsed_ms,
        at=at,
    )
