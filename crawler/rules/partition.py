"""Which part of a crawl that is shared out an origin belongs to."""

import xxhash


def partition(origin: str, partitions: int) -> int:
    """The part, from 0 to ``partitions - 1``; the same on every machine, for ever."""
    return xxhash.xxh3_64_intdigest(origin.encode(), 0) % partitions
