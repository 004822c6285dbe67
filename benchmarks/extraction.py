"""What two processes gain where each page is heavy: trafilatura in the crawl, and trafilatura alone.

    python benchmarks/extraction.py --runs 3
    python benchmarks/extraction.py --pages 150 --runs 3

One process reads the pages of a documentation site from the disk and does nothing but extract their main
text; the crawler fetches the very same pages and does it in its parse processes (``--extract``). Whole
processes with start-up, in turns. What they extracted is compared page by page; where it differs there are no
figures. Results go into ``results/extraction.json``.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from urllib.parse import unquote, urlsplit

import report
import sites
from contenders import crawler_program, lines_of, missing
from reference import reachable

HERE = Path(__file__).resolve().parent


def alone(root: Path, urls: list[str]) -> None:
    """In a process of its own: extract every page, print a JSON line for each."""
    from extractors import summary_of

    for url in urls:
        html = (root / unquote(urlsplit(url).path).lstrip("/")).read_bytes()
        print(json.dumps({"url": url, **summary_of(html)}))


def measured(command: list[str]) -> dict[str, float]:
    """The figures of ``measured_run.py``; RuntimeError when the command fails."""
    words = [sys.executable, str(HERE / "measured_run.py"), *command]
    done = subprocess.run(words, capture_output=True, text=True, cwd=HERE)
    figures: dict[str, float] = json.loads(done.stdout) if done.returncode == 0 else {"exit": -1}
    if figures["exit"] != 0:
        print(done.stderr.strip()[-2000:], file=sys.stderr)
        raise RuntimeError(f"exit code {figures['exit']}, its words are above")
    return figures


def digests(path: Path) -> dict[str, str]:
    """What was extracted of each page: by the crawl (its records), or by the process alone."""
    found = {}
    for line in lines_of(path):
        extracted = line.get("extracted", line)
        found[str(line["url"])] = extracted["sha256"] if isinstance(extracted, dict) else "nothing"
    return found


def one_round(root: Path, urls: list[str], workers: int) -> tuple[dict[str, float], dict[str, float]]:
    """Both, one after the other; their figures. RuntimeError when one failed or they differ."""
    with tempfile.TemporaryDirectory(prefix="extraction-") as name:
        folder = Path(name)
        (folder / "urls.json").write_text(json.dumps(urls), encoding="utf-8")
        words = ["--alone", str(folder / "urls.json"), str(root), str(folder / "alone.jsonl")]
        single = measured([sys.executable, str(HERE / "extraction.py"), *words])
        # As seeds, so that both do the very same pages; nothing else is in reach at depth 0.
        (folder / "crawl.toml").write_text(f"seeds = {json.dumps(urls)}\n", encoding="utf-8")
        options = ["--ignore-robots", "--sink", "jsonl", "--no-progress", "--max-depth", "0"]
        options += ["--workers", str(workers), "--extract", "extractors:article"]
        out = ["-c", str(folder / "crawl.toml"), "-o", str(folder / "out")]
        crawl = measured([*crawler_program(), "run", *options, *out])
        expected, got = digests(folder / "alone.jsonl"), digests(folder / "out" / "records.jsonl")
        if expected != got:
            differing = sum(expected.get(url) != got.get(url) for url in expected.keys() | got.keys())
            raise RuntimeError(f"{differing} of {len(expected)} pages were extracted differently")
        return single, crawl


def main() -> None:
    """Serve, measure in turns, print, save."""
    parser = argparse.ArgumentParser(description="Heavy extraction: the crawl against one process.")
    parser.add_argument("--site", choices=list(sites.DOCS), default="python3-doc")
    parser.add_argument("--pages", type=int, help="so many pages only (default: all)")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--no-save", action="store_true", help="leave the results file as it is")
    parser.add_argument("--alone", nargs=3, metavar="FILE", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.alone:
        urls, root, out = map(Path, options.alone)
        with out.open("w", encoding="utf-8") as sys.stdout:
            alone(root, json.loads(urls.read_text(encoding="utf-8")))
        return
    if absent := missing("trafilatura", "crawler.__main__"):
        sys.exit(f"no figures: {absent} (pip install -e '.[bench]')")
    before, rounds = report.machine(), []
    try:
        with sites.serve(options.site) as url:
            urls = [url for url in sorted(reachable(url)) if not url.endswith("/")]
            step = len(urls) // min(options.pages or len(urls), len(urls))
            urls = urls[::step][: options.pages]
            for number in range(options.runs):
                print(f"round {number + 1} of {options.runs}", file=sys.stderr)
                rounds.append(one_round(sites.root_of(options.site), urls, options.workers))
    except (sites.SiteMissing, RuntimeError) as reason:
        sys.exit(f"no figures: {reason}")
    ratio = statistics.median(crawl["wall_s"] / single["wall_s"] for single, crawl in rounds)
    rows = [["", "wall s", "min–max", "CPU s"]]
    entry: dict[str, object] = {"pages": len(urls), "runs": options.runs, "workers": options.workers}
    names = ("extraction alone, one process", f"crawler, {options.workers} parse processes")
    for name, runs in zip(names, zip(*rounds, strict=True), strict=True):
        walls = [run["wall_s"] for run in runs]
        cpu = report.median_of(run["cpu_s"] for run in runs)
        entry[name] = {"wall_s": report.median_of(walls), "wall_s_each": walls, "cpu_s": cpu}
        rows.append([name, f"{statistics.median(walls):.2f}", report.spread(walls), f"{cpu:.2f}"])
    report.print_table(f"{len(urls)} pages through trafilatura: the crawl takes {ratio:.2f} of it", rows)
    if not options.no_save:
        report.save("extraction.json", options.site, {"machine": before, "ratio": round(ratio, 3), **entry})


if __name__ == "__main__":
    main()
