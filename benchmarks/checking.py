"""How fast a site is checked, against lychee and linkinator, on the same pages and for the same faults.

    python benchmarks/checking.py --site python3-doc --runs 5
    python benchmarks/checking.py --site postgresql-doc --only crawler lychee

As in ``street.py`` whole processes are measured, in turns, after one round that does not count. lychee cannot
find the pages by itself: it is given the list of them, which is not part of its time, and is told not to
wait between two requests. Fragments are checked by all. Whoever misses a fault that is known to be there gets
no figures, but for those that it is excused from; what else they call broken is not judged here. linkinator
is started at the root; where it does not find its way to all pages, that is said instead of a time.
"""

import argparse
import json
import shutil
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import report
import sites
import street
from contenders import PEERS, Contender, crawler_program
from reference import survey

LYCHEE = PEERS / ".venv" / "bin" / "lychee"
LINKINATOR = PEERS / "node_modules" / ".bin" / "linkinator"
FAULTS = {
    "python3-doc": ("whatsnew/changelog.html", "glossary.html#index-19", "glossary.html#index-20"),
    "postgresql-doc": ("pgsql-docs@lists.postgresql.org",),
}
"""What is broken on each site, by the end of its URL; the packages are Debian 12's."""
EXCUSED = {"pgsql-docs@lists.postgresql.org"}
"""What lychee does not find: it takes a relative address with an @ in it for somebody's mail."""
NOT_FOUND_BY_LINKINATOR = {"glossary.html#index-19", "glossary.html#index-20", *EXCUSED}
"""What linkinator does not find, though it is told to check fragments."""
REPORTS = ("json", "csv", "junit")


@dataclass
class Faults:
    """What every contender must find."""

    known: tuple[str, ...]

    def difference(self, found: Iterable[str]) -> str | None:
        """In words, what was not found; None when all was."""
        urls = list(found)
        missing = [end for end in self.known if not any(url.endswith(end) for url in urls)]
        return f"did not find {', '.join(missing)}" if missing else None


def crawler(options: Iterable[str]) -> Contender:
    """``crawler check``, with every report that it writes."""

    def command(url: str, folder: Path) -> list[str]:
        files = [f"--report={name}={folder / name}" for name in REPORTS]
        return [
            *crawler_program(),
            "check",
            "--no-progress",
            *files,
            *options,
            url,
            "-o",
            str(folder / "out"),
        ]

    def found(folder: Path) -> Iterable[str]:
        findings = json.loads((folder / "json").read_text(encoding="utf-8"))["findings"]
        return (str(finding["target"]) for finding in findings if finding["severity"] == "error")

    return Contender("crawler", command, found, None, frozenset({0, 1}))


def lychee(pages: Iterable[str]) -> Contender:
    """lychee, given every page of the site."""
    listed = sorted(pages)

    def command(url: str, folder: Path) -> list[str]:
        (folder / "pages").write_text("\n".join(listed), encoding="utf-8")
        origin = "{0.scheme}://{0.netloc}".format(urlsplit(url))
        words = ["-n", "--include-fragments", "--exclude", ".*", "--include", f"^{origin}"]
        words += ["--host-request-interval", "0ms", "--host-concurrency", "64", "-f", "json"]
        return [str(LYCHEE), *words, "-o", str(folder / "json"), "--files-from", str(folder / "pages")]

    def found(folder: Path) -> Iterable[str]:
        errors = json.loads((folder / "json").read_text(encoding="utf-8"))["error_map"].values()
        return [*EXCUSED, *(str(error["url"]) for page in errors for error in page)]

    problem = None if LYCHEE.exists() else "not run, it is not here (python benchmarks/peers/install.py)"
    return Contender("lychee", command, found, problem, frozenset({0, 2}))


def linkinator(count: int) -> Contender:
    """linkinator, which goes from page to page by itself."""

    def command(url: str, folder: Path) -> list[str]:
        line = '"$1" --recurse --check-fragments --format json "$2" > "$3"'
        return ["sh", "-c", line, "sh", str(LINKINATOR), url.rpartition("/")[0] + "/", str(folder / "json")]

    def found(folder: Path) -> Iterable[str]:
        links = json.loads((folder / "json").read_text(encoding="utf-8"))["links"]
        if len(links) < count:
            return ()
        return [*NOT_FOUND_BY_LINKINATOR, *(str(link["url"]) for link in links if link["state"] == "BROKEN")]

    problem = None
    if shutil.which("node") is None:
        problem = "not run, there is no node here (apt-get install nodejs npm)"
    elif not LINKINATOR.exists():
        problem = "not run, it is not here (npm install --prefix benchmarks/peers linkinator)"
    return Contender("linkinator", command, found, problem, frozenset({0, 1}))


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description="crawler check against others: time, CPU, memory.")
    parser.add_argument("--site", choices=tuple(FAULTS), default="python3-doc")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--only", nargs="+", metavar="NAME", help="these contenders only (default: all)")
    parser.add_argument("--no-save", action="store_true", help="leave the results as they are")
    return parser.parse_args()


def main() -> None:
    """Serve the site, measure, print, save."""
    options, before = arguments(), report.machine()
    street.RATIOS_TO = ("lychee", "linkinator")
    try:
        with sites.serve(options.site) as url:
            pages = survey(url).html
            contenders = [lychee(pages), linkinator(len(pages)), crawler(())]
            contenders = [one for one in contenders if not options.only or one.name in options.only]
            street.measure(contenders, url, Faults(FAULTS[options.site]), options.runs)
    except sites.SiteMissing as reason:
        sys.exit(f"no figures: {reason}")
    figures = {one.name: street.figures_of(one, contenders, len(pages)) for one in contenders}
    how = f"medians of {options.runs} runs, {before['cores']} cores"
    title = f"{options.site}: {len(pages):,} pages checked, {how}"
    report.print_table(title, street.rows_of(figures))
    if not options.no_save:
        entry = {"pages": len(pages), "runs": options.runs, "machine": before, "contenders": figures}
        report.save("checking.json", options.site, entry)


if __name__ == "__main__":
    main()
