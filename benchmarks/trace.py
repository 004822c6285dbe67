"""What it costs to be watched: pages a second with and without; bytes and microseconds for each URL.

    python benchmarks/trace.py [--pairs 8] [--site python3-doc] [--page]

Crawls of the same site, with and without ``--trace`` in turns, so that what else the machine does meets both
alike; with ``--page`` they have a live page too, at which one viewer looks. Needs nginx and the documentation
package (see benchmarks/sites.py).
"""

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from itertools import chain
from pathlib import Path

import sites

from crawler import Config, Crawler
from crawler.trace.recorder import Event, Recorder
from crawler.trace.recording import Recording


def look(port: int, seen: list[int]) -> None:
    """Look at the live page until the crawl has ended; how many events were seen."""
    while not seen[0]:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/events", timeout=30) as events:
                for line in events:
                    seen[0] += line.startswith(b"event:")
        except OSError:
            time.sleep(0.02)  # it is not there yet


def pages_per_second(url: str, *options: str, page: bool = False) -> tuple[float, int]:
    """Of one crawl by the command, its start included; and the bytes of its trace for each URL."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "out")
        command = [sys.executable, "-m", "crawler", "run", url, "-o", str(out), "-q", *options]
        seen = [0]
        if page:
            port = sites.free_port()
            command += ["--dashboard", str(port)]
            threading.Thread(target=look, args=(port, seen), daemon=True).start()
        began = time.perf_counter()
        subprocess.run(command, check=False, stdout=subprocess.DEVNULL)
        seconds = time.perf_counter() - began
        assert bool(seen[0]) is page, "nobody has seen the live page"
        found = json.loads((out / "summary.json").read_text())["discovered"]
        size = sum(path.stat().st_size for path in out.glob("trace*.pftrace"))
        return found / seconds, size // found


def encoding(url: str) -> tuple[float, float]:
    """Microseconds of one core that it takes to encode what one URL leaves, and its number of events."""
    taken: list[list[Event]] = []

    class Kept(Recorder):
        def take(self) -> list[Event]:
            taken.append(super().take())
            return taken[-1]

    async def crawl(folder: str) -> int:
        config = Config(seeds=[url], out=folder, trace={"write": True})
        async with Crawler(config) as crawler:
            return len([record async for record in crawler])

    from crawler.engine import traced

    traced.Recorder = Kept  # type: ignore[misc]
    with tempfile.TemporaryDirectory() as folder:
        count = asyncio.run(crawl(folder))
    events = list(chain.from_iterable(taken))
    recording = Recording(1, 1, str)
    recording.begin_file()
    began = time.process_time()
    for event in events:
        recording.packets(event)
    return 1e6 * (time.process_time() - began) / count, len(events) / count


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--pairs", type=int, default=8)
    parser.add_argument("--site", choices=sites.DOCS, default="python3-doc")
    parser.add_argument("--page", action="store_true")
    given = parser.parse_args()
    with sites.serve(given.site) as url:
        micro, events = encoding(url)
        print(f"encoding: {micro:.1f} µs and {events:.1f} events a URL")
        ratios = []
        for number in range(given.pairs):
            turns = [("without", ()), ("with", ("--trace",))]
            rates = {}
            for name, options in turns if number % 2 else reversed(turns):
                rates[name], size = pages_per_second(url, *options, page=given.page and bool(options))
                if options:
                    print(f"{size} bytes a URL", end=", ")
            ratios.append(rates["with"] / rates["without"])
            print(f"without {rates['without']:.0f}, with {rates['with']:.0f} pages/s: {ratios[-1]:.3f}")
    if ratios:
        print(f"median of {len(ratios)}: {statistics.median(ratios):.3f} of the pages/s without a trace")


if __name__ == "__main__":
    main()
