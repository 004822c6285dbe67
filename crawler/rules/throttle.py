"""How much slower than its limits one lane is asked, because its host answers later or fails more.

One number says it: ``slow``, how many times slower than configured; 1 is full speed. It is doubled
when the host does worse and loses a tenth when it does well, so one step back takes seven steps
forward (multiplicative decrease and a much slower increase: the pattern of TCP's congestion
control, RFC 5681 section 3.1, known as AIMD). It first divides the lane's slots and stretches its configured
delay; once one slot is left, a pause comes on top.

*Worse* is judged against the host itself, never against a fixed target:

- latency (until the answer's head has come, so that large pages do not count as slow): the fastest of
  the last eight answers is more than twice the fastest ever **and** half a second above it. Both are
  minima, as in LEDBAT (RFC 6817 section 4.2): slow pages among fast ones say nothing, but in a line even
  the fast ones wait; and a mean would take a load that grows slowly for usual. A local server that
  answers in 60 instead of 2 ms, because 32 requests wait in its line or our own event loop was busy, is
  healthy. Latency alone leads no further than to one request at a time and a pause as long as an answer
  takes: a host that is late even then is just slow, and that becomes its usual latency.
- failures (no answer, 429, 5xx): of the recent answers, clearly more failed than usual, or half of
  them. Three in a row, after none, are enough; one blip is not. A site of which every tenth page is
  broken is not asked slower for it; a dead one goes down to the longest pause. Of lanes that the user
  wants no delay for, only a 429 is told here as failed (:func:`crawler.rules.politeness.heeds_errors`).

*Well* is: an answer that is no failure and no later than the recent mean, while neither latency nor
failures are worse than usual. So it never speeds up while either grows, and a host that only fails
stays at its slowest until it answers.

What a change brings shows only in requests that were started after it, so only these bring the next
one: 32 time-outs in one moment are one bad sign and not 32. This is the rule by which TCP reacts once
for each window. Unlike Scrapy's AutoThrottle it aims at no latency of its own, does nothing to a
healthy host, and does not mistake a fast error for a fast host.
"""

from crawler.rules.politeness import LaneLimits

LATER_FACTOR = 2.0
LATER_SECONDS = 0.5
"""Latency has grown when it is so many times *and* so many seconds above the usual."""
FAILING_MORE = 0.2
"""Failures have grown when their recent share is so far above twice the usual one …"""
FAILING = 0.5
"""… or above this."""
BACK_OFF = 2.0
RECOVER = 0.9
"""What ``slow`` is multiplied with."""
FIRST_PAUSE = 0.5
"""Seconds of pause for each time that ``slow`` goes beyond what one slot is worth."""
WINDOW = 8
"""Answers of which the fastest counts."""
RECENT = 1 / 8
USUAL = 1 / 64
"""Weight of one answer in the recent means, and in the usual share of failures."""
FORGOTTEN = 0.001
"""A share of failures that counts as none."""


class Throttle:
    """The pace of one lane. All times are seconds on one monotonic clock that the caller reads."""

    __slots__ = (
        "_changed_at",
        "_failing",
        "_fastest",
        "_in_window",
        "_latency",
        "_recent",
        "_usual",
        "_usual_failing",
        "limits",
        "max_delay",
        "slow",
    )

    def __init__(self, limits: LaneLimits, max_delay: float, slow: float = 1.0) -> None:
        """``limits`` are never exceeded; ``max_delay`` is the longest delay that the throttle chooses."""
        self.limits = limits
        self.max_delay = max_delay
        self.slow = max(1.0, slow)
        self._changed_at = float("-inf")
        """Only requests that started since count for the next change."""
        self._failing = self._usual_failing = 0.0
        self._latency = 0.0
        """The recent mean, while it is asked slower."""
        self._fastest, self._in_window = float("inf"), 0
        """Of the answers in the window that is not full yet, and how many they are."""
        self._recent = self._usual = float("inf")
        """The fastest of the last full window, and of all."""

    def in_force(self) -> LaneLimits:
        """The limits as they are to be kept now: never more than the configured ones."""
        limits, slow = self.limits, self.slow
        if slow <= 1.0:
            return limits
        pause = FIRST_PAUSE * max(0.0, slow / limits.per_host - 1.0)
        delay = min(self.max_delay, max(limits.delay * slow, pause))
        return LaneLimits(max(1, int(limits.per_host / slow)), max(limits.delay, delay))

    def answered(self, started: float, now: float, latency: float, failed: bool) -> bool:
        """Learn from the request that began at ``started``; True when :meth:`in_force` has changed.

        ``latency`` counts only where the request did not fail; 0 means that it was not measured.
        """
        if self.slow == 1.0 and not (failed or self._failing or self._usual_failing):
            # Nearly all answers of nearly all hosts: nothing can become faster, so only the latency counts.
            if not latency or not self._fill_window(latency) or not self._is_later():
                return False
            return started >= self._changed_at and self._back_off(now, failed)
        failing = self._fails(failed)
        growing = failed
        if latency > 0.0 and not failed:
            growing = latency > self._latency + 0.001  # less is the clock's noise
            self._latency += (latency - self._latency) * (RECENT if self._latency else 1.0)
        if started < self._changed_at:
            return False  # it was sent at another pace
        is_full = latency > 0.0 and not failed and self._fill_window(latency)
        later = self._is_later()
        if (failed and failing) or (later and is_full):
            return self._back_off(now, failed)
        if growing or failing or later or self.slow == 1.0:
            return False
        self.slow = max(1.0, self.slow * RECOVER)
        self._changed_at = now
        return True

    def _is_later(self) -> bool:
        return self._recent > max(self._usual * LATER_FACTOR, self._usual + LATER_SECONDS)

    def _fails(self, failed: bool) -> bool:
        self._failing += (failed - self._failing) * RECENT
        self._usual_failing += (failed - self._usual_failing) * USUAL
        if self._failing < FORGOTTEN and self._usual_failing < FORGOTTEN:
            self._failing = self._usual_failing = 0.0
        return self._failing > min(FAILING, 2.0 * self._usual_failing + FAILING_MORE)

    def _fill_window(self, latency: float) -> bool:
        """True when the window is full with this answer; then it begins anew."""
        if latency < self._fastest:
            self._fastest = latency
        self._in_window += 1
        if self._in_window < WINDOW:
            return False
        self._recent = self._fastest
        self._usual = min(self._usual, self._recent)
        self._fastest, self._in_window = float("inf"), 0
        return True

    def _back_off(self, now: float, failed: bool) -> bool:
        before = self.in_force()
        enough = self.max_delay if failed else min(self.max_delay, self._recent)
        if before.per_host == 1 and before.delay >= enough:
            if not failed:
                self._usual = self._recent
            return False
        if self.slow == 1.0:
            self._latency = 0.0  # of an earlier trouble
        self.slow *= BACK_OFF
        self._changed_at = now
        self._fastest, self._in_window = float("inf"), 0
        return True
