"""Whole crawls exported: from each sink to each format, finished, killed and running ones."""

import csv
import json
import os
import signal
import sqlite3
import subprocess
import time
from contextlib import closing

import pyarrow.parquet as pq
import pytest

from tests import crawls
from tests.graph_server import graph_site

PAGES = 150
SOURCES = ("jsonl", "sqlite", "csv", "parquet", "warc")
OPTIONS = ("--no-progress", "--workers", 1)
SHOP = """\
def extract(page):
    number = len(page.url)
    odd = {'a"b': 1, "back\\\\slash": [number], "line\\nbreak": "x, \\"y\\"", "": 2}
    odd |= {"page_url": "own", "N": None}
    first = {"n": number, "tags": ["x", "y"], "price": 1, "about": page.url * 20}
    return [first, {}, {"n": 2, "price": 1.5, **odd}]
"""
KEYS = [
    "page_url",
    "n",
    "tags",
    "price",
    "about",
    'a"b',
    "back\\slash",
    "line\nbreak",
    "",
    "item.page_url",
    "N",
]


@pytest.fixture(scope="module")
def site():
    with graph_site(PAGES) as running:
        yield running


@pytest.fixture(scope="module")
def out(site, tmp_path_factory):
    """A crawl with every sink that can be read back."""
    folder = tmp_path_factory.mktemp("export")
    (folder / "shop.py").write_text(SHOP)
    sinks = [word for name in SOURCES for word in ("--sink", name)]
    done = crawls.crawl(
        "run", site.url, "-o", "out", *OPTIONS, "--extract", "shop:extract", *sinks, cwd=folder
    )
    assert done.returncode == 0, done.stderr
    return folder / "out"


def export(out, *arguments):
    return crawls.crawl("export", out, *arguments)


def exported(out, to, file, *arguments):
    done = export(out, "--to", to, "-o", file, *arguments)
    assert (done.returncode, done.stderr) == (0, "")
    return file


def test_standard_output_and_a_file_are_what_the_sink_of_that_format_wrote(out, tmp_path):
    for name in ("jsonl", "csv"):
        wanted = (out / f"records.{name}").read_bytes()
        assert exported(out, name, tmp_path / name).read_bytes() == wanted
        printed = subprocess.run(
            crawls.command("export", out, "--to", name), capture_output=True, check=True, timeout=50
        )
        assert printed.stdout == wanted
    assert sorted(path.name for path in tmp_path.iterdir()) == ["csv", "jsonl"]


@pytest.mark.parametrize("source", SOURCES)
def test_every_source_gives_the_lines_of_the_records(out, tmp_path, source):
    """The other sinks are taken away one after the other, so that one alone is read."""
    alone = tmp_path / "alone"
    alone.mkdir()
    names = {"jsonl": "records.jsonl", "sqlite": "records.db", "csv": "records.csv"}
    names |= {"parquet": "records.parquet", "warc": "archive"}
    for name in ("crawl.db", names[source]):
        (alone / name).symlink_to(out / name)
    assert exported(alone, "jsonl", tmp_path / "e").read_bytes() == (out / "records.jsonl").read_bytes()


def test_tables_hold_the_same_records(out, tmp_path):
    records = [json.loads(line) for line in (out / "records.jsonl").read_text().splitlines()]
    table = pq.read_table(exported(out, "parquet", tmp_path / "e.parquet")).to_pylist()
    assert [(row["url"], row["links"]) for row in table] == [(each["url"], each["links"]) for each in records]
    with closing(sqlite3.connect(exported(out, "sqlite", tmp_path / "e.db"))) as db:
        rows = db.execute("SELECT id, url, extracted FROM records ORDER BY id").fetchall()
    assert [row[:2] for row in rows] == [(number, each["url"]) for number, each in enumerate(records, 1)]
    assert [json.loads(row[2]) for row in rows] == [each["extracted"] for each in records]


def test_items_are_a_row_each_whatever_their_keys_are_called(out, tmp_path):
    printed = export(out, "--to", "jsonl", "--items").stdout
    rows = [json.loads(line) for line in printed.splitlines()]
    assert len(rows) == 3 * PAGES
    urls = [json.loads(line)["url"] for line in (out / "records.jsonl").read_text().splitlines()]
    assert [row["page_url"] for row in rows] == [url for url in urls for _ in range(3)]
    assert rows[1] == {"page_url": urls[0]}
    assert rows[2]["item.page_url"] == "own"

    wanted = [[row.get(key) for key in KEYS] for row in rows]
    table = pq.read_table(exported(out, "parquet", tmp_path / "i.parquet", "--items"))
    assert table.column_names == KEYS
    found = [[row[key] for key in KEYS] for row in table.to_pylist()]
    for row in found:
        row[6] = row[6] and json.loads(row[6])  # a list of numbers is JSON
    assert found == wanted
    with closing(sqlite3.connect(exported(out, "sqlite", tmp_path / "i.db", "--items"))) as db:
        cursor = db.execute("SELECT * FROM items")
        names = [column[0] for column in cursor.description]
        rows_of_db = cursor.fetchall()
    assert names == [*KEYS[:-1], "N_2"]  # SQLite takes n and N for one name
    assert [row[1] for row in rows_of_db] == [row[1] for row in wanted]
    with exported(out, "csv", tmp_path / "i.csv", "--items").open(newline="") as file:
        header, *cells = csv.reader(file)
    assert header == KEYS
    assert [row[7] for row in cells] == [row[7] or "" for row in wanted]


def test_where_chooses_records(out):
    url = json.loads((out / "records.jsonl").read_text().splitlines()[7])["url"]
    done = export(out, "--to", "jsonl", "--where", "status = 200", "--where", f"url = '{url}'")
    assert [json.loads(line)["url"] for line in done.stdout.splitlines()] == [url]
    items = export(out, "--to", "jsonl", "--items", "--where", f"url = '{url}'")
    assert [json.loads(line)["page_url"] for line in items.stdout.splitlines()] == [url] * 3
    none = export(out, "--to", "csv", "--where", "status = 599")
    assert (none.returncode, none.stdout.count("\n")) == (0, 1)
    assert none.stderr == "crawler: there is no record where that holds\n"


def test_nothing_extracted_is_said_and_is_a_file_with_its_header(site, tmp_path):
    crawls.crawl("run", site.url, "-o", tmp_path / "out", *OPTIONS, "--max-pages", 3)
    done = export(tmp_path / "out", "--to", "csv", "--items", "-o", tmp_path / "i.csv")
    assert (done.returncode, (tmp_path / "i.csv").read_bytes()) == (0, b"page_url\r\n")
    assert "nothing was extracted" in done.stderr


def test_a_killed_and_a_running_crawl_give_what_is_committed(tmp_path):
    with graph_site(2_000, delay=0.02) as slow:
        running = crawls.start("run", slow.url, "-o", tmp_path / "out", *OPTIONS)
        try:
            records = tmp_path / "out" / "records.jsonl"
            until = time.monotonic() + 30
            while not (records.exists() and records.stat().st_size > 20_000):
                assert time.monotonic() < until
                time.sleep(0.05)
            live = export(tmp_path / "out", "--to", "jsonl")
            assert running.poll() is None
        finally:
            os.killpg(running.pid, signal.SIGKILL)
            running.communicate()
        dead = export(tmp_path / "out", "--to", "jsonl")
    for done in (live, dead):
        assert done.returncode == 0, done.stderr
        assert "has not ended" in done.stderr
        assert done.stdout
        assert records.read_text().startswith(done.stdout)
    assert dead.stdout.startswith(live.stdout)


def damaged(out, folder):
    """A crawl whose 31st record has a byte that no text has."""
    folder.mkdir()
    (folder / "crawl.db").write_bytes((out / "crawl.db").read_bytes())
    lines = (out / "records.jsonl").read_bytes().splitlines(keepends=True)
    lines[30] = lines[30].replace(b"http", b"ht\xffp", 1)
    (folder / "records.jsonl").write_bytes(b"".join(lines))
    return folder


@pytest.mark.parametrize("to", ["jsonl", "csv", "parquet", "sqlite"])
def test_a_damaged_record_is_named_and_the_file_stays_as_it_was(out, tmp_path, to):
    file = tmp_path / "file"
    file.write_text("old")
    done = export(damaged(out, tmp_path / "bad"), "--to", to, "-o", file)
    assert done.returncode == 3
    assert "bad/records.jsonl cannot be read: record 31 is damaged" in done.stderr
    assert "(30 records before that can be)" in done.stderr
    assert done.stderr.count("\n") == 1
    assert file.read_text() == "old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bad", "file"]


@pytest.mark.parametrize("to", ["jsonl", "csv", "parquet", "sqlite"])
def test_a_disk_that_fills_up_leaves_the_old_file_and_nothing_else(out, tmp_path, to):
    file = tmp_path / "file"
    file.write_text("old")
    more = ["--set", "parquet.compression=none"] if to == "parquet" else []
    limited = [
        "bash",
        "-c",
        'ulimit -f 40; exec "$@"',
        "-",
        *crawls.command("export", out, "--to", to, "-o", file, *more),
    ]
    done = subprocess.run(limited, capture_output=True, text=True, timeout=50, check=False)
    assert done.returncode == 3, done.stderr
    assert f"{file} cannot be written: " in done.stderr
    assert "what was there before is there still" in done.stderr
    assert done.stderr.count("\n") == 1
    assert file.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_who_reads_no_further_is_no_error(out):
    piped = subprocess.Popen(
        crawls.command("export", out, "--to", "csv"), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert piped.stdout is not None
    assert piped.stdout.read(4) == b"url,"
    piped.stdout.close()
    assert piped.stderr is not None
    with piped.stderr:
        assert piped.stderr.read() == b""
    assert piped.wait(20) == 0
