"""One try at one ticket: what is known of it so far, and the record made of that where nothing is parsed."""

import time
from http import HTTPStatus

from crawler.model import record
from crawler.model.messages import Finished, Redirect, Ticket
from crawler.model.outcomes import MEANING, Kind


class Attempt:
    """Filled in as the exchange goes on, so that a record says all that was learnt before it failed."""

    __slots__ = (
        "_began",
        "content_type",
        "elapsed",
        "fetched_at",
        "latency",
        "retry_after",
        "status",
        "ticket",
    )

    def __init__(self, ticket: Ticket) -> None:
        self.ticket = ticket
        self.fetched_at: float | None = None
        """Unix time in seconds; None while nothing was asked for."""
        self.status: int | None = None
        self.content_type: str | None = None
        self.elapsed: float | None = None
        """Seconds the exchange took; None while there was none."""
        self.latency = 0.0
        """Seconds until the first answer's head had come; 0 while there was none."""
        self.retry_after: float | None = None
        """Seconds that the server asked for, capped."""
        self._began = 0.0

    def begin(self) -> None:
        """The request is about to be sent."""
        self.fetched_at = time.time()
        self._began = time.perf_counter()

    def answered(self, status: int) -> None:
        """The head of an answer has come."""
        self.status = status
        self.latency = self.latency or time.perf_counter() - self._began

    def end(self) -> None:
        """The answer was read, or there will be none."""
        self.elapsed = time.perf_counter() - self._began

    def finished(
        self, kind: Kind, message: str | None, final_url: str | None = None, redirect: Redirect | None = None
    ) -> Finished:
        """The ticket ends here, as ``kind``; ``message`` is one sentence for people."""
        ticket = self.ticket
        outcome = MEANING[kind].outcome
        line = record.of_ticket(
            ticket,
            outcome,
            kind,
            final_url=final_url,
            message=message,
            status=self.status,
            fetched_at=record.timestamp(time.time() if self.fetched_at is None else self.fetched_at),
            elapsed_ms=None if self.elapsed is None else record.milliseconds(self.elapsed),
            content_type=self.content_type,
        )
        return Finished(ticket, outcome, kind, record.encode(line), redirect=redirect)


def sentence(text: str) -> str:
    """``text`` with a capital in front and a full stop behind."""
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."


def answered(status: int, challenge: str | None = None) -> str:
    """What a status means, for people; ``challenge`` is WWW-Authenticate, which says how to log in."""
    try:
        text = f"The server answered {status} ({HTTPStatus(status).phrase})"
    except ValueError:
        text = f"The server answered {status}"
    if status == HTTPStatus.UNAUTHORIZED and challenge:
        text += f" and asks for a login: {challenge.encode('utf-8', 'replace').decode()[:100]}"
    return f"{text}."
