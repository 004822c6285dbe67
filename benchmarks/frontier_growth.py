"""What a known URL costs the frontier, in memory, on disk and in time, as their number grows.

    python benchmarks/frontier_growth.py
    python benchmarks/frontier_growth.py --urls 100000 1000000 10000000

Each size is measured in a process of its own, so that nothing of the one before is in its memory. The last
line is what one URL more costs: the difference between the last two sizes.
"""

import argparse
import asyncio
import gc
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parent.parent))  # where the crawler is not installed

from crawler.config import Config
from crawler.frontier.known import KnownUrls
from crawler.frontier.sqlite_frontier import SqliteFrontier
from crawler.frontier.state_thread import CrawlState
from crawler.model.commit import Commit
from crawler.model.messages import Finished, HostFeedback, Links
from crawler.model.outcomes import Outcome
from crawler.rules.dedup import fingerprints

HASH_SEED = 1
UNLIMITED = Config(politeness={"per_host": 10_000, "delay": 0.0}, fetch={"concurrency": 10_000})
"""No politeness: nobody is asked."""
LINKS = 100
"""Links of a page; the URLs are taken in by as many at a time."""
FINISHED = 5_000
"""URLs that are leased, finished and committed once all are known."""
BATCH = 256
"""URLs finished by one commit."""


def url_of(number: int, hosts: int) -> str:
    """A URL as long as they are on documentation sites, about 60 characters."""
    return (
        f"http://host{number % hosts}.example/library/chapter-{number // 1000:06d}/section-{number:09d}.html"
    )


def pages_of(count: int, hosts: int) -> Iterator[list[str]]:
    """All URLs, a page's links at a time."""
    for start in range(0, count, LINKS):
        yield [url_of(number, hosts) for number in range(start, min(start + LINKS, count))]


def resident() -> int:
    """Bytes of memory of this process."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def most_resident() -> int:
    """Bytes of memory that this process ever had (not getrusage's, which begins with its parent's)."""
    status = Path("/proc/self/status").read_text()
    return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM:"))


async def take_in(frontier: SqliteFrontier, count: int, hosts: int) -> float:
    """Add all URLs; seconds."""
    seconds = 0.0
    for urls in pages_of(count, hosts):
        started = time.perf_counter()
        await frontier.add(urls)
        seconds += time.perf_counter() - started
    started = time.perf_counter()
    await frontier.commit([])
    return seconds + time.perf_counter() - started


async def see_again(known: KnownUrls, count: int, hosts: int) -> float:
    """Offer every URL once more, as the links of pages; seconds."""
    seconds = 0.0
    for urls in pages_of(count, hosts):
        links = Links("\n".join(urls).encode(), fingerprints(urls, HASH_SEED))
        started = time.perf_counter()
        known.take_new(links)
        seconds += time.perf_counter() - started
    return seconds


async def finish_some(frontier: SqliteFrontier) -> float:
    """Lease URLs, finish them and commit them in batches; seconds for each."""
    started = time.perf_counter()
    done, batch = 0, 0
    while done < FINISHED:
        tickets = await frontier.pop(BATCH)
        finished = [Finished(ticket, Outcome.OK, None, b"{}") for ticket in tickets]
        for one in finished:
            await frontier.fetched(one.ticket, HostFeedback())
            await frontier.finish(one)
        done, batch = done + len(finished), batch + 1
        await frontier.commit([Commit(batch, tuple(finished), {"jsonl": done * 2})])
    return (time.perf_counter() - started) / done


async def grow(state: CrawlState, count: int, hosts: int) -> dict[str, float]:
    """Bring a frontier to this size; bytes and seconds for each URL."""
    frontier = SqliteFrontier(state, UNLIMITED, HASH_SEED)
    empty = resident()
    added = await take_in(frontier, count, hosts)
    grown = resident() - empty
    again = await see_again(frontier._known, count, hosts)
    finished = await finish_some(frontier)
    return {"memory": grown, "add_s": added, "again_s": again, "finish_s": finished}


def measure(count: int, hosts: int) -> dict[str, float]:
    """All figures at one size: bytes in all, seconds in all, seconds a URL for what is done to a few."""
    with tempfile.TemporaryDirectory(prefix="frontier-") as folder:
        state = CrawlState(Path(folder))
        figures = asyncio.run(grow(state, count, hosts))
        state.close()
        disk = sum(file.stat().st_size for file in Path(folder).iterdir())
        restarted = in_own_process("--restart", folder)
    return {"urls": count, "disk": disk, **restarted, **figures}


def restart(out: Path) -> dict[str, float]:
    """Bring the frontier back as a crawl's start does; seconds, and bytes while it did."""
    state = CrawlState(out)

    async def restore() -> float:
        frontier = SqliteFrontier(state, UNLIMITED, HASH_SEED)
        started = time.perf_counter()
        await frontier.restore()
        return time.perf_counter() - started

    empty = most_resident()
    seconds = asyncio.run(restore())
    peak = most_resident() - empty
    state.close()
    return {"restore_s": seconds, "restore_peak": peak}


def in_own_process(*arguments: str) -> dict[str, float]:
    """What this script prints with these arguments."""
    done = subprocess.run(
        [sys.executable, __file__, *arguments], check=True, stdout=subprocess.PIPE, text=True
    )
    figures: dict[str, float] = json.loads(done.stdout)
    return figures


def row_of(name: str, figures: dict[str, float]) -> str:
    """A line of the table."""
    urls = figures["urls"]
    numbers = [figures[key] / urls for key in ("memory", "restore_peak", "disk")]
    numbers += [figures[key] / urls * 1e6 for key in ("add_s", "again_s", "restore_s")]
    return f"{name:>12}" + "".join(f"{number:>12.2f}" for number in [*numbers, figures["finish_s"] * 1e6])


def main() -> None:
    """Measure every size in a process of its own, print the table."""
    parser = argparse.ArgumentParser(description="Memory, disk and time of a known URL in the frontier.")
    parser.add_argument("--urls", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--hosts", type=int, default=1, help="spread over so many hosts")
    parser.add_argument("--here", action="store_true", help="measure in this process, print JSON (one size)")
    parser.add_argument("--restart", type=Path, help="measure a restart of this crawl (a folder), print JSON")
    options = parser.parse_args()
    if options.restart:
        print(json.dumps(restart(options.restart)))
        return
    if options.here:
        print(json.dumps(measure(options.urls[0], options.hosts)))
        return
    print("a URL's cost: bytes of memory (as the crawl goes on, and at most while it restarts) and of disk;")
    print("times in µs (new, link to a known one, read at a restart, leased + finished + committed)")
    columns = ("URLs", "memory", "restarting", "disk", "new", "known", "restart", "finished")
    print("".join(f"{column:>12}" for column in columns))
    all_figures = []
    for count in sorted(options.urls):
        all_figures.append(in_own_process("--here", "--urls", str(count), "--hosts", str(options.hosts)))
        print(row_of(f"{count:,}", all_figures[-1]), flush=True)
    if len(all_figures) > 1:
        small, large = all_figures[-2:]
        more = {key: large[key] - small[key] for key in large} | {"finish_s": large["finish_s"]}
        print(row_of("one more", more))


if __name__ == "__main__":
    main()
