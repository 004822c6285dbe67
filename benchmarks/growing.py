"""Does a crawl become slower as it knows more? Pages a second and memory at 10³, 10⁴, 10⁵, 10⁶ known URLs.

    python benchmarks/growing.py --runs 3
    python benchmarks/growing.py --hosts 10000 --runs 3

A whole crawl of a million pages takes too long to be repeated, so each size is a window: ``crawl.db`` is
filled by the crawler's own frontier with so many URLs that wait, and the crawl goes on from there for ten
thousand pages, each with links to 50 of the known ones. The site (a process of its own) notes when each
request came; the rate is that of the middle four fifths, so start-up and restart, told apart in the table,
are not in it. Memory is the most that all processes together were seen taking, shared memory counted once.
Sizes take turns. A run that did not record its window of pages gets no figures. Results go into
``results/growing.json``.
"""

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

sys.path.append(str(Path(__file__).resolve().parent.parent))  # where the crawler is not installed

import report
import sites
from contenders import crawler_program, lines_of
from generated_site import url_of
from latency import steady_rate

from crawler import Config
from crawler.engine import lifecycle
from crawler.engine.lifecycle import open_crawl, output_folder
from crawler.frontier.known import KnownUrls
from crawler.frontier.sqlite_frontier import SqliteFrontier
from crawler.rules.politeness import LaneLimits

HERE = Path(__file__).resolve().parent
AT_ONCE = 1_000
"""URLs taken in by one call."""


def fill(out: Path, settings: dict[str, object], urls: list[str]) -> None:
    """Leave a crawl in ``out`` that knows these URLs and has asked for none."""
    config, logins = lifecycle.serialised(Config.from_json(json.dumps(settings)))

    async def take_in() -> None:
        def unlimited(_origin: str, _delay: float | None) -> LaneLimits:
            return LaneLimits(per_host=10_000, delay=0.0)

        partitions = config.frontier.partitions
        frontier = SqliteFrontier(
            opened.state.store, KnownUrls(opened.hash_seed), unlimited, partitions=partitions
        )
        await frontier.restore()
        for start in range(0, len(urls), AT_ONCE):
            await frontier.add(urls[start : start + AT_ONCE])
        await frontier.flush()

    with output_folder(out), open_crawl(config, out, logins) as opened:
        asyncio.run(take_in())


def window(options: argparse.Namespace, known: int, folder: Path) -> dict[str, float]:
    """Crawl a window of a site of ``known`` pages; the figures. RuntimeError when it went wrong."""
    hosts, pages = min(options.hosts, known), min(options.window, known)
    out, times = folder / "out", folder / "times"
    with sites.generated(known, min(50, known - 1), options.size, hosts=hosts, times=times) as first:
        port = urlsplit(first).port or 80
        urls = [url_of(page, hosts, port) for page in range(known)]
        # A page of each host: a loopback address may be asked only where it is a seed's.
        settings = {"seeds": urls[:hosts], "out": str(out), "scope": {"max_pages": pages}}
        settings |= {"robots": {"obey": False}, "write": {"sinks": ["jsonl"]}, "progress": {"show": False}}
        fill(out, settings, urls)
        words = [sys.executable, str(HERE / "measured_run.py")]
        command = [*crawler_program(), "resume", str(out)]
        done = subprocess.run([*words, *command], capture_output=True, text=True, cwd=folder)
        figures: dict[str, float] = json.loads(done.stdout) if done.returncode == 0 else {"exit": -1}
        if figures["exit"] != 0:
            print(done.stderr.strip()[-2000:], file=sys.stderr)
            raise RuntimeError(f"exit code {figures['exit']}, its words are above")
    recorded = {str(one["url"]) for one in lines_of(out / "records.jsonl") if one["outcome"] == "ok"}
    if len(recorded) < pages or not recorded <= set(urls):
        raise RuntimeError(f"wrong set of URLs: {len(recorded)} recorded, {pages} wanted")
    summary = json.loads((out / "summary.json").read_text(encoding="utf-8"))
    asked = [float(line) for line in times.read_text().split()]
    return {
        "pages_per_s": round(steady_rate(asked)),
        "peak_memory_bytes": summary["peak_memory_bytes"],
        "main_cpu_s": round(figures["main_cpu_s"], 3),
        "wall_s": round(figures["wall_s"], 3),
        "crawling_s": round(asked[-1] - asked[0], 3),
        "crawl_db_bytes": (out / "crawl.db").stat().st_size,
    }


def row_of(known: int, got: dict[str, float], base: float | None) -> list[str]:
    """A line of the table."""
    row = [f"{known:,}", f"{got['pages_per_s']:,.0f}"]
    row += [f"{got['pages_per_s'] / base:.2f}" if base else "–", f"{got['peak_memory_bytes'] / 1e6:.0f}"]
    return [*row, f"{got['wall_s'] - got['crawling_s']:.2f}", f"{got['crawl_db_bytes'] / 1e6:.1f}"]


def main() -> None:
    """Measure every size in turns, print, save."""
    parser = argparse.ArgumentParser(description="Pages a second and memory as the known URLs grow.")
    parser.add_argument("--known", type=int, nargs="+", default=[1_000, 10_000, 100_000, 1_000_000])
    parser.add_argument("--window", type=int, default=10_000, help="pages crawled at each size")
    parser.add_argument("--hosts", type=int, default=1, help="spread over so many hosts")
    parser.add_argument("--size", type=int, default=8_000, help="bytes of a page")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--no-save", action="store_true", help="leave the results file as it is")
    options = parser.parse_args()
    before = report.machine()
    runs: dict[int, list[dict[str, float]]] = {known: [] for known in sorted(options.known)}
    try:
        for number in range(options.runs):
            print(f"round {number + 1} of {options.runs}", file=sys.stderr)
            for known, got in runs.items():
                with tempfile.TemporaryDirectory(prefix="growing-") as folder:
                    got.append(window(options, known, Path(folder)))
    except (sites.SiteMissing, RuntimeError) as reason:
        sys.exit(f"no figures: {reason}")
    medians = {
        known: {key: report.median_of(run[key] for run in got) for key in got[0]}
        for known, got in runs.items()
    }
    base = medians[10_000]["pages_per_s"] if 10_000 in medians else None
    rows = [["known", "pages/s", "÷ at 10,000", "peak memory MB", "start and end s", "crawl.db MB"]]
    rows += [row_of(known, got, base) for known, got in medians.items()]
    report.print_table(f"windows of {options.window:,} pages, hosts: {options.hosts:,}", rows)
    if not options.no_save:
        entry = {"machine": before, "window": options.window, "runs": options.runs, "size": options.size}
        sizes = {str(known): {"median": medians[known], "runs": got} for known, got in runs.items()}
        report.save("growing.json", f"{options.hosts} hosts", {**entry, "known": sizes})


if __name__ == "__main__":
    main()
