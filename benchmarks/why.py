"""How well ``crawler trace --why`` predicts: from a crawl with one setting, of a crawl with the other.

    python benchmarks/why.py --runs 5

Sites on this machine: python3-doc behind nginx, generated sites whose answers take 20 or 50 ms, and one whose
pages each take an extract function 10 ms of computing. For each pair the crawl is recorded with the first
setting, and run with the second; both in turn, so that what else the machine does falls on both. What is
compared are medians of the time from the first request to the last commit. Results go into
``results/why.json``.
"""

import argparse
import contextlib
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import report
import sites

HERE = Path(__file__).resolve().parent
BURNS = """\
import time


def extract(page):
    until = time.thread_time() + 0.010
    while time.thread_time() < until:
        pass
"""


class Pair(NamedTuple):
    """Two crawls of one site."""

    site: str
    change: str
    """As ``--why`` names it."""
    before: str
    """Options."""
    after: str


PAIRS = (
    Pair("python3-doc", "2 parsers", "--workers 1", "--workers 2"),
    Pair("python3-doc", "1 parser", "--workers 2", "--workers 1"),
    Pair("python3-doc", "32 at once", "--concurrency 8", "--concurrency 32"),
    Pair("computing", "2 parsers", "--workers 1", "--workers 2"),
    Pair("computing", "1 parser", "--workers 2", "--workers 1"),
    Pair("computing", "128 at once", "--workers 2 --concurrency 32", "--workers 2 --concurrency 128"),
    Pair("waiting", "32 at once", "--concurrency 8", "--concurrency 32"),
    Pair("waiting", "64 at once", "--concurrency 16", "--concurrency 64"),
    Pair("waiting", "2 parsers", "--workers 1 --concurrency 8", "--workers 2 --concurrency 8"),
    Pair("polite", "without the delay", "--delay 0.02", "--delay 0"),
    Pair("polite", "16 at once", "--delay 0.02 --concurrency 8", "--delay 0.02 --concurrency 16"),
)


@contextlib.contextmanager
def served(site: str) -> Iterator[tuple[str, list[str]]]:
    """The site's URL, and options that all its crawls have."""
    if site == "python3-doc":
        with sites.serve(site) as url:
            yield url, []
    elif site == "computing":
        with sites.generated(400, 20, 5_000) as url:
            yield url, ["--extract", "burning:extract"]
    elif site == "waiting":
        with sites.generated(2_000, 20, 5_000, delay=0.02) as url:
            yield url, []
    else:
        with sites.generated(200, 20, 5_000, delay=0.05) as url:
            yield url, []


def crawled(folder: Path, name: str, url: str, options: list[str]) -> dict[str, object]:
    """What ``--why`` says of one crawl."""
    command = [sys.executable, "-m", "crawler"]
    run = [*command, "run", url, "-o", name, "--trace", "--no-progress", *options]
    subprocess.run(run, cwd=folder, check=True, capture_output=True)
    done = subprocess.run(
        [*command, "trace", name, "--why", "--json"], cwd=folder, check=True, capture_output=True, text=True
    )
    found: dict[str, object] = json.loads(done.stdout)
    return found


def held(pair: Pair, runs: int) -> dict[str, object]:
    """The pair's figures."""
    predicted, before, after = [], [], []
    limits = set()
    with tempfile.TemporaryDirectory(prefix="why-") as name, served(pair.site) as (url, options):
        folder = Path(name)
        (folder / "burning.py").write_text(BURNS)
        for turn in range(runs):
            first = crawled(folder, f"before-{turn}", url, [*options, *pair.before.split()])
            second = crawled(folder, f"after-{turn}", url, [*options, *pair.after.split()])
            predicted += [each["speed"] for each in first["changes"] if each["name"] == pair.change]
            limits.add(first["limit"])
            before.append(first["seconds"])
            after.append(second["seconds"])
    speed = report.median_of(predicted)
    measured = round(report.median_of(before, 6) / report.median_of(after, 6), 3)
    return {
        "limit": sorted(limits),
        "predicted": speed,
        "measured": measured,
        "off": round(speed / measured - 1, 3),
        "before_s": [round(seconds, 3) for seconds in before],
        "after_s": [round(seconds, 3) for seconds in after],
    }


def main() -> None:
    """Measure, print, save."""
    parser = argparse.ArgumentParser(description="Predictions of --why, held against runs.")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--site", choices=sorted({pair.site for pair in PAIRS}), help="only this one's pairs")
    parser.add_argument("--no-save", action="store_true", help="leave the results file as it is")
    options = parser.parse_args()
    machine, rows, entries = (
        report.machine(),
        [["site, as it ran", "change", "limit", "predicted", "measured", "off"]],
        [],
    )
    for pair in PAIRS:
        if options.site not in (None, pair.site):
            continue
        found = held(pair, options.runs)
        entries.append({**pair._asdict(), **found})
        rows.append(
            [
                f"{pair.site} {pair.before}",
                pair.change,
                ", ".join(found["limit"]),
                f"{found['predicted']:.2f} ×",
                f"{found['measured']:.2f} ×",
                f"{found['off']:+.0%}",
            ]
        )
    report.print_table(f"Predicted and measured, medians of {options.runs}, {machine['cores']} cores", rows)
    if not options.no_save:
        report.save(
            "why.json", options.site or "all", {"machine": machine, "runs": options.runs, "pairs": entries}
        )


if __name__ == "__main__":
    main()
