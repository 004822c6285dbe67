"""Targets: URLs that are asked for and are no pages: style sheets, assets, what lies elsewhere, probes.

Only a check has any. They are rows of ``crawl.db`` as pages are, they wait in the same lanes, and the crawl
does not end before they are done; but they count for nothing that is said of pages.

A URL may be named as an asset first and be linked as a page later. It must be recorded as a page then,
whatever the order: while it waits, its row becomes the page's; once it has been handed out, the page gets a
row of its own. So here is what :mod:`crawler.rules.dedup` does not keep: which row waits under a URL.
"""

from array import array
from collections import Counter

from crawler.frontier.depths import Depths
from crawler.model.messages import Links, Ticket
from crawler.model.outcomes import Purpose
from crawler.rules.dedup import KnownUrls, fingerprint


class Targets:
    """Which targets are known, and where those that wait stand; about 170 bytes each."""

    def __init__(self, hash_seed: int) -> None:
        self._hash_seed = hash_seed
        self._waiting: dict[Purpose, dict[int, int]] = {}
        """By purpose: fingerprint and row of those that were not handed out."""
        self._asked: set[int] = set()
        """Fingerprints of all others."""
        self.known: Counter[Purpose] = Counter()
        """Targets ever taken in."""
        self.pending = self.leased = 0

    def take_new(self, links: Links, pages: KnownUrls, depths: Depths | None) -> list[str]:
        """Those of ``links`` that are known neither here nor as pages, each once, in their order.

        What is too deep to be asked for as a page may still be a target.
        """
        marks = array("Q")
        marks.frombytes(links.fingerprints)
        new = self.unknown(marks, pages, depths)
        if not new:
            return []
        urls = links.urls.decode().split("\n")
        return list(dict.fromkeys(url for url, mark in zip(urls, marks, strict=True) if mark in new))

    def unknown(self, marks: "array[int]", pages: KnownUrls, depths: Depths | None) -> set[int]:
        """Those fingerprints that are known neither here nor as pages; what is too deep for a page is not."""
        new = set(marks).difference(self._asked)
        for waiting in self._waiting.values():
            new = new.difference(waiting)  # one at a time: with several it would run through all of each
        too_deep = {mark for mark in new if depths.is_beyond(mark)} if depths is not None else set()
        return pages.without_known(new) | too_deep

    def add(self, url: str, row: int, purpose: Purpose, *, is_pending: bool = True) -> None:
        """A new one, or one of an earlier run, which may be done already."""
        self.known[purpose] += 1
        if is_pending:
            self._waiting.setdefault(purpose, {})[fingerprint(url, self._hash_seed)] = row
            self.pending += 1
        else:
            self._asked.add(fingerprint(url, self._hash_seed))

    def waits(self, ticket: Ticket) -> bool:
        """Whether a ticket's row is still a target's, and was not handed out."""
        mark = fingerprint(ticket.url, self._hash_seed)
        return self._waiting.get(ticket.purpose, {}).get(mark) == ticket.id

    def give_to_page(self, url: str) -> int | None:
        """The row that waits under ``url``, which is a page's from now on; None where none does."""
        mark = fingerprint(url, self._hash_seed)
        for purpose, waiting in self._waiting.items():
            if (row := waiting.pop(mark, None)) is not None:
                self.known[purpose] -= 1
                self.pending -= 1
                return row
        return None

    def lease(self, ticket: Ticket) -> None:
        """It is handed out."""
        mark = fingerprint(ticket.url, self._hash_seed)
        del self._waiting[ticket.purpose][mark]
        self._asked.add(mark)
        self.pending -= 1
        self.leased += 1

    def put_back(self, ticket: Ticket) -> None:
        """It waits again."""
        mark = fingerprint(ticket.url, self._hash_seed)
        self._asked.discard(mark)
        self._waiting[ticket.purpose][mark] = ticket.id
        self.pending += 1
        self.leased -= 1
