"""Pictures of a crawl that there never was: what the page shows of them is known beforehand."""

from typing import Any

import msgspec

from crawler.watch.picture import MAX_HOSTS, MAX_RECENT, HostNow, Lane, Picture, QueueNow, Recent, Station

START = 1_790_000_000.0
"""Unix time at which the crawl began."""
PID = 4_000
STEPS = ("wait for the answer", "read", "wait for its turn", "wait for a parser", "robots")
BAD_TITLE = '<script>window.bad = 1</script><img src="x" onerror="window.bad = 1">'


def page(number: int) -> str:
    return f"https://docs{number % 7}.example.org/library/section-{number // 40}/page-{number}.html"


def lanes(at: float, fetchers: int, parsers: int, seconds: int) -> list[Lane]:
    found = []
    for number in range(fetchers):
        is_idle = (number * 7 + seconds) % 9 == 0
        step = "idle" if is_idle else STEPS[(number * 3 + seconds) % len(STEPS)]
        since = at - (number * 13 % 40) / 10
        url = None if is_idle else page(number + seconds)
        found.append(Lane("fetch", f"fetch-{number}", PID, step, url, since))
    found += [
        Lane("parse", f"parser-{number}", PID + 1 + number, "parsing", page(number), at - 0.2 * number)
        for number in range(parsers)
    ]
    found.append(Lane("write", "writer-jsonl", PID + 90, "write", page(1), at - 0.05))
    found.append(Lane("commit", "commit", PID, "writing", page(2), at - 0.1))
    return sorted(found, key=lambda lane: lane.step == "idle")


def hosts(seconds: int, known: int) -> list[HostNow]:
    return [
        HostNow(
            origin=f"https://docs{number}.example.org",
            in_flight=max(0, 8 - number),
            pending=known * 20 - number * 3 + seconds,
            per_host=1 if number == 2 else 8,
            delay=2.0 if number == 1 else 0.05,
            slowed=4.0 if number == 2 else 1.0,
            resting_seconds=max(0.0, 30.0 - seconds) if number == 3 else 0.0,
            failures=number * 2 if number < 5 else 0,
            crawl_delay=2.0 if number == 1 else None,
            given_up=number == 4,
        )
        for number in range(min(known, MAX_HOSTS))
    ]


def recent(at: float, first: int, *, are_errors: bool) -> list[Recent]:
    found = []
    for number in range(first, max(0, first - MAX_RECENT), -1):
        title = BAD_TITLE if number % 5 == 0 else f"{number}. Section {number // 40} of the documentation"
        found.append(
            Recent(
                url=page(number),
                outcome="error" if are_errors else "ok",
                kind="http_status" if are_errors else None,
                status=404 if are_errors else 200,
                title=None if are_errors else title,
                message="404 Not Found" if are_errors else None,
                referrer=page(number // 2),
                elapsed_ms=12.5,
                at=at - (first - number) / 100,
            )
        )
    return found


def picture(seconds: int, **changes: Any) -> Picture:
    """The crawl after so many seconds: 400 pages a second, of which one in twenty fails."""
    at, committed = START + seconds, 400 * seconds
    known = changes.pop("known", 20_000)
    hosts_known = changes.pop("hosts_known", 7)
    fetchers = changes.pop("fetchers", 64)
    errors, skipped = committed // 20, committed // 10
    ok = committed - errors - skipped
    busy = fetchers - fetchers // 9
    shown = Picture(
        at=at,
        pid=PID,
        out="crawls/python-docs",
        seeds=("https://docs0.example.org/", "https://docs1.example.org/"),
        generation=1,
        state="running",
        elapsed=float(seconds),
        discovered=known,
        counts={
            "ok": ok, "truncated": 0, "error": errors, "skipped": skipped, "pending": known - committed
        },
        kinds={"http_status": errors, "redirected": skipped - skipped // 4, "robots": skipped // 4},
        statuses={"200": ok, "301": skipped, "404": errors - errors // 5, "503": errors // 5},
        targets=0,
        targets_pending=0,
        in_flight=busy + 40,
        pages_per_second=400.0,
        pages_per_second_now=400.0 + 30 * (seconds % 5) - 60,
        requests=committed + 30 * seconds,
        retries=seconds * 2,
        bytes=committed * 41_000,
        extract_failed=0,
        parser_restarts=0,
        writer_restarts=0,
        longest_stall=0.042,
        memory_bytes=(180 + min(120, 3 * seconds)) * 2**20,
        peak_memory_bytes=(180 + min(120, 3 * seconds)) * 2**20,
        concurrency=64,
        max_concurrency=64,
        stations=(
            Station("fetch", busy, fetchers, 4.0, page(seconds)),
            Station("parse", 2, 2, 0.2, page(seconds + 1)),
            Station("write", 1, 1, 0.05, page(seconds + 2)),
            Station("commit", 1, 1, 0.1, page(seconds + 3)),
        ),
        queues=(
            QueueNow("page", 30, (24 + seconds % 8) * 2**20, 32 * 2**20),
            QueueNow("finished", 4, 300_000, 16 * 2**20),
            QueueNow("unacked", 12, 900_000, 8 * 2**20),
        ),
        steps=tuple(lanes(at, fetchers, 2, seconds)),
        hosts_known=hosts_known,
        hosts=tuple(hosts(seconds, hosts_known)),
        records=tuple(recent(at, committed, are_errors=False)),
        errors=tuple(recent(at, errors, are_errors=True)),
    )  # fmt: skip
    return msgspec.structs.replace(shown, **changes)
