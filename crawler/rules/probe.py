"""URLs that cannot exist: what a server says to them tells whether its "not found" can be believed."""

import hashlib
from collections.abc import Iterable

from crawler.rules.urls import origin


def no_such_page(seeds: Iterable[str], hash_seed: int) -> list[str]:
    """One URL for each origin of the ``seeds``, the same in every run of the crawl.

    It is made from the crawl's ``hash_seed`` so that no site can have a page there, and one-way, since that
    seed is the crawl's secret (see :mod:`crawler.rules.dedup`).
    """
    name = hashlib.blake2b(str(hash_seed).encode(), digest_size=8).hexdigest()
    return [f"{site}/{name}-no-such-page" for site in dict.fromkeys(map(origin, seeds))]
