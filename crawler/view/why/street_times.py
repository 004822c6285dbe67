"""What :mod:`crawler.view.why.simulation` replays: the service times of a crawl, and what they go through."""

import msgspec


class Visit(msgspec.Struct, frozen=True):
    """One URL of the recorded crawl. All times are seconds."""

    host: int
    """Index in :attr:`Street.hosts`."""
    network: float
    """Until its answer was read, all requests together."""
    parse: float | None
    """CPU that its page took a parser; None where it was not parsed."""
    parent: int
    """Index of the visit whose page first named it, always a smaller one; -1 where there is none."""


class Host(msgspec.Struct, frozen=True):
    """How one host may be asked."""

    per_host: int
    delay: float


class Street(msgspec.Struct, frozen=True, kw_only=True):
    """What the visits go through. All times are seconds."""

    cores: int
    at_once: int
    parsers: int
    hosts: tuple[Host, ...]
    loop: float
    """CPU of the main process's event loop for one URL."""
    server: float
    """CPU of the server for one URL, where it shares this machine's cores; else 0."""
    write: float
    """CPU of the writer for one record, and …"""
    write_batch: float
    """… for each batch."""
    sync: float
    """Waiting for the disk, for each batch."""
    commit: float
    """Of the frontier's store, for one record, and …"""
    commit_batch: float
    """… for each batch."""
    page_room: int
    """Pages that may wait for a parser."""
    batch_pages: int
    """Pages that a parser takes at once, at most, and …"""
    record_room: int
    """… records that may wait for the disk."""
    parses_in_main: bool = False
    """Parsers are threads of the main process, or its loop itself: one interpreter does all the work."""
    network_factor: float = 1.0
    """What the recorded times of the network are multiplied with."""
