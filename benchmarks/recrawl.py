"""A further generation of a site on which nothing has changed, against its first crawl.

    python benchmarks/recrawl.py --site python3-doc --runs 5
    python benchmarks/recrawl.py --site openjdk-base --runs 3

As in ``street.py`` whole processes are measured, in turns, after one round that does not count. A further
generation begins with a copy of one crawl. After every run its records are compared with the pages; all
of them must be unchanged, and no body may have been read.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

import report
import sites
import street
from contenders import Contender, crawler, crawler_program, lines_of
from reference import survey


def recrawl(first: Path) -> Contender:
    """A further generation of the crawl that is made in ``first`` when it is needed."""

    def command(url: str, folder: Path) -> list[str]:
        if not first.exists():
            always = ["--ignore-robots", "--sink", "jsonl", "-q"]
            subprocess.run([*crawler_program(), "run", *always, url, "-o", str(first)], check=True)
        shutil.copytree(first, folder / "out")
        return [*crawler_program(), "recrawl", "--no-progress", str(folder / "out")]

    def found(folder: Path) -> Iterable[str]:
        out = folder / "out"
        read = json.loads((out / "summary.json").read_bytes())["bytes"]
        if read:
            raise ValueError(f"{read} bytes of bodies were read")
        records = lines_of(out / "records@2.jsonl")
        return (str(record["url"]) for record in records if record["outcome"] == "ok" and record["unchanged"])

    return Contender("recrawl", command, found, None)


def main() -> None:
    """Serve the site, measure, print, save."""
    parser = argparse.ArgumentParser(description="A further generation against the first: time, CPU, memory.")
    parser.add_argument("--site", choices=sites.NAMES, default="python3-doc")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--no-save", action="store_true", help="leave the results as they are")
    sites.add_generated_options(parser)
    options, before = parser.parse_args(), report.machine()
    street.RATIOS_TO = ("crawler",)
    try:
        with sites.open_site(options) as url, tempfile.TemporaryDirectory() as folder:
            site = survey(url)
            contenders = [crawler(), recrawl(Path(folder) / "first")]
            street.measure(contenders, url, site, options.runs)
    except sites.SiteMissing as reason:
        sys.exit(f"no figures: {reason}")
    pages = len(site.html)
    figures = {one.name: street.figures_of(one, contenders, pages) for one in contenders}
    title = f"{options.site}: {pages:,} pages, medians of {options.runs} runs, {before['cores']} cores"
    report.print_table(title, street.rows_of(figures))
    if not options.no_save:
        entry = {"pages": pages, "runs": options.runs, "machine": before, "contenders": figures}
        report.save("recrawl.json", options.site, entry)


if __name__ == "__main__":
    main()
