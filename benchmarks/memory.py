"""What a crawl of a very large site takes in memory, page after page, when its writer is slow.

    python benchmarks/memory.py
    python benchmarks/memory.py --pages 1000000 --links 20 --size 4000 --rate 900 --seconds 2350

The site (``generated_site.py``, a process of its own) has a million pages. The sink is slow, so that every
queue between the stations is full all the time. Each second the memory of all processes of the crawl is read
(what they share counted once), and how much of it the set of known URLs takes, which is the one thing that
must grow. The rest must not: that is the last column.
"""

import argparse
import asyncio
import datetime
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parent.parent))  # where the crawler is not installed

import sites
import slow_sink

from crawler import Config, Crawler
from crawler.engine.stations import Stations
from crawler.sinks import SINKS
from crawler.watch.memory_reading import read_use

RESULTS = Path(__file__).resolve().parent / "results" / "memory.json"
ROWS = 12
SAVED = 200
"""Samples that are saved, about: a long run has one for each second."""
MB = 1_000_000
FINGERPRINT = 48
"""Bytes of an int of 64 bits: 36, in a block that is a multiple of 16."""


def known_bytes(stations: Stations) -> int:
    """What the known URLs take: the set and its numbers, and 8 bytes for each that is pending."""
    known = stations.frontier._known._known
    return sys.getsizeof(known) + FINGERPRINT * len(known) + 8 * stations.frontier.pending


async def sample_for_ever(stations: Stations, samples: list[dict[str, float]]) -> None:
    """A sample each second."""
    started = time.monotonic()
    while True:
        use = await asyncio.to_thread(read_use, stations.parse_pool.pids())
        waiting = (stations.pages.bytes, stations.finished.bytes, stations.committer.ledger.bytes)
        if use is not None and stations.counters.committed:
            samples.append(
                {
                    "seconds": round(time.monotonic() - started, 1),
                    "pages": stations.counters.committed,
                    "known": stations.frontier.known,
                    "queued": sum(waiting),
                    "main": use.main,
                    "parsers": sum(use.parsers.values()),
                    "others": use.others,
                    "total": use.total,
                    "known_bytes": known_bytes(stations),
                }
            )
        await asyncio.sleep(1.0)


async def crawl(url: str, out: Path, options: argparse.Namespace) -> dict[str, object]:
    """Crawl in this process; the samples and how it ended."""
    config = Config(
        seeds=[url],
        out=out,
        scope={"max_pages": options.pages},
        limits={"memory": options.memory} if options.memory else {},
    )
    samples: list[dict[str, float]] = []
    end = time.monotonic() + options.seconds
    async with Crawler(config) as running:
        assert running._stations is not None
        sampling = asyncio.create_task(sample_for_ever(running._stations, samples))
        async for _ in running:
            if time.monotonic() > end:
                break
        sampling.cancel()
    assert running.report is not None
    summary = running.report.summary
    kept = ("state", "discovered", "ok", "pending", "pages_per_second", "peak_memory_bytes")
    disk = (out / "crawl.db").stat().st_size
    return {"summary": {key: summary[key] for key in kept}, "crawl_db_bytes": disk, "samples": samples}


def print_table(samples: list[dict[str, float]]) -> None:
    """Some of the samples, evenly spread over the pages."""
    sizes_of = ("queued", "main", "parsers", "others", "total", "known", "rest")
    print("".join(f"{column:>12}" for column in ("pages", "known", *(f"{name} MB" for name in sizes_of))))
    last = samples[-1]["pages"]
    wanted = [last * (row + 1) / ROWS for row in range(ROWS)]
    for at in wanted:
        sample = next(sample for sample in samples if sample["pages"] >= at)
        sizes = [sample[key] for key in ("queued", "main", "parsers", "others", "total", "known_bytes")]
        sizes.append(sample["total"] - sample["known_bytes"])
        row = [f"{sample['pages']:,}", f"{sample['known']:,}", *(f"{size / MB:.1f}" for size in sizes)]
        print("".join(f"{cell:>12}" for cell in row))


def flatness(samples: list[dict[str, float]]) -> dict[str, float]:
    """How the rest (all that is not known URLs) does from when the queues are full to the last lease."""
    last = samples[-1]["pages"]
    # A third of the pages fills every queue. When all is parsed, the parsers end, and the writer works on.
    steady = [s for s in samples if s["pages"] >= last / 3 and s["parsers"]]
    rest = [(s["pages"], s["total"] - s["known_bytes"]) for s in steady or samples]
    mean_x = sum(x for x, _ in rest) / len(rest)
    mean_y = sum(y for _, y in rest) / len(rest)
    spread = sum((x - mean_x) ** 2 for x, _ in rest) or 1.0
    slope = sum((x - mean_x) * (y - mean_y) for x, y in rest) / spread
    sizes = [y for _, y in rest]
    return {"rest_min": min(sizes), "rest_max": max(sizes), "rest_bytes_per_page": round(slope, 1)}


def main() -> None:
    """Serve, crawl in a process of its own, print, save."""
    parser = argparse.ArgumentParser(description="Memory of a large crawl with a slow writer.")
    parser.add_argument("--site-pages", type=int, default=1_000_000)
    parser.add_argument("--links", type=int, default=50)
    parser.add_argument("--size", type=int, default=8_000, help="bytes of a page")
    parser.add_argument("--pages", type=int, default=100_000, help="pages to crawl")
    parser.add_argument("--seconds", type=float, default=600.0, help="end after so long in any case")
    parser.add_argument("--rate", type=float, default=800.0, help="records a second that the writer takes")
    parser.add_argument("--memory", type=int, help="limits.memory, in bytes")
    parser.add_argument("--no-save", action="store_true", help="leave the results file as it is")
    parser.add_argument("--here", help="crawl this URL in this process, print JSON")
    options = parser.parse_args()
    if options.here:
        SINKS["jsonl"] = slow_sink.SlowJsonl
        with tempfile.TemporaryDirectory(prefix="memory-") as folder:
            print(json.dumps(asyncio.run(crawl(options.here, Path(folder, "out"), options))))
        return
    environment = os.environ | {slow_sink.RATE: str(options.rate)}
    with sites.generated(options.site_pages, options.links, options.size) as url:
        command = [sys.executable, __file__, *sys.argv[1:], "--here", url]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment)
    found = json.loads(done.stdout)
    print_table(found["samples"])
    found["flatness"] = flatness(found["samples"])
    print(json.dumps(found["summary"] | found["flatness"], indent=2))
    found["samples"] = found["samples"][:: max(1, len(found["samples"]) // SAVED)]
    if not options.no_save:
        entry = {
            "when": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
            "machine": {
                "cores": len(os.sched_getaffinity(0)),
                "python": platform.python_version(),
                "system": f"{platform.system()} {platform.machine()}",
            },
            "options": {key: value for key, value in vars(options).items() if key not in ("here", "no_save")},
            **found,
        }
        RESULTS.parent.mkdir(exist_ok=True)
        RESULTS.write_text(json.dumps(entry, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
