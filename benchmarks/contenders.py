"""The programs that ``street.py`` lets run against each other: how each is started, and what it found."""

import contextlib
import importlib.util
import json
import re
import shutil
import statistics
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
PEERS = HERE / "peers"
PEERS_PYTHON = PEERS / ".venv" / "bin" / "python"
sys.path.append(str(HERE.parent))  # the crawler of this checkout, where none is installed


@dataclass
class Contender:
    """A program that does the job, and what it took."""

    name: str
    command: Callable[[str, Path], list[str]]
    """The words of its command line, for a URL and an empty folder for its output."""
    found: Callable[[Path], Iterable[str]]
    """The URLs that it read successfully, from that folder."""
    problem: str | None
    """Why it gets no figures; None as long as all is well."""
    good_exits: frozenset[int] = frozenset({0})
    runs: list[dict[str, float]] = field(default_factory=list)
    """The figures of ``measured_run.py`` for each round that counts."""
    peak_pss_bytes: float = 0.0
    """All its processes together, what they share counted once."""

    def median(self, key: str) -> float:
        """The middle one of its runs."""
        return statistics.median(run[key] for run in self.runs)


def lines_of(path: Path) -> Iterable[dict[str, object]]:
    """The objects of a JSON Lines file."""
    with path.open(encoding="utf-8") as file:
        yield from map(json.loads, file)


def good_pages(folder: Path) -> Iterable[str]:
    """The URLs in ``pages.jsonl`` that answered 200."""
    return (str(page["url"]) for page in lines_of(folder / "pages.jsonl") if page["status"] == 200)


def missing(*modules: str) -> str | None:
    """In words, which of these modules are not there; None when all are."""
    absent = []
    for module in modules:
        with contextlib.suppress(ModuleNotFoundError):  # its package is not there either
            if importlib.util.find_spec(module):
                continue
        absent.append(module)
    return f"not run, there is no {', '.join(absent)} here" if absent else None


def plain(name: str, *options: str) -> Contender:
    """The plain script."""

    def command(url: str, folder: Path) -> list[str]:
        return [sys.executable, str(HERE / "plain.py"), url, "-o", str(folder / "pages.jsonl"), *options]

    return Contender(name, command, good_pages, missing("aiohttp", "uvloop", "selectolax"))


def crawler_program() -> list[str]:
    """The words that start the crawler of this environment."""
    script = Path(sys.executable).with_name("crawler")
    return [str(script)] if script.exists() else [sys.executable, "-m", "crawler"]


def crawler(options: Iterable[str] = ()) -> Contender:
    """The crawler's command line; with options of its own, if any."""

    def command(url: str, folder: Path) -> list[str]:
        always = ["--ignore-robots", "--sink", "jsonl", "--no-progress"]
        return [*crawler_program(), "run", *always, *options, url, "-o", str(folder / "out")]

    def found(folder: Path) -> Iterable[str]:
        records = lines_of(folder / "out" / "records.jsonl")
        return (str(record["url"]) for record in records if record["outcome"] == "ok")

    return Contender("crawler", command, found, missing("crawler.__main__", "aiohttp", "turbohtml"))


def peer(name: str, package: str, script: str, *options: str) -> Contender:
    """A job of ``peers/``, run by the environment that ``peers/install.py`` makes."""

    def command(url: str, folder: Path) -> list[str]:
        words = [str(PEERS_PYTHON), str(PEERS / script), url, "-o", str(folder / "pages.jsonl"), *options]
        # Crawlee puts its storage into the folder it is started in, and reads what it finds there.
        return ["env", "-C", str(folder), *words]

    installed = any(PEERS_PYTHON.parent.parent.glob(f"lib/python*/site-packages/{package}/__init__.py"))
    problem = (
        None if installed else f"not run, there is no {package} here (python benchmarks/peers/install.py)"
    )
    return Contender(name, command, good_pages, problem)


def wget() -> Contender:
    """``wget -r``: one thread, in C; it writes the pages themselves and no records."""
    line = re.compile(r" URL:(\S+) \[.*\] -> ")

    def command(url: str, folder: Path) -> list[str]:
        words = ["-r", "-l", "inf", "-nv", "-P", str(folder / "files"), "-o", str(folder / "log"), url]
        return ["wget", *words]

    def found(folder: Path) -> Iterable[str]:
        return html_of(line.findall((folder / "log").read_text(encoding="utf-8")))

    return Contender("wget -r", command, found, program_missing("wget"), WGET_EXITS)


def wget2() -> Contender:
    """``wget2 -r``: 16 threads, in C; it writes the pages themselves and no records."""

    def command(url: str, folder: Path) -> list[str]:
        words = ["-q", "-r", "-l", "inf", "--max-threads=16", "-P", str(folder / "files")]
        return ["wget2", *words, f"--stats-site=csv:{folder / 'stats.csv'}", url]

    def found(folder: Path) -> Iterable[str]:
        return html_of(good_of((folder / "stats.csv").read_text(encoding="utf-8")))

    return Contender("wget2 -r", command, found, program_missing("wget2"), WGET_EXITS)


def good_of(stats: str) -> list[str]:
    """The URLs that answered 200, from wget2's own list: commas in a URL are not quoted in it."""
    heading, *lines = stats.splitlines() or ["Status"]  # nothing in it: nothing was read
    behind = len(heading.split(",")) - heading.split(",").index("Status")
    rows = [line.split(",") for line in lines]
    return [",".join(row[2:-behind]) for row in rows if row[-behind] == "200"]


WGET_EXITS = frozenset({0, 8})
"""8 says that one of the answers was an error: a site with one broken link has that."""


def html_of(urls: Iterable[str]) -> list[str]:
    """The pages among them: wget takes style sheets and pictures along, which no link leads to.

    wget2 names a page as the first link to it did, fragment and all.
    """
    pages = [url.partition("#")[0] for url in urls]
    return [page for page in pages if page.partition("?")[0].endswith((".html", "/"))]


def program_missing(name: str) -> str | None:
    """In words, that there is no such program; None when there is."""
    return None if shutil.which(name) else f"not run, there is no {name} here (apt-get install {name})"


def all_contenders(crawler_options: Iterable[str] = ()) -> list[Contender]:
    """Everybody, the crawler last."""
    return [
        plain("plain"),
        plain("plain-distinct", "--distinct"),
        peer("Scrapy, defaults", "scrapy", "scrapy_job.py"),
        peer("Scrapy, tuned", "scrapy", "scrapy_job.py", "--tuned", "--every-link"),
        peer("Scrapy, tuned, distinct", "scrapy", "scrapy_job.py", "--tuned"),
        peer("Crawlee, defaults", "crawlee", "crawlee_job.py"),
        peer("Crawlee, lean", "crawlee", "crawlee_job.py", "--lean", "--every-link"),
        peer("Crawlee, lean, distinct", "crawlee", "crawlee_job.py", "--lean"),
        wget(),
        wget2(),
        crawler(crawler_options),
    ]
