"""What the main process and a fetch process say to each other (``fetch.loops`` above 1).

::

    main process                                   fetch process
      Order(ticket) ────────────────────────────▶   fetches it
      ◀──── LoadRobots, SaveRobots, TakeTurn, OfferSitemaps: what only the frontier can do
      Reply ────────────────────────────────────▶
      ◀──────────────────────────────── Answered, or Broke where the crawl cannot go on
      ◀── Ready once, Pulse every second; SetCookies and LogLine as they come
"""

from typing import Any

import msgspec

from crawler.fetch.fetcher import Exchange, Later, Retry
from crawler.fetch.robots_cache import StoredRobots
from crawler.model.messages import Finished, Page, Pushback, Ticket


class _Message(msgspec.Struct, frozen=True, gc=False, array_like=True, tag=True):
    pass


class Order(_Message, frozen=True):
    """Fetch this."""

    number: int
    """Counts the orders that one fetch process was ever given."""
    ticket: Ticket


class Reply(_Message, frozen=True):
    """To a question."""

    number: int
    """The question's."""
    stored: StoredRobots | None = None
    """What LoadRobots asked for."""


class LoadRobots(_Message, frozen=True):
    """Give the robots.txt that is kept for ``site``."""

    number: int
    site: str


class SaveRobots(_Message, frozen=True):
    """Keep a robots.txt."""

    number: int
    site: str
    status: int
    body: bytes


class TakeTurn(_Message, frozen=True):
    """Say when the host of ``url`` may be asked once more in the slot that its ticket holds."""

    number: int
    url: str


class OfferSitemaps(_Message, frozen=True):
    """Take in what a robots.txt names."""

    number: int
    urls: tuple[str, ...]


class Tally(_Message, frozen=True):
    """What was counted since the last one; see :class:`crawler.trace.counters.Counters`."""

    requests: int
    bytes: int
    statuses: dict[int, int]


class Answered(_Message, frozen=True):
    """What became of an order: an Exchange, whose result is one of four."""

    number: int
    tally: Tally
    pushback: Pushback
    page: Page | None = None
    finished: Finished | None = None
    retry: Retry | None = None
    later: Later | None = None

    @property
    def exchange(self) -> Exchange:
        """As the fetcher gave it. Raises ValueError where there is no result."""
        result = self.page or self.finished or self.retry or self.later
        if result is None:
            raise ValueError("an answer without a result")
        return Exchange(result, self.pushback)

    @property
    def weight(self) -> int:
        """Bytes, about."""
        return 1024 if self.page is None else self.page.weight


def answered(number: int, exchange: Exchange, tally: Tally) -> Answered:
    """The message for what became of order ``number``."""
    match exchange.result:
        case Page() as page:
            return Answered(number, tally, exchange.pushback, page=page)
        case Finished() as finished:
            return Answered(number, tally, exchange.pushback, finished=finished)
        case Retry() as retry:
            return Answered(number, tally, exchange.pushback, retry=retry)
        case Later() as later:
            return Answered(number, tally, exchange.pushback, later=later)


class Broke(_Message, frozen=True):
    """The crawl cannot go on, and why."""

    number: int
    reason: str


class Ready(_Message, frozen=True):
    """The process can be given orders."""


class Pulse(_Message, frozen=True):
    """The loop turns; and for each order in work, its step and since when (Unix time in seconds)."""

    steps: list[tuple[int, str, float]]


class SetCookies(_Message, frozen=True):
    """What an answer from ``url`` set."""

    url: str
    headers: list[str]


class LogLine(_Message, frozen=True):
    """A log record, as :func:`crawler.trace.logs.to_dict` made it."""

    fields: dict[str, Any]


Question = LoadRobots | SaveRobots | TakeTurn | OfferSitemaps
ToFetcher = Order | Reply
FromFetcher = Question | Answered | Broke | Ready | Pulse | SetCookies | LogLine

decode_to_fetcher = msgspec.msgpack.Decoder(list[ToFetcher]).decode
decode_from_fetcher = msgspec.msgpack.Decoder(list[FromFetcher]).decode
