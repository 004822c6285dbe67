"""The tables of ``docs/performance.md``, from the figures in ``results/``.

python benchmarks/tables.py        prints every table that has figures, as Markdown
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import main_loop
from report import RESULTS, spread
from street import RATIOS_TO


def results_of(file: str) -> dict[str, Any]:
    """A results file; empty where nothing was measured yet."""
    path = RESULTS / file
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return found


def markdown(heading: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """One table, numbers to the right."""
    lines = [heading, ["---", *["---:"] * (len(heading) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def street() -> Iterator[str]:
    """Whole crawls, one table a site."""
    for site, entry in results_of("street.json").items():
        rows = []
        for name, got in entry["contenders"].items():
            if "problem" in got:
                rows.append([name, got["problem"], *[""] * (2 + len(RATIOS_TO))])
                continue
            shares = got.get("share_of_wall", {})
            row = [name, f"{got['wall_s']:.2f} ({spread(got['wall_s_each'])})", f"{got['cpu_s']:.2f}"]
            row += [f"{got['peak_pss_bytes'] / 1e6:.0f}"]
            rows.append(row + [f"{shares[other]:.2f}" if other in shares else "" for other in RATIOS_TO])
        heading = [f"{site}, {entry['pages']:,} pages", "wall, s (least–most)", "CPU, s", "memory, MB"]
        yield markdown([*heading, *(f"÷ {name}" for name in RATIOS_TO)], rows)


def startup() -> Iterator[str]:
    """What a start costs."""
    for entry in results_of("startup.json").values():
        rows = []
        for name, got in entry["starts"].items():
            if "problem" not in got:
                wall, times = (
                    f"{got['wall_s']:.2f} ({spread(got['wall_s_each'])})",
                    got.get("times_the_imports"),
                )
                rows.append(
                    [name, wall, f"{got['cpu_s']:.2f}", f"{got['main_cpu_s']:.2f}", f"{times or '–'}"]
                )
        yield markdown(["", "wall, s (least–most)", "CPU, s", "of it main, s", "times the imports"], rows)


def loop() -> Iterator[str]:
    """Processor time by process and part, and the limits that follow."""
    for site, entry in results_of("main_loop.json").items():
        rows = [[f"**{name}**", f"**{us:.0f}**"] for name, us in entry["us_a_page"].items()]
        parts = [[f"main loop: {part}", f"{us:.0f}"] for part, us in entry["main_loop_us_a_page"].items()]
        yield markdown([f"{site}, {entry['pages']:,} pages", "µs a page"], rows[:1] + parts + rows[1:])
        heading, *limits = main_loop.limits(entry["us_a_page"])
        yield markdown(heading, limits)
    for site, entry in results_of("fetching.json").items():
        rows = [[name, str(got["least_us"]), str(got["median_us"])] for name, got in entry["ways"].items()]
        yield markdown([f"{site}, {entry['pages']:,} pages", "µs a page, least", "median"], rows)


def others() -> Iterator[str]:
    """Waiting, heavy pages, growth."""
    for entry in results_of("latency.json").values():
        got = entry["medians"]
        row = [f"{got['pages_per_s']:,.0f}", f"{entry['bound_pages_per_s']:,.0f}"]
        row += [f"{got['share_of_bound']:.2f}", f"{got['longest_stall_ms']:.0f}"]
        yield markdown(["pages/s", "bound", "share", "longest stall, ms"], [row])
    for entry in results_of("extraction.json").values():
        rows = [
            [name, f"{got['wall_s']:.1f} ({spread(got['wall_s_each'])})", f"{got['cpu_s']:.1f}"]
            for name, got in entry.items()
            if isinstance(got, dict) and "wall_s" in got
        ]
        title = f"{entry['pages']} pages; ratio {entry['ratio']:.2f}"
        yield markdown([title, "wall, s (least–most)", "CPU, s"], rows)
    for hosts, entry in results_of("growing.json").items():
        rows = []
        for known, got in entry["known"].items():
            median, base = got["median"], entry["known"].get("10000")
            share = f"{median['pages_per_s'] / base['median']['pages_per_s']:.2f}" if base else ""
            row = [f"{int(known):,}", f"{median['pages_per_s']:,.0f}", share]
            rows.append([*row, f"{median['peak_memory_bytes'] / 1e6:.0f}"])
        yield markdown([f"known URLs, {hosts}", "pages/s", "÷ at 10,000", "memory, MB"], rows)


def main() -> None:
    """Print them all."""
    for tables in (street(), startup(), loop(), others()):
        for table in tables:
            print(table, end="\n\n")


if __name__ == "__main__":
    main()
