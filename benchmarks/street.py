"""How fast the whole crawl is, against the plain script, Scrapy, Crawlee and wget, on the same pages.

    python benchmarks/street.py --site python3-doc --runs 5
    python benchmarks/street.py --site openjdk-doc --only crawler plain-distinct
    python benchmarks/street.py --site generated --pages 20000 --links 50

Whole processes are measured, from start to exit, in turns (a, b, c, a, b, c, …) so that a machine that
becomes slower becomes so for all; after one round that does not count. Memory is measured in a last round of
its own. After every run the URLs found are compared with ``reference.py``'s: a contender that missed one gets
no figures, nor does one that is not installed. A ratio is the median of the ratios within each round.
The figures go into ``results/street.json``, and a picture beside it.
"""

import argparse
import json
import os
import shlex
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import report
import sites
from contenders import Contender, all_contenders
from picture import draw

HERE = Path(__file__).resolve().parent
RATIOS_TO = ("plain-distinct", "plain", "Scrapy, tuned", "Scrapy, tuned, distinct", "Scrapy, defaults")
"""Whose time each one's is divided by."""

try:
    from reference import Site, survey
except ModuleNotFoundError as error:
    sys.exit(f"no figures: the reference needs {error.name} (pip install -e '.[bench]')")


def run_once(contender: Contender, url: str, site: Site, memory: bool) -> dict[str, float]:
    """One run; sets the contender's problem when it failed or found the wrong URLs."""
    with tempfile.TemporaryDirectory(prefix="street-") as folder:
        command = [sys.executable, str(HERE / "measured_run.py"), *(["--memory"] if memory else [])]
        command += contender.command(url, Path(folder))
        os.sync()  # what the one before left to be written is not this one's to wait for
        done = subprocess.run(command, capture_output=True, text=True, cwd=HERE.parent)
        figures: dict[str, float] = json.loads(done.stdout) if done.returncode == 0 else {"exit": -1}
        if figures["exit"] not in contender.good_exits:
            contender.problem = f"exit code {figures['exit']}, its words are above"
            print(done.stderr.strip(), file=sys.stderr)  # not kept: there may be paths in it
        elif figures["left_behind"]:
            contender.problem = f"left {figures['left_behind']} processes running"
        elif difference := site.difference(contender.found(Path(folder))):
            contender.problem = f"wrong set of URLs: {difference}"
        return figures


def measure(contenders: Sequence[Contender], url: str, site: Site, runs: int) -> None:
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


def share_of(contender: Contender, other: Contender) -> float | None:
    """The part of the other one's time that it takes; None when one of the two has no figures."""
    if contender.problem or other.problem:
        return None
    pairs = zip(contender.runs, other.runs, strict=True)
    return statistics.median(own["wall_s"] / its["wall_s"] for own, its in pairs)


def figures_of(contender: Contender, others: Sequence[Contender], pages: int) -> dict[str, object]:
    """What is kept of a contender; times in seconds, sizes in bytes. Its problem alone, if it has one."""
    if contender.problem:
        return {"problem": contender.problem}
    shares = {other.name: share_of(contender, other) for other in others if other.name in RATIOS_TO}
    wall = contender.median("wall_s")
    return {
        "wall_s": round(wall, 3),
        "wall_s_each": [round(run["wall_s"], 3) for run in contender.runs],
        "cpu_s": round(contender.median("cpu_s"), 3),
        "main_cpu_us_per_page": round(contender.median("main_cpu_s") / pages * 1e6),
        "pages_per_s": round(pages / wall),
        "peak_pss_bytes": int(contender.peak_pss_bytes),
        "share_of_wall": {name: round(share, 3) for name, share in shares.items() if share is not None},
    }


def rows_of(figures: dict[str, dict[str, object]]) -> list[list[str]]:
    """The table as text, its heading first."""
    present = [name for name in RATIOS_TO if name in figures]
    heading = ["", "wall s", "min–max", "pages/s", "CPU s", "peak PSS MB"]
    rows = [heading + [f"÷ {name}" for name in present]]
    for name, got in figures.items():
        if "problem" in got:
            rows.append([name, str(got["problem"])])
            continue
        row = [name, f"{got['wall_s']:.2f}", report.spread(got["wall_s_each"]), str(got["pages_per_s"])]
        row += [f"{got['cpu_s']:.2f}", f"{got['peak_pss_bytes'] / 1e6:.0f}"]
        shares = got["share_of_wall"]
        rows.append(row + [f"{shares[other]:.3f}" if other in shares else "–" for other in present])
    return rows


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description="The crawler against others: time, CPU, memory.")
    parser.add_argument("--site", choices=sites.NAMES, default="python3-doc")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--only", nargs="+", metavar="NAME", help="these contenders only (default: all)")
    parser.add_argument("--crawler-options", default="", help='more options for it: "--executor inline"')
    parser.add_argument(
        "--no-save", action="store_true", help="leave the results and the picture as they are"
    )
    sites.add_generated_options(parser)
    return parser.parse_args()


def chosen(options: argparse.Namespace) -> list[Contender]:
    """The contenders asked for."""
    contenders = all_contenders(shlex.split(options.crawler_options))
    names = [contender.name for contender in contenders]
    if unknown := [name for name in options.only or () if name not in names]:
        sys.exit(f"--only: there is no {unknown[0]!r}; allowed: {', '.join(map(repr, names))}")
    return [contender for contender in contenders if not options.only or contender.name in options.only]


def main() -> None:
    """Serve the site, survey it, measure, print, save."""
    options = arguments()
    contenders, before = chosen(options), report.machine()
    try:
        with sites.open_site(options) as url:
            site = survey(url)
            measure(contenders, url, site, options.runs)
    except sites.SiteMissing as reason:
        sys.exit(f"no figures: {reason}")
    pages = len(site.html)
    figures = {contender.name: figures_of(contender, contenders, pages) for contender in contenders}
    title = f"{options.site}: {pages:,} pages, medians of {options.runs} runs, {before['cores']} cores"
    report.print_table(title, rows_of(figures))
    if not options.no_save:
        entry = {"pages": pages, "runs": options.runs, "machine": before, "contenders": figures}
        report.save("street.json", options.site, entry)
        if why_not := draw(title, figures, report.RESULTS / f"street-{options.site}.png"):
            print(why_not, file=sys.stderr)


if __name__ == "__main__":
    main()
