"""What a start costs: a crawl of one page, against the imports that any asyncio crawler begins with.

    python benchmarks/startup.py --runs 9

Whole processes, in turns, after a round that does not count; a crawl whose one page is not in its output gets
no figures. The site is one page from memory. Results go into ``results/startup.json``.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import report
import sites
from contenders import Contender, crawler, crawler_program, missing

IMPORTS = "import aiohttp, uvloop, selectolax.lexbor"
HERE = Path(__file__).resolve().parent


def contenders() -> list[Contender]:
    """What is started: the imports, the crawl, two helps."""

    def fixed(name: str, *words: str) -> Contender:
        absent = missing("aiohttp", "uvloop", "selectolax", "crawler.__main__")
        return Contender(name, lambda _url, _folder: list(words), lambda _folder: [], absent)

    crawl = crawler()
    crawl.name = "crawler run, one page"
    return [
        fixed("the imports", sys.executable, "-c", IMPORTS),
        crawl,
        fixed("crawler --help", *crawler_program(), "--help"),
        fixed("crawler run --help", *crawler_program(), "run", "--help"),
    ]


def run_once(contender: Contender, url: str) -> dict[str, float]:
    """One start; sets the contender's problem when it failed, or when the crawl did not find its page."""
    with tempfile.TemporaryDirectory(prefix="startup-") as folder:
        command = [sys.executable, str(HERE / "measured_run.py"), *contender.command(url, Path(folder))]
        done = subprocess.run(command, capture_output=True, text=True, cwd=HERE.parent)
        figures: dict[str, float] = json.loads(done.stdout) if done.returncode == 0 else {"exit": -1}
        if figures["exit"] != 0:
            contender.problem = f"exit code {figures['exit']}, its words are above"
            print(done.stderr.strip(), file=sys.stderr)
        elif contender.name.endswith("page") and list(contender.found(Path(folder))) != [url]:
            contender.problem = "its one page is not in its output"
        return figures


def figures_of(contender: Contender, imports: Contender) -> dict[str, object]:
    """What is kept; times in seconds."""
    if contender.problem:
        return {"problem": contender.problem}
    figures: dict[str, object] = {
        "wall_s": round(contender.median("wall_s"), 3),
        "wall_s_each": [round(run["wall_s"], 3) for run in contender.runs],
        "cpu_s": round(contender.median("cpu_s"), 3),
        "main_cpu_s": round(contender.median("main_cpu_s"), 3),
    }
    if not imports.problem:
        pairs = zip(contender.runs, imports.runs, strict=True)
        times = statistics.median(own["wall_s"] / its["wall_s"] for own, its in pairs)
        figures["times_the_imports"] = round(times, 2)
    return figures


def main() -> None:
    """Measure in turns, print, save."""
    parser = argparse.ArgumentParser(description="What a start costs.")
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--no-save", action="store_true", help="leave the results file as it is")
    options = parser.parse_args()
    before, started = report.machine(), contenders()
    try:
        with sites.generated(pages=1, links=0, size=2_000) as url:
            for number in range(-1, options.runs):
                for contender in started:
                    if contender.problem:
                        continue
                    figures = run_once(contender, url)
                    if number >= 0:
                        contender.runs.append(figures)
    except sites.SiteMissing as reason:
        sys.exit(f"no figures: {reason}")
    figures = {contender.name: figures_of(contender, started[0]) for contender in started}
    rows = [["", "wall s", "min–max", "CPU s, all", "CPU s, main", "times the imports"]]
    for name, got in figures.items():
        if "problem" in got:
            rows.append([name, str(got["problem"])])
            continue
        row = [name, f"{got['wall_s']:.3f}", report.spread(got["wall_s_each"]), f"{got['cpu_s']:.2f}"]
        rows.append([*row, f"{got['main_cpu_s']:.2f}", f"{got.get('times_the_imports', '–')}"])
    report.print_table(f"start-up: medians of {options.runs}, {before['cores']} cores", rows)
    if not options.no_save:
        report.save("startup.json", "startup", {"runs": options.runs, "machine": before, "starts": figures})


if __name__ == "__main__":
    main()
