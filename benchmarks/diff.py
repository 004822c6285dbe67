"""How long ``crawler diff`` takes for two large crawls, and how much memory: ``python benchmarks/diff.py``.

Two crawls are made up, of so many pages with 40 links each. Of a hundred pages one has changed, one is gone,
one is new and one has moved, unless ``--changed`` says how many percent have changed. The command runs in a
process of its own, which says what it took.
"""

import argparse
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import msgspec
import xxhash

from crawler.config import Config
from crawler.frontier.schema import SCHEMA_VERSION, TABLES
from crawler.model.outcomes import Outcome
from crawler.model.record import Record, timestamp
from crawler.rules.near_duplicates import near_hash

HOME = "http://large.test"
LINKS = 40
BATCH = 300
"""Records that are committed at once, about as in a crawl."""


def pages(number: int, changed: float, *, is_new: bool) -> Iterator[tuple[str, int, bool]]:
    """The path of each page, the number that its content is made of, and whether that is another one now."""
    for at in range(number):
        path = f"/section{at % 97}/page-number-{at}.html"
        if at % 100 == 1:  # gone, and another one is new
            yield (f"/new{path}", at + number, False) if is_new else (path, at, False)
        elif at % 100 == 2:
            yield f"/moved{path}" if is_new else path, at, False
        else:
            yield path, at, is_new and at * 7919 % 10_000 < changed * 100


def record(path: str, at: int, number: int, text: str, content: bytes, *, is_changed: bool) -> bytes:
    """The line of a page."""
    links = [
        f"{HOME}/section{(at + each) % 97}/page-number-{(at * 31 + each) % number}.html"
        for each in range(LINKS)
    ]
    return msgspec.json.encode(
        Record(
            url=HOME + path,
            final_url=HOME + path,
            outcome=Outcome.OK,
            status=200,
            depth=at % 7,
            attempts=1,
            fetched_at=timestamp(1_700_000_000 + at / 500),
            elapsed_ms=at % 1_000 / 10,
            bytes=20_000,
            content_type="text/html",
            title=f"Page {at}{' once more' * is_changed}",
            links=links[is_changed:],
            text_length=len(text),
            content_hash=content.hex(),
            near_hash=f"{near_hash(text) & (1 << 64) - 1:016x}",
        )
    )


def make(out: Path, number: int, changed: float, *, is_new: bool, has_hashes: bool) -> None:
    """The folder of a finished crawl."""
    out.mkdir()
    urls, versions, batches = [], [], []
    with (out / "records.jsonl").open("wb") as file:
        for row, (path, at, is_changed) in enumerate(pages(number, changed, is_new=is_new), 1):
            text = f"The text of page {at} is {'new' if is_changed else 'old'}. " * 20
            content = xxhash.xxh3_128_digest(text.encode())
            file.write(record(path, at, number, text, content, is_changed=is_changed) + b"\n")
            batch = (row - 1) // BATCH + 1
            urls.append((row, HOME + path, at % 7, batch))
            versions.append((row, 0.0, content, near_hash(text)))
            if row % BATCH == 0 or row == number:
                batches.append((batch, "jsonl", file.tell()))
    with closing(sqlite3.connect(out / "crawl.db")) as db, db:
        db.executescript(TABLES)
        db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        settings = Config(seeds=[f"{HOME}/"], write={"sinks": ["jsonl"]}).to_json()
        db.execute("INSERT INTO meta VALUES ('settings', ?), ('state', 'finished')", (settings,))
        db.execute("INSERT INTO lanes (id, origin, partition) VALUES (1, ?, 0)", (HOME,))
        db.executemany(
            "INSERT INTO urls (id, url, lane, depth, state, batch) VALUES (?, ?, 1, ?, 1, ?)", urls
        )
        if has_hashes:
            db.executemany(
                "INSERT INTO pages (id, fetched_at, content_hash, near_hash, unchanged)"
                " VALUES (?, ?, ?, ?, 0)",
                versions,
            )
        db.executemany("INSERT INTO batches VALUES (?, ?, ?)", batches)


def measure(folder: Path, *arguments: str) -> dict[str, object]:
    """Run the command."""
    command = [sys.executable, "-m", "crawler", "diff", str(folder / "old"), str(folder / "new"), *arguments]
    began = time.perf_counter()
    _, status, use = os.wait4(subprocess.Popen(command, stdout=subprocess.DEVNULL).pid, 0)
    seconds = time.perf_counter() - began
    if os.waitstatus_to_exitcode(status) != 1:
        raise SystemExit(f"the comparison ended with {os.waitstatus_to_exitcode(status)}")
    return {
        "arguments": arguments,
        "seconds": round(seconds, 2),
        "cpu_seconds": round(use.ru_utime + use.ru_stime, 2),
        "peak_mb": round(use.ru_maxrss / 1024),
    }


def main() -> None:
    """Make both crawls, and compare them in every way."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pages", type=int, default=100_000)
    parser.add_argument("--changed", type=float, default=1, help="percent of the pages")
    parser.add_argument(
        "--without-hashes", action="store_true", help="as crawls of the version before had none"
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for crawl in ("old", "new"):
            make(
                folder / crawl,
                options.pages,
                options.changed,
                is_new=crawl == "new",
                has_hashes=not options.without_hashes,
            )
        for arguments in ((), ("--json",), ("--by-path",), ("--report", f"html={folder / 'page.html'}")):
            print(json.dumps(measure(folder, *arguments)), flush=True)


if __name__ == "__main__":
    main()
