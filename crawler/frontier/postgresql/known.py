"""Which URLs are known, to one node among several."""

from array import array
from collections.abc import Callable, Iterable

from crawler.model.messages import Links
from crawler.rules.dedup import KnownUrls

MAX_DELIVERED = 1_000_000
"""URLs of others' partitions that are remembered as handed on; 74 bytes each. Forgotten, they are handed on
once more, and their owner knows them."""


class SharedKnownUrls(KnownUrls):
    """The URLs of this node's partitions, and apart from them what it has handed on to others.

    What was handed on is not known yet: its owner, who may be this node by then, has to take it in first.
    """

    def __init__(self, hash_seed: int, is_mine: Callable[[str], bool]) -> None:
        """``is_mine`` says of a URL whether it is in a partition of this node."""
        super().__init__(hash_seed)
        self._is_mine = is_mine
        self._delivered: set[int] = set()

    def take_new(self, links: Links) -> list[str]:
        """Take ``links`` in; those that were not known, nor handed on, in their order."""
        marks = array("Q")
        marks.frombytes(links.fingerprints)
        known, delivered = self._known, self._delivered
        if known.issuperset(marks):
            return []
        if len(delivered) > MAX_DELIVERED:
            delivered.clear()
        urls = links.urls.split(b"\n")
        fresh: list[str] = []
        for position, mark in enumerate(marks):
            if mark not in known and mark not in delivered:
                url = urls[position].decode()
                (known if self._is_mine(url) else delivered).add(mark)
                fresh.append(url)
        return fresh

    # -- what a partition's known URLs need, wherever they are kept ------------------------------

    def take_in(self, marks: Iterable[int]) -> list[int]:
        """Those of ``marks`` that were not known, which they are from now on; in their order."""
        fresh = []
        for mark in marks:
            if mark not in self._known:
                self._known.add(mark)
                fresh.append(mark)
        return fresh

    def merge(self, marks: "array[int]") -> None:
        """Take over what is known of a partition."""
        self._known.update(marks)

    def forget(self, marks: "array[int]") -> None:
        """Let go of what is known of a partition, which is another's from now on."""
        self._known.difference_update(marks)
