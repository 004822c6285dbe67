"""Answers that say what the archive has already, as ``revisit`` records (ISO 28500:2017 section 6.7)."""

import re
from collections.abc import Mapping
from typing import NamedTuple

from crawler.model.exchange import Exchange
from crawler.sinks.warc_records import END, Fields, about_answer, answer_fields, header, uri

_PROFILES = "http://netpreserve.org/warc/1.1/revisit/"
_CONDITION = re.compile(rb"(?im)^if-(?:none-match|modified-since)[ \t]*:")
_STATUS = re.compile(rb"HTTP/[0-9.]+ +([0-9]{3})\b")


class Original(NamedTuple):
    """The record with the payload that a revisit leaves out, by its named fields."""

    record_id: str
    url: str
    date: str
    digest: str | None
    """Of its payload."""


def _status(exchange: Exchange) -> bytes:
    found = _STATUS.match(exchange.head)
    return found[1] if found else b""


def is_ok(exchange: Exchange) -> bool:
    """It was answered with 200, so that a later 304 may speak of it (RFC 9110 section 15.4.5)."""
    return _status(exchange) == b"200"


def is_not_modified(exchange: Exchange) -> bool:
    """It was asked for unless it is still the same, and is; a 304 that nobody asked for says nothing."""
    return (
        _status(exchange) == b"304" and not exchange.size and _CONDITION.search(exchange.request) is not None
    )


def original(fields: Mapping[str, str]) -> Original | None:
    """What a record with these named fields has in full, or refers to; None where it is no such record."""
    prefix = {"response": "WARC-", "revisit": "WARC-Refers-To-"}.get(fields.get("WARC-Type", ""))
    if prefix is None:
        return None
    record_id = fields.get("WARC-Record-ID" if prefix == "WARC-" else "WARC-Refers-To")
    url, date = fields.get(f"{prefix}Target-URI"), fields.get(f"{prefix}Date")
    if record_id is None or url is None or date is None:
        return None
    return Original(record_id, url, date, fields.get("WARC-Payload-Digest"))


def is_of(url: str, fields: Mapping[str, str]) -> bool:
    """The record with these named fields is an answer to ``url``."""
    return fields.get("WARC-Target-URI") == uri(url)


def same_payload(
    exchange: Exchange, own: str, digests: tuple[str, str], head: bytes, first: Original
) -> bytes:
    """The whole record, under the id ``own``, of an answer with the payload of an earlier one [6.7.2].

    Its block is the ``head`` alone, so it is "truncated" in the words of the standard.
    """
    fields = answer_fields(exchange, own, digests, "length")
    fields += [("WARC-Profile", f"{_PROFILES}identical-payload-digest"), *_refers_to(first)]
    return header("revisit", fields, len(head)) + head + END


def not_modified(exchange: Exchange, own: str, last: Original | None) -> bytes:
    """The whole record, under the id ``own``, of an answer that ``last`` is still right [6.7.3].

    Its payload is that one's, and so is its head in a replay: it has no block, since pywb would replay an
    empty 304 where it finds one. ``last`` is None where nobody knows any more what the answer speaks of.
    """
    fields = [
        *about_answer(exchange, own),
        ("WARC-Payload-Digest", last and last.digest),
        ("WARC-Profile", f"{_PROFILES}server-not-modified"),
        *_refers_to(last),
    ]
    return header("revisit", fields, 0) + END


def _refers_to(one: Original | None) -> Fields:
    if one is None:
        return []
    return [
        ("WARC-Refers-To", one.record_id),
        ("WARC-Refers-To-Target-URI", one.url),
        ("WARC-Refers-To-Date", one.date),
    ]
