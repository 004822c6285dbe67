"""One try at one ticket: what is known of it so far, and how it ends where nothing is parsed."""

import time
from http import HTTPStatus
from typing import TYPE_CHECKING, NamedTuple

from msgspec.structs import replace

from crawler.fetch.backend import Answer
from crawler.model import record
from crawler.model.messages import Finished, HostFeedback, Page, Redirect, Ticket
from crawler.model.outcomes import MEANING, Kind

if TYPE_CHECKING:
    from crawler.fetch.hops import Hops


class Retry(NamedTuple):
    """The ticket is to be tried again; its next attempt's number is up to the frontier."""

    delay: float
    """Seconds from now."""
    kind: Kind
    """Why."""


class Deferred(NamedTuple):
    """Its turn comes again, as its lane allows, and at no attempt.

    Either the host was asked for robots.txt in its place, or it said to come again later.
    """

    ticket: Ticket
    delay: float = 0.0
    """Seconds from now, at least."""


class Fetched(NamedTuple):
    """What became of a ticket, and what it taught about its host."""

    result: Page | Finished | Retry | Deferred
    feedback: HostFeedback


class Attempt:
    """Filled in as the exchange goes on, so that a record says all that was learnt before it failed."""

    __slots__ = (
        "_began",
        "content_type",
        "fetched_at",
        "given",
        "is_put_off",
        "latency",
        "retry_after",
        "status",
        "ticket",
        "url",
    )

    def __init__(self, ticket: Ticket) -> None:
        self.ticket = self.given = ticket
        """As it was handed out; the other one has the hops of redirects in place, too."""
        self.url = ticket.url
        """What is asked for: another one only after redirects in place."""
        self.fetched_at = time.time()
        """Unix time in seconds."""
        self._began: float | None = None
        self.status: int | None = None
        self.content_type: str | None = None
        self.latency = 0.0
        """Seconds until the first answer's head had come; 0 while there was none."""
        self.retry_after: float | None = None
        """Seconds until a further one, at least: what the server asked for, capped."""
        self.is_put_off = False
        """The answer said to come again later."""

    def begin(self) -> None:
        """The request is about to be sent."""
        self._began = time.perf_counter()

    def answered(self, answer: Answer) -> None:
        """The head of an answer has come."""
        self.status = answer.status
        self.content_type = answer.header("content-type")
        self.latency = self.latency or self.elapsed or 0.0

    def take(self, hops: "Hops") -> None:
        """Go on where redirects in place have led, or end there."""
        self.url = hops.url
        self.ticket = replace(self.ticket, redirects=hops.taken)

    @property
    def elapsed(self) -> float | None:
        """Seconds since the request was sent; None where nothing was asked for."""
        return None if self._began is None else time.perf_counter() - self._began

    @property
    def is_overloaded(self) -> bool:
        """The answer says that there is too much to do."""
        return self.status is not None and (self.status == 429 or self.status >= 500)

    def finished(
        self, kind: Kind, message: str | None, final_url: str | None = None, redirect: Redirect | None = None
    ) -> Finished:
        """The ticket ends here, as ``kind``; ``message`` is one sentence for people."""
        outcome, elapsed = MEANING[kind].outcome, self.elapsed
        line = record.of_ticket(
            self.ticket,
            outcome,
            kind,
            final_url=final_url or self.url,
            message=message,
            status=self.status,
            fetched_at=record.timestamp(self.fetched_at),
            elapsed_ms=None if elapsed is None else record.milliseconds(elapsed),
            content_type=self.content_type,
        )
        return Finished(self.ticket, outcome, kind, record.encode(line), redirect=redirect)


def status_in_words(status: int, challenge: str | None = None) -> str:
    """What a status means, for people; ``challenge`` is WWW-Authenticate, which says how to log in."""
    try:
        text = f"The server answered {status} ({HTTPStatus(status).phrase})"
    except ValueError:
        text = f"The server answered {status}"
    if status == HTTPStatus.UNAUTHORIZED and challenge:
        text += f" and asks for a login: {challenge.encode('utf-8', 'replace').decode()[:100]}"
    return f"{text}."
