"""Where the processor time goes: µs a page by process, the main loop's by part, and what limits follow.

    python benchmarks/main_loop.py --site python3-doc --runs 5
    python benchmarks/main_loop.py --site openjdk-doc --runs 3

The crawl runs in a process of its own, with everything on. Its costs are counted from the moment the street
begins, so imports are not in them. Each round is three crawls. Nobody looks at the first: it gives the wall
time and what the main process costs. In the second, its children are looked at fifty times a second, for
theirs; that alone would cost the loop 3 %. In the third a sampling profiler (py-spy) finds the parts' shares.
A round whose pages are not the reference's gets no figures. Results go into ``results/main_loop.json``.
"""

import argparse
import asyncio
import contextlib
import json
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parent.parent))  # where the crawler is not installed

import report
import sites
from contenders import lines_of
from reference import Site, survey

HERE = Path(__file__).resolve().parent
SPY = Path(sys.executable).with_name("py-spy")
SAMPLES_A_SECOND = 500
PARTS = {
    "commit": ("crawler/write/",),
    "frontier": ("crawler/frontier/", "crawler/rules/dedup.py"),
    "hand-off": ("crawler/parse/", "crawler/plumbing/", "aiofiles/"),
    "fetch": ("crawler/fetch/", "aiohttp/", "yarl/", "multidict/"),
    "watching": ("crawler/watch/", "crawler/trace/"),
    "street": ("crawler/engine/",),
}
"""Whose files a sample belongs to, looked for from its innermost frame outwards."""
ELSE = "uvloop and sockets"
"""The part of a sample with none of these: the loop itself, and the kernel that copies bodies for it."""
CHILDREN = ("parsers", "writer")
PROCESSES = ("main loop", "main, other threads", *CHILDREN)
CORES = (2, 4, 8, 16)


def cpu_of(pid: int) -> float:
    """Seconds of processor time of all living threads of a process; 0 when it has ended."""
    total = 0
    with contextlib.suppress(OSError):  # it, or a thread of it, ended while we looked
        for stat in Path(f"/proc/{pid}/task").glob("*/schedstat"):
            total += int(stat.read_text().split()[0])
    return total / 1e9


def here(url: str, folder: Path) -> None:
    """In the measured process: crawl as ``crawler run`` does; write down its children and its own costs."""
    import uvloop

    from crawler import Config
    from crawler.engine.crawl import run
    from crawler.engine.lifecycle import open_crawl, output_folder
    from crawler.engine.stations import Stations
    from crawler.fetch import aiohttp_backend  # noqa: F401 - so that the loop does not wait for it

    out, parsers = folder / "out", set[int]()
    begun: dict[str, float] = {}

    def look(stations: Stations) -> None:
        begun.update({"wall": time.monotonic(), "loop": time.thread_time(), "main": time.process_time()})

        def follow() -> None:
            while True:
                parsers.update(stations.parse_pool.pids())
                time.sleep(0.1)  # seldom: it takes the interpreter lock that the loop needs

        threading.Thread(target=follow, daemon=True).start()

    config = Config(seeds=[url], out=out, robots={"obey": False}, progress={"show": False})
    with (
        output_folder(out),
        open_crawl(config, out, {}) as opened,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        runner.run(run(config, out, opened, on_start=look))
        loop = time.thread_time() - begun["loop"]
        main = time.process_time() - begun["main"]
        wall = time.monotonic() - begun["wall"]
    figures = {"wall_s": wall, "loop_s": loop, "main_s": main}
    figures["parsers"] = sorted(parsers)
    (folder / "figures.json").write_text(json.dumps(figures), encoding="utf-8")


def children(pid: int) -> list[int]:
    """The processes that a process started and that live."""
    found: list[int] = []
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{pid}/task").glob("*/children"):
            found += map(int, task.read_text().split())
    return found


def workers_of(process: subprocess.Popen[str]) -> dict[int, float]:
    """Wait for the measured process; seconds of processor time of each process that its fork server made."""
    seconds: dict[int, float] = {}
    while process.poll() is None:
        # The last look at each is what counts: once it has ended, its count is gone.
        for server in children(process.pid):
            for pid in children(server):
                seconds[pid] = max(cpu_of(pid), seconds.get(pid, 0.0))
        time.sleep(0.02)
    return seconds


def part_of(frames: Iterable[str]) -> str:
    """The part of a sample, from its frames, the innermost first."""
    for frame in frames:
        for part, places in PARTS.items():
            if any(place in frame for place in places):
                return part
    return ELSE


def shares_of(raw: str) -> Counter[str]:
    """Samples of the main thread by part, from py-spy's lines ``outermost;…;innermost COUNT``."""
    shares: Counter[str] = Counter()
    for line in raw.splitlines():
        stack, _, count = line.rpartition(" ")
        # Only the loop's own thread, only what runs in the loop, and no import that happens there.
        if "asyncio/runners.py" in stack and "importlib" not in stack:
            shares[part_of(reversed(stack.split(";")))] += int(count)
    return shares


def run_once(url: str, site: Site, look: str | None) -> tuple[dict[str, float], Counter[str]]:
    """One crawl; RuntimeError when it failed or found the wrong pages.

    ``look`` at its "children", at the "parts" of its loop, or at nothing: then what the children cost is 0.
    """
    profile = look == "parts"
    with tempfile.TemporaryDirectory(prefix="main-loop-") as name:
        folder = Path(name)
        command = [sys.executable, str(HERE / "main_loop.py"), "--here", url, name]
        if profile:
            spy = [str(SPY), "record", "--format", "raw", "--full-filenames"]
            command = [*spy, "--rate", str(SAMPLES_A_SECOND), "-o", str(folder / "raw"), "--", *command]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        workers = workers_of(process) if look == "children" else {}
        _, words = process.communicate()
        if process.returncode != 0 or not (folder / "figures.json").exists():
            print(words.strip()[-2000:], file=sys.stderr)
            raise RuntimeError(f"exit code {process.returncode}, its words are above")
        records = lines_of(folder / "out" / "records.jsonl")
        if difference := site.difference(str(one["url"]) for one in records if one["outcome"] == "ok"):
            raise RuntimeError(f"wrong set of URLs: {difference}")
        figures = json.loads((folder / "figures.json").read_text(encoding="utf-8"))
        shares = shares_of((folder / "raw").read_text(encoding="utf-8")) if profile else Counter()
    parsing = sum(seconds for pid, seconds in workers.items() if pid in figures["parsers"])
    writing = sum(workers.values()) - parsing
    seconds = figures["loop_s"], figures["main_s"] - figures["loop_s"], parsing, writing
    by_process = zip(PROCESSES, seconds, strict=True)
    return {"wall_s": figures["wall_s"], **dict(by_process)}, shares


def limits(cost: dict[str, float]) -> list[list[str]]:
    """Pages a second that the costs allow, by cores: the main process's one core, and all cores together."""
    main_loop, all_of_it = cost["main loop"], sum(cost.values())
    rows = [["cores", "all cores full", "the loop's core full", "so pages/s", "parsers busy"]]
    for cores in CORES:
        by_cores, by_loop = cores * 1e6 / all_of_it, 1e6 / main_loop
        rate = min(by_cores, by_loop)
        row = [str(cores), f"{by_cores:,.0f}", f"{by_loop:,.0f}", f"{rate:,.0f}"]
        rows.append([*row, f"{rate * cost['parsers'] / 1e6:.1f}"])
    return rows


def main() -> None:
    """Serve, measure in turns, print, save."""
    parser = argparse.ArgumentParser(description="Processor time a page, by process and by part.")
    parser.add_argument("--site", choices=sites.NAMES, default="python3-doc")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--no-save", action="store_true", help="leave the results file as it is")
    parser.add_argument("--here", nargs=2, help=argparse.SUPPRESS)
    sites.add_generated_options(parser)
    options = parser.parse_args()
    if options.here:
        here(options.here[0], Path(options.here[1]))
        return
    if not SPY.exists():
        sys.exit("no figures: not run, there is no py-spy here (pip install -e '.[bench]')")
    before = report.machine()
    runs: list[dict[str, float]] = []
    samples: Counter[str] = Counter()
    try:
        with sites.open_site(options) as url:
            site = survey(url)
            for number in range(options.runs):
                print(f"round {number + 1} of {options.runs}", file=sys.stderr)
                alone, _ = run_once(url, site, None)
                watched, _ = run_once(url, site, "children")
                runs.append(alone | {one: watched[one] for one in CHILDREN})
                samples += run_once(url, site, "parts")[1]
    except (sites.SiteMissing, RuntimeError) as reason:
        sys.exit(f"no figures: {reason}")
    entry = {"machine": before, **tell(options.site, len(site.html), runs, samples)}
    if not options.no_save:
        report.save("main_loop.json", options.site, entry)


def tell(name: str, pages: int, runs: list[dict[str, float]], samples: Counter[str]) -> dict[str, object]:
    """Print what was measured; the figures to be saved."""
    cost = {one: round(statistics.median(run[one] for run in runs) / pages * 1e6, 1) for one in PROCESSES}
    total = sum(samples.values())
    parts = {part: round(cost["main loop"] * n / total, 1) for part, n in samples.most_common()}
    wall = statistics.median(run["wall_s"] for run in runs)
    used = sum(cost.values()) * pages / 1e6 / wall
    title = f"{name}, {pages:,} pages: µs of processor time a page, medians of {len(runs)}"
    report.print_table(title, [["process", "µs"], *([one, f"{us:.0f}"] for one, us in cost.items())])
    by_part = [["part", "µs"], *([part, f"{us:.0f}"] for part, us in parts.items())]
    report.print_table(f"the main loop by part ({total} samples)", by_part)
    report.print_table("what follows, with the site on other machines", limits(cost))
    print(f"{wall:.2f} s from the street's beginning; {used:.2f} cores were at work for it")
    entry: dict[str, object] = {"pages": pages, "runs": len(runs), "wall_s": round(wall, 3)}
    return entry | {"us_a_page": cost, "main_loop_us_a_page": parts}


if __name__ == "__main__":
    main()
