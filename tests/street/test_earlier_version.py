"""A crawl that the version before has left: told, exported, gone on with, and crawled again."""

import csv
import io
import sqlite3
from contextlib import closing
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from crawler.lab.site.site_process import SiteProcess
from crawler.sinks import SINKS
from tests import crawls
from tests.stations.test_sinks_earlier import narrowed

SINKS_OF = ("--sink", "sqlite", "--sink", "parquet")


@pytest.fixture(scope="module")
def site():
    with SiteProcess() as served:
        yield served


def crawl(*arguments: object, code: int = 0) -> str:
    done = crawls.crawl(*arguments)
    assert done.returncode == code, done.stderr
    return done.stdout + done.stderr


def left_by_the_version_before(site: SiteProcess, out: Path, *options: str) -> None:
    """What that would have left: another schema, no pages, records with four keys less."""
    config = crawls.ROOT / "config.toml"
    crawl("run", site.url, "-c", config, "-o", out, "--no-progress", "--max-pages", "20", *options)
    with closing(sqlite3.connect(out / "crawl.db")) as db:
        db.executescript(
            "DROP TABLE pages; PRAGMA user_version = 4;"
            "DELETE FROM meta WHERE key IN ('generation', 'recipe');"
        )
    for sink in SINKS.values():
        if (out / sink.file_name).exists():
            narrowed(sink.name, out / sink.file_name)


def test_it_is_told_and_gone_on_with(site, tmp_path):
    out = tmp_path / "out"
    left_by_the_version_before(site, out, *SINKS_OF)
    assert "http://" in crawl("status", out)
    exported = crawl("export", out, "--to", "csv", "-o", "-")
    rows = list(csv.DictReader(io.StringIO(exported)))
    assert len(rows) >= 20
    assert {(row["generation"], row["unchanged"], row["content_hash"]) for row in rows} == {
        ("1", "false", "")
    }
    none = crawl("export", out, "--to", "jsonl", "-o", "-", "--where", "generation <> 1")
    assert none == "crawler: there is no record where that holds\n"
    crawl("resume", out, "--no-progress", "--max-pages", "40")
    both = [list(SINKS[name].read(out / SINKS[name].file_name)) for name in ("sqlite", "parquet")]
    assert len(both[0]) == len(both[1]) > len(rows)
    assert sorted(both[0]) == sorted(both[1])


def test_it_is_crawled_again_into_the_same_tables(site, tmp_path):
    out = tmp_path / "out"
    left_by_the_version_before(site, out, *SINKS_OF)
    with closing(sqlite3.connect(out / "records.db")) as db:
        before = db.execute("SELECT count(*) FROM records").fetchone()[0]
    crawl("recrawl", out, "--no-progress")
    with closing(sqlite3.connect(out / "records.db")) as db:
        told = dict(db.execute("SELECT generation, count(*) FROM records GROUP BY 1"))
    assert told.keys() == {1, 2}
    assert told[1] == before
    assert told[2] >= 20
    assert len({tuple(pq.read_schema(part).names) for part in (out / "records.parquet").iterdir()}) == 1


def test_a_table_of_text_is_refused_and_nothing_is_changed(site, tmp_path):
    out = tmp_path / "out"
    left_by_the_version_before(site, out, *SINKS_OF, "--sink", "csv")
    held = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    said = crawl("resume", out, "--no-progress", "--max-pages", "40", code=2)
    assert f"{out / 'records.csv'} cannot be gone on with: an earlier version of crawler began it" in said
    now = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    assert now == held
