"""Whole crawls by nodes, as users run them: what is gathered of one is what one machine has."""

import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from crawler.lab.site.site_process import SiteProcess
from tests import crawls
from tests.postgresql import require_asyncpg

require_asyncpg()

COMPARED = """
SELECT u.url, u.depth, u.redirects, u.purpose, u.state, u.kind, u.due, u.batch IS NULL,
    u.out_of_scope, u.too_deep, u.nofollow, e.id IS NULL, e.status, e.target, e.message, e.extract, e.login,
    p.id IS NULL, p.etag, p.last_modified, p.accept_encoding, p.content_hash, p.near_hash, p.unchanged,
    l.origin, l.partition, l.crawl_delay, l.robots_status, l.robots_body
FROM urls u JOIN lanes l ON l.id = u.lane LEFT JOIN ends e ON e.id = u.id LEFT JOIN pages p ON p.id = u.id
ORDER BY u.url
"""


@pytest.fixture(scope="module")
def site() -> Iterator[SiteProcess]:
    with SiteProcess() as site:
        yield site


def run(*arguments: object) -> str:
    done = crawls.crawl(*arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


def node(site: SiteProcess, database: str, out: Path, name: str, *, begins: bool = True) -> str:
    return run(
        "node", *[site.url] * begins, "--frontier", database, "--name", "books", "--node", name, "-o", out,
        "--workers", 1, *("-c", crawls.ROOT / "config.toml") * begins,
    )  # fmt: skip


def rows(out: Path) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(out / "crawl.db")) as db:
        return db.execute(COMPARED).fetchall()


def test_what_is_gathered_is_what_one_machine_has(site: SiteProcess, database: str, tmp_path: Path) -> None:
    alone, shared = tmp_path / "alone", tmp_path / "shared"
    run("run", site.url, "-c", crawls.ROOT / "config.toml", "-o", alone, "--no-progress", "--workers", 1)
    node(site, database, shared, "red")
    found, wanted = rows(shared), rows(alone)
    assert [row[0] for row in found] == [row[0] for row in wanted]
    depths = 1  # two orders of asking find two ways to a page
    for one, other in zip(found, wanted, strict=True):
        assert one[:depths] + one[depths + 1 :] == other[:depths] + other[depths + 1 :]
    summary, other = (json.loads((out / "summary.json").read_text()) for out in (shared, alone))
    for key in ("discovered", "ok", "error", "skipped", "kinds", "links_out_of_scope", "exit_code"):
        assert summary[key] == other[key], key


def test_what_a_lost_disk_had_is_fetched_again(site: SiteProcess, database: str, tmp_path: Path) -> None:
    node(site, database, tmp_path, "red")
    before = run("export", tmp_path, "--to", "jsonl").splitlines()
    shutil.rmtree(tmp_path / "red-1")
    where = ("--frontier", database, "--name", "books")
    assert f"{len(before):,} records went with red" in run("node", "--lost", "red", *where)
    node(site, database, tmp_path, "blue", begins=False)
    after = run("export", tmp_path, "--to", "jsonl").splitlines()
    urls = [sorted(json.loads(line)["url"] for line in lines) for lines in (before, after)]
    assert urls[0] == urls[1]
    assert (tmp_path / "blue-2" / "records.jsonl").exists()
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert [(each["name"], each["disk_lost"]) for each in summary["nodes"]] == [
        ("red-1", True), ("blue-2", False),
    ]  # fmt: skip
    report = json.loads(run("status", *where, "--json"))
    assert (report["state"], report["done"], report["inbox"]) == ("finished", len(after), 0)
