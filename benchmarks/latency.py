"""How well waiting is hidden: a site that answers after 50 ms, asked by 128 at once.

    python benchmarks/latency.py --runs 5

The bound is 128 pages in each 50 ms. The site's pages are made beforehand and it notes when each request
came, so the rate is what was seen from outside: the requests in the middle four fifths of the crawl, where at
least 128 URLs are always known. Start and end are left out, since they cost the same however long a crawl is.
A run that did not reach every page gets no figures. Results go into ``results/latency.json``.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import report
import sites
from contenders import crawler
from reference import Site

HERE = Path(__file__).resolve().parent


def steady_rate(times: Sequence[float]) -> float:
    """Requests a second between the first tenth of them and the last."""
    first, last = len(times) // 10, len(times) - len(times) // 10 - 1
    return (last - first) / (times[last] - times[first])


def run_once(options: argparse.Namespace) -> dict[str, float] | str:
    """One crawl's figures; in words why there are none."""
    with tempfile.TemporaryDirectory(prefix="latency-") as name:
        folder = Path(name)
        times = folder / "times"
        limits = ["--concurrency", str(options.concurrency), "--per-host", str(options.concurrency)]
        contender = crawler(limits)
        if contender.problem:
            return contender.problem
        with sites.generated(
            options.pages, options.links, options.size, delay=options.delay, prepare=True, times=times
        ) as url:
            command = [sys.executable, str(HERE / "measured_run.py"), *contender.command(url, folder)]
            done = subprocess.run(command, capture_output=True, text=True, cwd=HERE.parent)
            figures: dict[str, float] = json.loads(done.stdout) if done.returncode == 0 else {"exit": -1}
        if figures["exit"] != 0:
            print(done.stderr.strip(), file=sys.stderr)
            return f"exit code {figures['exit']}, its words are above"
        base = url.rpartition("/")[0]
        site = Site({f"{base}/{page}" for page in range(options.pages)})
        if difference := site.difference(contender.found(folder)):
            return f"wrong set of URLs: {difference}"
        summary = json.loads((folder / "out" / "summary.json").read_text(encoding="utf-8"))
        rate = steady_rate([float(line) for line in times.read_text().split()])
        return {
            "pages_per_s": round(rate),
            "share_of_bound": round(rate * options.delay / options.concurrency, 3),
            "wall_s": round(figures["wall_s"], 3),
            "cpu_s": round(figures["cpu_s"], 3),
            "main_cpu_s": round(figures["main_cpu_s"], 3),
            "longest_stall_ms": summary["longest_stall_ms"],
        }


def main() -> None:
    """Measure, print, save."""
    parser = argparse.ArgumentParser(description="Pages a second where every answer takes its time.")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--pages", type=int, default=12_000)
    parser.add_argument("--links", type=int, default=16)
    parser.add_argument("--size", type=int, default=2_000, help="bytes of a page")
    parser.add_argument("--delay", type=float, default=0.05, help="seconds before each answer")
    parser.add_argument("--concurrency", type=int, default=128)
    parser.add_argument("--no-save", action="store_true", help="leave the results file as it is")
    options = parser.parse_args()
    before, runs = report.machine(), []
    for _ in range(options.runs):
        try:
            got = run_once(options)
        except sites.SiteMissing as reason:
            got = str(reason)
        if isinstance(got, str):
            sys.exit(f"no figures: {got}")
        runs.append(got)
    bound = options.concurrency / options.delay
    medians = {key: report.median_of(run[key] for run in runs) for key in runs[0]}
    rates = [run["pages_per_s"] for run in runs]
    rows = [
        ["", "pages/s", "min–max", "of the bound", "CPU s, all", "CPU s, main", "longest stall, ms"],
        [
            f"{options.concurrency} at once, {options.delay * 1000:.0f} ms (bound {bound:,.0f})",
            f"{medians['pages_per_s']:,.0f}",
            f"{min(rates):,}–{max(rates):,}",
            f"{medians['share_of_bound']:.3f}",
            f"{medians['cpu_s']:.2f}",
            f"{medians['main_cpu_s']:.2f}",
            f"{medians['longest_stall_ms']:.0f}",
        ],
    ]
    report.print_table(f"{options.pages:,} pages, medians of {options.runs}, {before['cores']} cores", rows)
    if not options.no_save:
        keys = ("pages", "links", "size", "delay", "concurrency")
        settings = {key: getattr(options, key) for key in keys}
        entry = {"machine": before, "settings": settings, "bound_pages_per_s": bound}
        report.save("latency.json", "latency", {**entry, "medians": medians, "runs": runs})


if __name__ == "__main__":
    main()
