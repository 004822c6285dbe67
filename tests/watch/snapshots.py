"""A moment of a busy crawl, for the tests of what shows it."""

import time
from collections import Counter

from crawler.trace.counters import Counters
from crawler.watch.snapshot import QueueDepth, Snapshot, StageLoad

LONG_URL = "http://127.0.0.1:8000/catalogue/category/books/mystery_3/page-2.html?very=long&query=string"


def busy_snapshot(committed: int = 34_234, scale: int = 1) -> Snapshot:
    now = time.monotonic()
    counters = Counters(
        started=now - 83,
        retries=26,
        bytes=45_300_000 * scale,
        committed=committed * scale,
        outcomes=Counter(ok=33_000 * scale, truncated=3, error=112, skipped=1_119),
        kinds=Counter(redirected=900, http_status=88, robots=40, timeout=14, connect=10, dns=2, tls=1),
    )
    return Snapshot(
        counters,
        queues=[
            QueueDepth("fetch", 64, 32_768, 3_000_000),
            QueueDepth("page", 31 * scale, 31_200_000, 33_554_432),
            QueueDepth("finished", 3, 123_000, 0),
        ],
        stages=[
            StageLoad("fetch", 32, 32, 6.2, LONG_URL),
            StageLoad("parse", 1, 2, 0.31, "http://a/"),
            StageLoad("write", 1, 1, 0.01, None),
            StageLoad("commit", 0, 1, None, None),
        ],
        pending=12_444 * scale,
        in_flight=67,
        known=46_678 * scale,
        unacked_bytes=1_100_000,
        taken=now,
    )
