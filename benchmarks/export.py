"""How long ``crawler export`` takes for many records, and how much memory: ``python benchmarks/export.py``.

A crawl is made up: so many records of 400 bytes. Then the command runs once for each
format, in a process of its own, which says what it took. Where the machine is busy, the processor time
(``cpu_seconds``) is the one to look at.
"""

import argparse
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

import msgspec

from crawler.config import Config
from crawler.frontier.schema import SCHEMA_VERSION, TABLES
from crawler.model.outcomes import Outcome
from crawler.model.record import Record, timestamp

HOME = "http://large.test/"
FORMATS = ("jsonl", "csv", "parquet", "sqlite")
BATCH = 10_000


def record(number: int) -> bytes:
    """The line of a small page."""
    url = f"{HOME}s{number % 97}/{number}"
    return msgspec.json.encode(
        Record(
            url=url,
            final_url=url,
            outcome=Outcome.OK,
            status=200,
            depth=number % 7,
            attempts=1,
            fetched_at=timestamp(1_700_000_000 + number / 500),
            elapsed_ms=number % 1_000 / 10,
            bytes=1_000 + number % 9_000,
            content_type="text/html",
            title=f'The page "{number}", made up' if number % 10 == 0 else f"Page {number}",
            text_length=number % 5_000,
        )
    )


def make(out: Path, records: int) -> int:
    """The folder of a finished crawl; the bytes of its records."""
    with (out / "records.jsonl").open("wb") as file:
        for start in range(0, records, BATCH):
            numbers = range(start, min(start + BATCH, records))
            file.write(b"".join(record(number) + b"\n" for number in numbers))
        size = file.tell()
    with closing(sqlite3.connect(out / "crawl.db")) as db, db:
        db.executescript(TABLES)
        db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        settings = Config(seeds=[HOME], write={"sinks": ["jsonl"]}).to_json()
        db.execute("INSERT INTO meta VALUES ('settings', ?), ('state', 'finished')", (settings,))
        db.execute("INSERT INTO batches VALUES (1, 'jsonl', ?)", (size,))
    return size


def measure(out: Path, name: str, records: int, more: list[str]) -> dict[str, object]:
    """Run the command."""
    file = out / f"exported.{name}"
    command = [sys.executable, "-m", "crawler", "export", str(out), "--to", name, "-o", str(file), *more]
    began = time.perf_counter()
    _, status, use = os.wait4(subprocess.Popen(command, stdout=subprocess.DEVNULL).pid, 0)
    seconds = time.perf_counter() - began
    if status:
        raise SystemExit(f"the export to {name} ended with {os.waitstatus_to_exitcode(status)}")
    cpu = use.ru_utime + use.ru_stime
    found = {
        "format": name,
        "seconds": round(seconds, 2),
        "cpu_seconds": round(cpu, 2),
        "rows_a_second": round(records / seconds),
        "rows_a_cpu_second": round(records / cpu),
        "peak_mb": round(use.ru_maxrss / 1024),
        "file_mb": round(file.stat().st_size / 1e6, 1),
    }
    file.unlink()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--to", action="append", choices=FORMATS, help="only this format; may be repeated")
    parser.add_argument("--where", action="append", default=[], help="as that of crawler export")
    given = parser.parse_args()
    more = [argument for expression in given.where for argument in ("--where", expression)]
    with tempfile.TemporaryDirectory() as folder:
        size = make(Path(folder), given.records)
        print(f"{given.records:,} records of {size / given.records:.0f} bytes", file=sys.stderr)
        for name in given.to or FORMATS:
            print(json.dumps(measure(Path(folder), name, given.records, more)), flush=True)


if __name__ == "__main__":
    main()
