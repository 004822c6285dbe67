"""How a try ends that brought no page: put off, tried again, or over."""

import random
from collections.abc import Callable
from datetime import UTC, datetime
from http import HTTPStatus

from msgspec.structs import replace

from crawler.config import Config
from crawler.fetch.attempt import Attempt, Deferred, Retry
from crawler.fetch.backend import Answer
from crawler.fetch.robots_cache import RobotsFile
from crawler.model.messages import Finished
from crawler.model.outcomes import Kind, Purpose
from crawler.rules.retry import RetryPolicy, parse_retry_after


def status_in_words(status: int, challenge: str | None = None) -> str:
    """What a status means, for people; ``challenge`` is WWW-Authenticate, which says how to log in."""
    try:
        text = f"The server answered {status} ({HTTPStatus(status).phrase})"
    except ValueError:
        text = f"The server answered {status}"
    if status == HTTPStatus.UNAUTHORIZED and challenge:
        text += f" and asks for a login: {challenge.encode('utf-8', 'replace').decode()[:100]}"
    return f"{text}."


class Trouble:
    """What becomes of a try that brought no page: the ticket is put off, tried again, or ends there.

    *Put off* (429: "come again later") is no failure of the page. Its lane rests, it is asked again at no
    attempt, and only when that has gone on for ``fetch.busy_max`` seconds it ends and says so. The seconds
    are counted by this run alone: a resumed crawl begins anew.
    """

    def __init__(self, config: Config, chance: Callable[[], float] = random.random) -> None:
        """``chance`` gives numbers in [0, 1) that spread retries."""
        fetch = config.fetch
        self._busy_max = fetch.busy_max
        self._chance = chance
        self._policy = RetryPolicy(fetch.retries, fetch.backoff, fetch.backoff_max, fetch.retry_after_max)

    def refused(self, attempt: Attempt, answer: Answer, now: float) -> Finished | Retry | Deferred:
        """By an answer that is neither a page nor a redirect; ``now`` in monotonic seconds."""
        if attempt.is_overloaded:
            asked = parse_retry_after(answer.header("retry-after"), datetime.now(UTC))
            attempt.retry_after = self._policy.capped(asked)
        words = status_in_words(answer.status, answer.header("www-authenticate"))
        attempt.is_put_off = answer.status == HTTPStatus.TOO_MANY_REQUESTS
        if self._busy_max and attempt.is_put_off:
            return self._put_off(attempt, Kind.HTTP_STATUS, words, attempt.retry_after, now)
        return self.failed(attempt, Kind.HTTP_STATUS, words, answer.status)

    def without_robots(self, attempt: Attempt, robots: RobotsFile, now: float) -> Finished | Retry | Deferred:
        """Because nothing may be fetched while ``robots`` cannot be had; ``now`` in monotonic seconds."""
        kind, retryable = Kind.ROBOTS, None
        message = f"robots.txt was answered with {robots.status}, so nothing may be fetched there."
        if robots.failure is not None:
            kind, retryable = robots.failure.kind, robots.failure.retryable
            message = f"robots.txt could not be fetched: {robots.failure}."
            if kind is Kind.ENCODING:
                message = f"robots.txt could not be read, so nothing may be fetched there: {robots.failure}."
        wait = max(robots.retry_after or 0.0, robots.until - now)
        attempt.is_put_off = robots.status == HTTPStatus.TOO_MANY_REQUESTS
        if self._busy_max and attempt.is_put_off:
            return self._put_off(attempt, kind, message, wait, now)
        attempt.retry_after = wait
        return self.failed(attempt, kind, message, robots.status, retryable)

    def failed(
        self,
        attempt: Attempt,
        kind: Kind,
        message: str,
        status: int | None = None,
        retryable: bool | None = None,
    ) -> Finished | Retry:
        """Again, if the policy has a further attempt; else the end."""
        if attempt.ticket.purpose is Purpose.PROBE:
            return attempt.finished(kind, message)  # whatever it says to that, there is no such page
        delay = self._policy.delay(
            attempt.ticket.attempt,
            kind=kind,
            status=status,
            retry_after=attempt.retry_after,
            random=self._chance(),
            retryable=retryable,
        )
        return attempt.finished(kind, message) if delay is None else Retry(delay, kind)

    def _put_off(
        self, attempt: Attempt, kind: Kind, message: str, wait: float | None, now: float
    ) -> Finished | Deferred:
        since = attempt.given.refused_since
        since = now if since is None else since
        alone = attempt.given.alone
        delay = self._policy.put_off(now - since, wait, self._busy_max, alone=alone)
        if delay is None:
            words = f"{message} So it was for longer than the {self._busy_max:g} s of fetch.busy_max."
            return attempt.finished(kind, words)
        return Deferred(replace(attempt.given, refused_since=since, alone=False), delay)
