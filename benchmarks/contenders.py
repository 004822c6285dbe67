"""The programs that ``street.py`` lets run against each other: how each is started, and what it found."""

import contextlib
import importlib.util
import json
import statistics
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
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

    def found(folder: Path) -> Iterable[str]:
        return (str(page["url"]) for page in lines_of(folder / "pages.jsonl") if page["status"] == 200)

    return Contender(name, command, found, missing("aiohttp", "uvloop", "selectolax"))


def crawler(options: Iterable[str]) -> Contender:
    """The crawler's command line; with options of its own, if any."""
    script = Path(sys.executable).with_name("crawler")
    program = [str(script)] if script.exists() else [sys.executable, "-m", "crawler"]

    def command(url: str, folder: Path) -> list[str]:
        always = ["--ignore-robots", "--sink", "jsonl", "--no-progress"]
        return [*program, "run", *always, *options, url, "-o", str(folder / "out")]

    def found(folder: Path) -> Iterable[str]:
        records = lines_of(folder / "out" / "records.jsonl")
        return (str(record["url"]) for record in records if record["outcome"] == "ok")

    return Contender("crawler", command, found, missing("crawler.__main__", "aiohttp", "turbohtml"))
