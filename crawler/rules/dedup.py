"""A URL's 64-bit fingerprint, what the set of known URLs is made of; and an origin's partition.

xxh3 under a random seed that belongs to the crawl: without the seed a site could choose URLs
that collide and so hide pages. At 10 million URLs an accidental collision has a chance of
about 3 in a million.
"""

from array import array
from collections.abc import Iterable

from xxhash import xxh3_64_intdigest


def fingerprint(url: str, seed: int) -> int:
    """The URL's fingerprint, 0 … 2⁶⁴-1, under the crawl's ``seed`` (0 … 2⁶⁴-1)."""
    return xxh3_64_intdigest(url.encode(), seed)


def fingerprints(urls: Iterable[str], seed: int) -> bytes:
    """Each URL's fingerprint as 8 bytes in native order, one after the other: ``array('Q')`` reads it."""
    return array("Q", [xxh3_64_intdigest(url.encode(), seed) for url in urls]).tobytes()


def partition(origin: str, partitions: int) -> int:
    """The part, 0 … ``partitions`` - 1, that ``origin`` is in: the same on every machine, for ever."""
    return xxh3_64_intdigest(origin.encode(), 0) % partitions
