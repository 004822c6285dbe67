"""What each sink costs a whole crawl: it runs alone, against ``jsonl`` alone, on the same pages.

    python benchmarks/sinks.py --site openjdk-doc --runs 5
    python benchmarks/sinks.py --site python3-doc --only jsonl warc --options "--set warc.part_bytes=10000000"

As in ``street.py`` whole processes are measured, in turns, after one round that does not count. After every
run the URLs are read back with the sink's own reader and compared; one that lacks a page gets no figures.
"""

import argparse
import json
import shlex
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import report
import sites
import street
from contenders import Contender, crawler_program
from reference import survey

from crawler.sinks import SINKS

JSONL = "jsonl"


def crawler(name: str, options: Iterable[str]) -> Contender:
    """The crawler with the sink ``name`` alone."""
    sink = SINKS[name]

    def command(url: str, folder: Path) -> list[str]:
        out = str(folder / "out")
        words = ["run", "--ignore-robots", "--no-progress", "--sink", name, *options, url, "-o", out]
        return [*crawler_program(), *words]

    def found(folder: Path) -> Iterator[str]:
        for line in sink.read(folder / "out" / sink.file_name):
            record = json.loads(line)
            if record["outcome"] == "ok":
                yield record["url"]

    problem = f"not run, it needs pip install 'crawler[{sink.extra}]'" if sink.missing() else None
    return Contender(name, command, found, problem)


def main() -> None:
    """Serve the site, measure, print, save."""
    names = [name for name, sink in SINKS.items() if sink.holds_records]
    parser = argparse.ArgumentParser(description="Each sink against jsonl: time, CPU, memory.")
    parser.add_argument("--site", choices=sites.NAMES, default="openjdk-doc")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--only", nargs="+", choices=names, default=names, help="these sinks only")
    parser.add_argument("--options", default="", help="more options for the crawler")
    parser.add_argument("--no-save", action="store_true", help="leave the results as they are")
    sites.add_generated_options(parser)
    options, before = parser.parse_args(), report.machine()
    street.RATIOS_TO = (JSONL,)
    try:
        with sites.open_site(options) as url:
            site = survey(url)
            contenders = [crawler(name, shlex.split(options.options)) for name in options.only]
            street.measure(contenders, url, site, options.runs)
    except sites.SiteMissing as reason:
        sys.exit(f"no figures: {reason}")
    pages = len(site.html)
    figures = {one.name: street.figures_of(one, contenders, pages) for one in contenders}
    title = f"{options.site}: {pages:,} pages, medians of {options.runs} runs, {before['cores']} cores"
    report.print_table(title, street.rows_of(figures))
    if not options.no_save:
        entry = {"pages": pages, "runs": options.runs, "machine": before, "contenders": figures}
        report.save("sinks.json", options.site, entry)


if __name__ == "__main__":
    main()
