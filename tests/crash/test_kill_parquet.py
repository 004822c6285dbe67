"""Killed at any step of making parts, a crawl goes on by itself or is resumed; each row is there once."""

from pathlib import Path

import polars
import pytest

from crawler.sinks import JsonlSink, ParquetSink
from tests import crawls
from tests.graph_server import graph_site

PAGES = 120
EXTRACT = """
asked = 0


def extract(page):
    '''A key that is a whole number at first, and then is none, so that all parts are written anew.'''
    global asked
    asked += 1
    return {"length": len(page.body) if asked < 70 else f"{len(page.body)} bytes"}
"""
STEPS = [
    "begun", "shape", "group", "part_written", "part_named", "rows_removed", "group_widened", "part_widened",
    "all_widened", "narrow_removed", "wide_named",
]  # fmt: skip


def lines(out: Path) -> tuple[list[bytes], list[bytes]]:
    return list(JsonlSink.read(out / "records.jsonl")), list(ParquetSink.read(out / "records.parquet"))


@pytest.mark.parametrize("step", STEPS)
def test_a_writer_killed_at_any_step_loses_no_row_and_writes_none_twice(tmp_path, monkeypatch, step):
    (tmp_path / "mine.py").write_text(EXTRACT)
    out = tmp_path / "out"
    with graph_site(PAGES, delay=0.002) as site:
        options = (
            "--no-progress", "--sink", "jsonl", "--sink", "parquet", "--set", "parquet.part_rows=20",
            "--set", "write.batch_records=5", "--extract", "mine:extract", "--workers", 1,
        )  # fmt: skip
        monkeypatch.setenv("CRAWLER_FAULT", f"sink:parquet_{step}:1:kill")
        done = crawls.crawl("run", site.url, "-o", out, *options, cwd=tmp_path)
        assert "is replaced" in done.stderr, done.stderr
        monkeypatch.delenv("CRAWLER_FAULT")
        if done.returncode != 0:  # it was killed each time at its first step, and given up
            assert done.returncode == 3, done.stderr
            done = crawls.crawl("resume", out, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert set(crawls.urls(out)) == site.urls
    rows, parts = lines(out)
    assert parts == rows
    assert len(rows) == PAGES
    assert polars.read_parquet(out / "records.parquet").height == PAGES
    assert not list(out.glob(".records.parquet.rows"))
