"""How fast the whole crawl is, against the plain script, on the same pages.

    python benchmarks/street.py --site python3-doc --runs 5
    python benchmarks/street.py --site generated --pages 20000 --links 50

Whole processes are measured, from start to exit, in turns (a, b, c, a, b, c, …) so that a machine that
becomes slower becomes so for all; after one round that does not count. Memory is measured in a last round of
its own. After every run the URLs found are compared with ``reference.py``'s: a contender that missed one gets
no figures. A ratio is the median of the ratios within each round.
"""

import argparse
import contextlib
import datetime
import importlib.metadata
import json
import os
import platform
import shlex
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import sites
from contenders import Contender, crawler, plain

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results" / "street.json"
PARTS = ("aiohttp", "uvloop", "selectolax", "turbohtml", "ada-url", "msgspec")
QUIET_LOAD = 0.5
"""Processes that ran or waited for a core, mean of the last minute, above which others use the machine."""

try:
    from reference import Site, survey
except ModuleNotFoundError as error:
    sys.exit(f"no figures: the reference needs {error.name} (pip install -e '.[bench]')")


def run_once(contender: Contender, url: str, site: Site, memory: bool) -> dict[str, float]:
    """One run; sets the contender's problem when it failed or found the wrong URLs."""
    with tempfile.TemporaryDirectory(prefix="street-") as folder:
        command = [sys.executable, str(HERE / "measured_run.py"), *(["--memory"] if memory else [])]
        command += contender.command(url, Path(folder))
        done = subprocess.run(command, capture_output=True, text=True, cwd=HERE.parent)
        figures: dict[str, float] = json.loads(done.stdout) if done.returncode == 0 else {"exit": -1}
        if figures["exit"] != 0:
            contender.problem = f"exit code {figures['exit']}, its words are above"
            print(done.stderr.strip(), file=sys.stderr)  # not kept: there may be paths in it
        elif figures["left_behind"]:
            contender.problem = f"left {figures['left_behind']} processes running"
        elif difference := site.difference(contender.found(Path(folder))):
            contender.problem = f"wrong set of URLs: {difference}"
        return figures


def measure(contenders: list[Contender], url: str, site: Site, runs: int) -> None:
    """The rounds: one to warm up, those that count, one for memory."""
    for number in range(-1, runs + 1):
        memory = number == runs
        name = "warm-up" if number < 0 else "memory" if memory else f"round {number + 1} of {runs}"
        print(name, file=sys.stderr)
        for contender in contenders:
            if contender.problem:
                continue
            figures = run_once(contender, url, site, memory)
            if memory:
                contender.peak_pss_bytes = figures.get("peak_pss_bytes", 0.0)
            elif number >= 0:
                contender.runs.append(figures)


def speed_up(contender: Contender, over: Contender) -> float | None:
    """How many times as long the other one took; None when one of the two has no figures."""
    if contender.problem or over.problem:
        return None
    pairs = zip(over.runs, contender.runs, strict=True)
    return statistics.median(other["wall_s"] / own["wall_s"] for other, own in pairs)


def figures_of(contender: Contender, peers: list[Contender], pages: int) -> dict[str, object]:
    """What is kept of a contender; times in seconds, sizes in bytes."""
    if contender.problem:
        return {"problem": contender.problem}
    wall = contender.median("wall_s")
    return {
        "wall_s": round(wall, 3),
        "wall_s_each": [round(run["wall_s"], 3) for run in contender.runs],
        "cpu_s": round(contender.median("cpu_s"), 3),
        "main_cpu_us_per_page": round(contender.median("main_cpu_s") / pages * 1e6),
        "pages_per_s": round(pages / wall),
        "peak_pss_bytes": int(contender.peak_pss_bytes),
        "times_as_fast_as": {
            peer.name: round(times, 2) for peer in peers if (times := speed_up(contender, peer)) is not None
        },
    }


def machine() -> dict[str, object]:
    """What the figures depend on, without names of hosts and folders."""
    versions = {}
    for part in PARTS:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            versions[part] = importlib.metadata.version(part)
    return {
        "cores": len(os.sched_getaffinity(0)),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "load_before": round(os.getloadavg()[0], 2),
        "versions": versions,
    }


def rows_of(figures: dict[str, dict[str, object]], peers: list[str]) -> list[list[str]]:
    """The table as text, its heading first."""
    heading = ["", "wall s", "min–max", "pages/s", "CPU s", "main µs/page", "peak PSS MB"]
    rows = [heading + [f"× {peer}" for peer in peers]]
    for name, got in figures.items():
        if "problem" in got:
            rows.append([name, str(got["problem"])])
            continue
        each, times = got["wall_s_each"], got["times_as_fast_as"]
        row = [name, f"{got['wall_s']:.2f}", f"{min(each):.2f}–{max(each):.2f}", str(got["pages_per_s"])]
        row += [f"{got['cpu_s']:.2f}", str(got["main_cpu_us_per_page"])]
        row += [f"{got['peak_pss_bytes'] / 1e6:.0f}", *(f"{times.get(peer, 0) or '–'}" for peer in peers)]
        rows.append(row)
    return rows


def print_table(title: str, rows: list[list[str]]) -> None:
    """By rich where it is installed; a contender without figures has its reason below the table."""
    heading, *body = rows
    whole = [row for row in body if len(row) == len(heading)]
    try:
        from rich.console import Console
        from rich.table import Table
    except ModuleNotFoundError:
        print(title, *("\t".join(row) for row in [heading, *whole]), sep="\n")
    else:
        table = Table(title=title)
        for column in heading:
            table.add_column(column, justify="right" if column else "left")
        for row in whole:
            table.add_row(*row)
        console = Console()
        console.width = max(console.width, 120)  # into a file or a pipe it would fold the table at 80
        console.print(table)
    for row in body:
        if row not in whole:
            print(f"{row[0]}: no figures, {row[1]}")


def save(site_name: str, entry: dict[str, object]) -> None:
    """Put the entry into the results, in the place of the site's earlier one."""
    results = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    results[site_name] = entry
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(results, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description="The crawler against the plain script: time, CPU, memory.")
    parser.add_argument("--site", choices=sites.NAMES, default="python3-doc")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--crawler-options", default="", help='more options for it: "--executor inline"')
    parser.add_argument("--no-save", action="store_true", help="leave the results file as it is")
    sites.add_generated_options(parser)
    return parser.parse_args()


def main() -> None:
    """Serve the site, survey it, measure, print, save."""
    options = arguments()
    before = machine()
    if os.getloadavg()[0] > QUIET_LOAD:
        print(f"something else is using this machine (load {before['load_before']})", file=sys.stderr)
    peers = [plain("plain"), plain("plain-distinct", "--distinct")]
    contenders = [*peers, crawler(shlex.split(options.crawler_options))]
    try:
        with sites.open_site(options) as url:
            site = survey(url)
            measure(contenders, url, site, options.runs)
    except sites.SiteMissing as reason:
        sys.exit(f"no figures: {reason}")
    pages = len(site.html)
    figures = {contender.name: figures_of(contender, peers, pages) for contender in contenders}
    rows = rows_of(figures, [peer.name for peer in peers])
    print_table(
        f"{options.site}: {pages} pages, medians of {options.runs} runs, {before['cores']} cores", rows
    )
    if not options.no_save:
        when = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        entry = {"when": when, "pages": pages, "runs": options.runs, "machine": before, "contenders": figures}
        save(options.site, entry)


if __name__ == "__main__":
    main()
