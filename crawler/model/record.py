"""The record: what the output holds for one finished URL, one JSON object a line.

It is encoded once, where it is made (a parse process, or fetch for what is not parsed), and
passes through the main process as bytes that nobody there looks into.
"""

from datetime import UTC, datetime
from typing import Any

import msgspec

from crawler.model.messages import Hop, Page, Ticket
from crawler.model.outcomes import Kind, Outcome


class Record(msgspec.Struct, kw_only=True, frozen=True):
    """The keys of one line of ``records.jsonl``, in this order."""

    url: str
    final_url: str
    """Where the content came from; for a redirect, its target."""
    outcome: Outcome
    kind: Kind | None = None
    message: str | None = None
    """One sentence for people: what went wrong, or how the extract function failed."""
    status: int | None = None
    depth: int
    referrer: str | None = None
    attempts: int
    fetched_at: str
    """RFC 3339, UTC."""
    elapsed_ms: float | None = None
    bytes: int | None = None
    """Size of the decoded body; of what is asked for its status alone, the Content-Length."""
    content_type: str | None = None
    charset: str | None = None
    title: str | None = None
    canonical: str | None = None
    """What ``<link rel=canonical>`` names, absolute."""
    meta_robots: list[str] = []
    """Directives of ``<meta name=robots>``, in lower case."""
    links: list[str] = []
    """Absolute, in document order, without repeats; those outside the scope too."""
    text_length: int | None = None
    """Characters of visible text."""
    text: str | msgspec.UnsetType | None = msgspec.UNSET
    """Only with ``parse.keep_text``."""
    extracted: Any = None
    redirects: tuple[Hop, ...] = ()
    generation: int = 1
    """Of the crawl: 1, and one more each time that the site is crawled again into the same folder."""
    unchanged: bool = False
    """The server, or the content, says that it is what it was in the generation before."""
    content_hash: str | None = None
    """xxh3 of the decoded body, 32 hexadecimal digits; None where none was read."""
    near_hash: str | None = None
    """Of the visible text, 16 hexadecimal digits: see :mod:`crawler.rules.near_duplicates`."""

    def asdict(self) -> dict[str, Any]:
        """The record as one row of a table: the keys and values of its line, in plain Python types.

        ``pandas.DataFrame([record.asdict() for record in records])``
        """
        row: dict[str, Any] = msgspec.json.decode(encode(self))
        return row


def of_ticket(
    ticket: Ticket,
    outcome: Outcome,
    kind: Kind | None,
    *,
    final_url: str | None = None,
    content_type: str | None = None,
    **found: Any,
) -> Record:
    """The record of a URL, with all that its ticket says; ``found`` are more of the record's keys."""
    return Record(
        url=ticket.url,
        final_url=final_url or ticket.url,
        outcome=outcome,
        kind=kind,
        depth=ticket.depth,
        referrer=ticket.referrer,
        attempts=ticket.attempt,
        content_type=content_type and _sayable(content_type),
        redirects=_sayable_hops(ticket),
        generation=ticket.generation,
        **found,
    )


def of_page(page: Page, outcome: Outcome, kind: Kind | None, **found: Any) -> Record:
    """The record of a URL whose body was read; ``found`` are more of the record's keys."""
    return of_ticket(
        page.ticket,
        outcome,
        kind,
        final_url=page.final_url,
        status=page.status,
        fetched_at=timestamp(page.fetched_at),
        elapsed_ms=milliseconds(page.elapsed),
        bytes=page.size,
        content_type=page.content_type,
        **found,
    )


def _sayable_hops(ticket: Ticket) -> tuple[Hop, ...]:
    return tuple(Hop(hop.url, hop.status, _sayable(hop.location)) for hop in ticket.redirects)


def timestamp(seconds: float) -> str:
    """Unix time as RFC 3339 in UTC with milliseconds."""
    moment = datetime.fromtimestamp(seconds, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1_000:03d}Z"


def milliseconds(seconds: float) -> float:
    """Seconds as records tell them."""
    return round(seconds * 1_000, 1)


def _sayable(header: str) -> str:
    """A header's value without lone surrogates, with which an HTTP library marks bytes that are not UTF-8."""
    return header if header.isascii() else header.encode("utf-8", "replace").decode()


class End(msgspec.Struct, frozen=True, gc=False):
    """What a record says of how its URL ended; the rest of the record is left alone."""

    final_url: str | None = None
    status: int | None = None
    message: str | None = None


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Record)
_end_decoder = msgspec.json.Decoder(End)
_keys_of = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


def encode(record: Record) -> bytes:
    """The record as one JSON object in UTF-8, without a newline.

    Raises TypeError or ValueError (UnicodeEncodeError) where ``extracted`` holds what JSON cannot.
    """
    return _encoder.encode(record)


def decode_end(line: bytes) -> End:
    """How the URL of the record in ``line`` ended; raises msgspec.DecodeError where it is not one."""
    return _end_decoder.decode(line)


def decode(line: bytes) -> Record:
    """The record in ``line``; raises msgspec.DecodeError where it is not one."""
    return _decoder.decode(line)


def taken_over(line: bytes, ticket: Ticket, **changes: Any) -> bytes:
    """The record in ``line``, of an earlier generation, as that of ``ticket``: nothing has changed since.

    ``changes`` are more keys of it. What a page says (its hundreds of links) is copied as the bytes it is.
    Raises msgspec.DecodeError where ``line`` is no record.
    """
    record = _keys_of(line)
    now = {
        "depth": ticket.depth,
        "referrer": ticket.referrer,
        "attempts": ticket.attempt,
        "redirects": _sayable_hops(ticket),
        "generation": ticket.generation,
        "unchanged": True,
        **changes,
    }
    record |= {key: msgspec.Raw(_encoder.encode(value)) for key, value in now.items()}
    return _encoder.encode(record)
