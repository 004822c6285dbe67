"""One picture of a crawl: all that the live page, its history, the metrics and ``crawler status`` show.

Taken by the engine, at most once a second for each purpose, and only read afterwards. It is one frozen struct
of plain values: it can be handed to another thread and becomes JSON as it is. Its size is bounded, whatever
that of the crawl.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from crawler.model.rows import HostNow as HostNow

MAX_HOSTS = 50
"""Hosts that a picture shows: those with requests in flight or in trouble first, then the largest."""
MAX_RECENT = 30
"""Newest records, and newest errors, that a picture shows."""


class Station(msgspec.Struct, frozen=True):
    """One stage of the street: fetch, parse, write or commit."""

    stage: str
    busy: int
    workers: int
    oldest_seconds: float | None
    """How long its slowest worker has been at it; None where all are idle."""
    oldest_url: str | None


class QueueNow(msgspec.Struct, frozen=True):
    """One queue of the street, or what is sent to the writers and not acknowledged yet (``unacked``)."""

    name: str
    items: int
    bytes: int
    capacity: int
    """Bytes at which its producers wait; 0 where it has no bound."""


class Lane(msgspec.Struct, frozen=True):
    """What one worker does now: a coroutine, or what the main process knows of a child."""

    stage: str
    holder: str
    """``fetch-3``, ``parser-0``, ``writer-jsonl``, ``commit``."""
    pid: int
    step: str
    """An :class:`crawler.model.outcomes.Activity`."""
    url: str | None
    since: float
    """Unix time in seconds."""


class Recent(msgspec.Struct, frozen=True):
    """A record that was just committed."""

    url: str
    outcome: str
    kind: str | None
    status: int | None
    title: str | None
    message: str | None
    referrer: str | None
    """The page on which it was first found."""
    elapsed_ms: float | None
    at: float
    """Unix time of the commit."""


class Picture(msgspec.Struct, frozen=True, kw_only=True):
    """One moment of a crawl. Counts are of all its runs, rates and what is measured are of this one."""

    at: float
    """Unix time in seconds."""
    pid: int
    out: str
    seeds: tuple[str, ...]
    generation: int
    state: str
    """``starting``, ``running``, ``paused``, ``stopping``, or how it ended: ``finished``, ``stopped``,
    ``incomplete``."""
    elapsed: float
    """Seconds of this run."""
    discovered: int
    counts: Mapping[str, int]
    """ok, truncated, error, skipped, pending: their sum is ``discovered``, as in ``summary.json``."""
    kinds: Mapping[str, int]
    """Of this run."""
    statuses: Mapping[str, int]
    """Of this run: answers by HTTP status."""
    targets: int
    targets_pending: int
    in_flight: int
    """URLs between the frontier and their commit."""
    pages_per_second: float
    """Mean of this run."""
    pages_per_second_now: float
    """Of the last five seconds."""
    requests: int
    retries: int
    bytes: int
    """Decoded body bytes read."""
    extract_failed: int
    parser_restarts: int
    writer_restarts: int
    longest_stall: float
    """Longest time in seconds that the event loop was blocked."""
    memory_bytes: int
    peak_memory_bytes: int
    concurrency: int
    """Requests at once now, and …"""
    max_concurrency: int
    """… what that may be set to."""
    stations: tuple[Station, ...]
    queues: tuple[QueueNow, ...]
    steps: tuple[Lane, ...]
    """Every worker that the main process knows, idle ones too; at most 256, busy ones first."""
    hosts_known: int
    hosts: tuple[HostNow, ...]
    records: tuple[Recent, ...]
    """The newest first."""
    errors: tuple[Recent, ...]
    """The newest first."""
    message: str | None = None
    """Where it has ended, what is said of that; while it runs, what it waits for."""
    page: str | None = None
    """URL of its live page, without the token that may be needed; None where it has none."""


encode = msgspec.json.Encoder().encode
decode = msgspec.json.Decoder(Picture).decode


def brief(picture: Picture) -> Picture:
    """What whoever asks for one look needs of it, once a second in ``crawl.db``: no hosts, no records."""
    busy = tuple(lane for lane in picture.steps if lane.url is not None)
    return msgspec.structs.replace(picture, steps=busy, hosts=(), records=(), errors=())


def as_dict(picture: Picture) -> dict[str, Any]:
    """The picture as JSON has it."""
    found: dict[str, Any] = msgspec.to_builtins(picture)
    return found
