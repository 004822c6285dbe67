"""Pictures of a crawl that there never was, for the tests of what shows and keeps them."""

from typing import Any

from crawler.watch.picture import HostNow, Lane, Picture, QueueNow, Recent, Station

AT = 1_763_857_000.0
"""Unix time of the first."""
URL = "http://127.0.0.1:8000/catalogue/category/books/mystery_3/page-2.html"


def picture(second: float = 0.0, done: int = 40, **changed: Any) -> Picture:
    """The crawl, so many seconds after its begin; of 100 URLs ``done`` are."""
    return Picture(
        **{
            "at": AT + second, "pid": 4_242, "out": "out", "seeds": ("http://127.0.0.1:8000/",),
            "generation": 1, "state": "running", "elapsed": second, "discovered": 100,
            "counts": {"ok": done - 3, "truncated": 0, "error": 2, "skipped": 1, "pending": 100 - done},
            "kinds": {"http_status": 2, "redirected": 1}, "statuses": {"200": done - 3, "404": 2, "301": 1},
            "targets": 0, "targets_pending": 0, "in_flight": 7, "pages_per_second": 12.5,
            "pages_per_second_now": 7.25, "requests": done + 1, "retries": 1, "bytes": 45_300_000,
            "extract_failed": 0, "parser_restarts": 0, "writer_restarts": 0, "longest_stall": 0.01,
            "memory_bytes": 300 * 1024 * 1024, "peak_memory_bytes": 412 * 1024 * 1024, "concurrency": 32,
            "max_concurrency": 32,
            "stations": (
                Station("fetch", 31, 32, 6.2, URL), Station("parse", 1, 2, 0.31, URL),
                Station("write", 0, 1, None, None), Station("commit", 0, 1, None, None),
            ),
            "queues": (QueueNow("page", 31, 31_200_000, 33_554_432), QueueNow("unacked", 0, 1_100_000, 0)),
            "steps": tuple(Lane("fetch", f"fetch-{n}", 4_242, "body", URL, AT - n) for n in range(32)),
            "hosts_known": 1,
            "hosts": (HostNow("http://127.0.0.1:8000", 7, 60, 2, 0.5, 1.0, 0.0, 2, None, False),),
            "records": tuple(Recent(URL, "ok", None, 200, "Books", None, URL, 3.5, AT) for _ in range(30)),
            "errors": (Recent(URL, "error", "http_status", 404, None, "not found", URL, 3.5, AT),),
        }
        | changed
    )  # fmt: skip
