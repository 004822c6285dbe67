"""How long the findings of a large site take, and how much memory: ``python benchmarks/findings.py``.

A site is made up: so many pages with 100 references each, most of them to pages and places of the site,
some to assets and other sites, a few dead. Its ``facts.db`` is written by the sink's own code; then another
process makes the findings from it, and says what that took.
"""

import argparse
import json
import random
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from crawler.check.result import open_result
from crawler.config import Config
from crawler.frontier.schema import SCHEMA_VERSION, TABLES
from crawler.model import facts, record
from crawler.model.facts import PageFacts, Reference
from crawler.model.messages import Finished, Ticket
from crawler.model.outcomes import Kind, Outcome, Purpose
from crawler.model.sources import Source
from crawler.sinks.facts import FactsSink

HOME = "http://large.test/"
REFERENCES = 100
ANCHORS = 40
ASSETS = 2_000
FETCHED_AT = record.timestamp(1_700_000_000)


def page_url(number: int) -> str:
    return f"{HOME}section{number % 97}/page{number}.html"


def asset_url(number: int) -> str:
    return f"{HOME}static/picture{number}.png"


def page_facts(number: int, pages: int, chance: random.Random) -> PageFacts:
    """50 links to places (one in 10,000 is not there), 30 to pages, 15 assets, 5 to other sites."""
    urls: dict[str, int] = {}
    references = []

    def refer(url: str, source: Source, fragment: str | None = None) -> None:
        target = urls.setdefault(url, len(urls))
        line = len(references) + 1
        references.append(Reference(target, fragment, line, 17, source, "some words"))

    for index in range(50):
        other = number if index < 20 else chance.randrange(pages)
        place = chance.randrange(ANCHORS)
        refer(page_url(other), Source.A, f"gone{place}" if chance.random() < 0.0001 else f"place-{place}")
    for index in range(30):
        refer(page_url(index if index < 20 else chance.randrange(pages)), Source.A)
    for index in range(15):
        refer(asset_url(index if index < 10 else chance.randrange(ASSETS)), Source.IMG)
    for _ in range(5):
        refer(f"https://other{chance.randrange(1_000)}.test/page", Source.A)
    if number % 50 == 0:
        refer(f"{HOME}gone{number % 1_000}.html", Source.A)
    anchors = [f"place-{place}" for place in range(ANCHORS)]
    well = {"is_html": True, "lang": "en", "title_line": 1, "title_column": 1, "text_length": 999}
    return PageFacts.of(list(urls), references, anchors=anchors, **well)


def finished(pages: int) -> Iterator[Finished]:
    chance = random.Random(7)
    number = 0

    def end(
        url: str,
        outcome: Outcome,
        kind: Kind | None,
        status: int,
        noted: bytes = b"",
        purpose: Purpose = Purpose.PAGE,
        **found: object,
    ) -> Finished:
        nonlocal number
        number += 1
        ticket = Ticket(number, url, 1, depth=1, referrer=HOME, purpose=purpose)
        row = record.of_ticket(ticket, outcome, kind, status=status, fetched_at=FETCHED_AT, **found)
        return Finished(ticket, outcome, kind, record.encode(row), facts=noted)

    html, image = {"content_type": "text/html"}, {"content_type": "image/png", "purpose": Purpose.ASSET}
    for index in range(pages):
        noted = facts.encode(page_facts(index, pages, chance))
        yield end(page_url(index), Outcome.OK, None, 200, noted, title=f"Page {index}", **html)
    for index in range(ASSETS):
        yield end(asset_url(index), Outcome.OK, None, 200, **image)
    for index in range(0, 1_000, 50):
        yield end(f"{HOME}gone{index}.html", Outcome.ERROR, Kind.HTTP_STATUS, 404, message="Not Found.")


def make(out: Path, pages: int) -> None:
    sink = FactsSink()
    sink.open(out / "facts.db")
    position = 0
    together: list[bytes] = []
    for one in finished(pages):
        together.append(FactsSink.keeps(one) or b"")
        if len(together) == 1_000:
            position = sink.write(together)
            sink.sync()
            together.clear()
    position = sink.write(together)
    sink.sync()
    sink.close()
    with closing(sqlite3.connect(out / "crawl.db")) as db, db:
        db.executescript(TABLES)
        db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        settings = Config(seeds=[HOME], write={"sinks": ["facts"]}).to_json()
        db.execute("INSERT INTO meta VALUES ('settings', ?), ('state', 'finished')", (settings,))
        db.execute("INSERT INTO batches VALUES (1, 'facts', ?)", (position,))


def measure(out: Path) -> dict[str, float]:
    began, cpu = time.perf_counter(), time.process_time()
    with open_result(out) as result:
        places = sum(1 for finding in result.findings for _ in result.places(finding))
        return {
            "seconds": round(time.perf_counter() - began, 2),
            "cpu_seconds": round(time.process_time() - cpu, 2),
            "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
            "pages": result.pages,
            "references": result.references,
            "findings": len(result.findings),
            "places": places,
        }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=100_000)
    parser.add_argument("--of", type=Path, help="only measure the findings of this folder")
    given = parser.parse_args()
    if given.of is not None:
        print(json.dumps(measure(given.of)))
        return
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        make(Path(folder), given.pages)
        size = (Path(folder) / "facts.db").stat().st_size / 1e6
        print(f"facts.db of {size:,.0f} MB made in {time.perf_counter() - began:.0f} s", file=sys.stderr)
        again = [sys.executable, __file__, "--of", folder]
        print(subprocess.run(again, check=True, capture_output=True, text=True).stdout, end="")


if __name__ == "__main__":
    main()
