"""A crawl of several nodes is read over all their folders, up to what is committed, as one crawl would be."""

import csv
import json
import os
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pyarrow.parquet as pq
import pytest

import crawler
from crawler.engine.broken_links import first_broken
from crawler.frontier.view import open_view
from crawler.sinks import SINKS
from tests import crawls
from tests.cluster.gathered import CLUSTER, gather, write_on
from tests.comparison.made import Site, serving

FILES = {name: sink.file_name for name, sink in SINKS.items() if sink.holds_records}
NODES = ("one-1", "two-2", "one-3", "two-4")
"""The last two have the hosts 2 and 3, of which two-4 took host 3 over in the middle."""
TAKEN_OVER = r"/p1\d$"
TEXT = "Crawlers ask for pages and follow what these link to. " * 8
EXTRACT = """\
def extract(page):
    return [{"n": len(page.url), "title": page.title}, {"tags": page.links[:2]}]
"""
COMPARED = ("url", "final_url", "outcome", "kind", "status", "title", "links", "content_hash", "extracted")


class Crawled(NamedTuple):
    """The same pages, crawled by one machine and by nodes."""

    whole: Path
    shared: Path


class Outs(NamedTuple):
    before: Crawled
    after: Crawled


def build(sites: list[Site]) -> None:
    """Pages that link to each other over all hosts; a few fail."""
    for at, site in enumerate(sites):
        other = sites[(at + 1) % len(sites)].url
        site.pages = {"/robots.txt": (404, {}, ""), "/old": (301, {"Location": "/gone"}, "")}
        pages = [f"/p{number}" for number in range(20)]
        site.pages["/"] = site.page("Home", *pages, f"{other}/", "/gone", "/old", text=TEXT)
        for number, page in enumerate(pages):
            links = (f"/p{(number + 1) % 20}", f"{other}{page}", f"{other}/old", f"{other}/gone")
            links = links[: 2 + number % 3]
            site.pages[page] = site.page(f"{at}{page}", *links, text=f"{TEXT}It has number {number}. {TEXT}")


def change(sites: list[Site]) -> None:
    """In each part, a page has another text and title, one is gone, one is new and one has moved."""
    for at, site in enumerate(sites):
        for page in ("/p2", "/p12"):
            links = (f"/p{int(page[2:]) + 1}", "/new", "/moved")
            site.pages[page] = site.page(
                f"New {at}{page}", *links, text=f"{TEXT}It has another number. {TEXT}"
            )
        site.pages["/moved"], site.pages["/p7"] = site.pages["/p7"], (301, {"Location": "/moved"}, "")
        site.pages["/p13"] = (404, {}, "")
        site.pages["/new"] = site.page("New", text="News.")


def crawl_both(folder: Path, sites: list[Site], *options: object) -> Crawled:
    sinks = [word for name in FILES for word in ("--sink", name)]
    more = (*sinks, "--extract", "shop:extract", "--no-progress", "--workers", 1, *options)

    def run(out: Path, *arguments: object) -> None:
        done = crawl("run", *arguments, "-o", out, *more, cwd=folder)
        assert done.returncode == 0, done.stderr

    name = "after" if options else "before"
    whole, shared = folder / f"whole-{name}", folder / f"shared-{name}"
    urls = [f"{site.url}/" for site in sites]
    run(whole, *urls)
    shared.mkdir()
    last = [f"{sites[2].url}/p{number}" for number in range(10, 20)]
    run(shared / NODES[0], urls[0])
    run(shared / NODES[1], urls[1])
    run(shared / NODES[2], urls[2], "--exclude", TAKEN_OVER)
    run(shared / NODES[3], *last, "--include", TAKEN_OVER)
    for node in NODES:
        write_on(shared / node)
    return Crawled(whole, gather(shared, NODES))


@pytest.fixture(scope="module")
def outs(tmp_path_factory) -> Iterator[Outs]:
    folder = tmp_path_factory.mktemp("nodes")
    (folder / "shop.py").write_text(EXTRACT)
    with ExitStack() as stack:
        sites = [stack.enter_context(serving()) for _ in range(3)]
        build(sites)
        before = crawl_both(folder, sites)
        change(sites)
        yield Outs(before, crawl_both(folder, sites, "--set", "parse.keep_text=true"))


@pytest.fixture
def shared(outs, tmp_path) -> Path:
    """A copy that may be damaged."""
    subprocess.run(["cp", "-a", outs.before.shared, tmp_path / "shared"], check=True)
    return tmp_path / "shared"


def alone(shared: Path, sink: str, into: Path) -> Path:
    """The crawl as if it had this sink alone."""
    into.mkdir()
    (into / "crawl.db").symlink_to(shared / "crawl.db")
    for node in NODES:
        (into / node).mkdir()
        (into / node / FILES[sink]).symlink_to(shared / node / FILES[sink])
    return into


def crawl(*arguments: object, **more: Any) -> "subprocess.CompletedProcess[str]":
    """A command, without the line which says that the nodes' database, which is none, cannot be reached."""
    done = crawls.crawl(*arguments, **more)
    lines = done.stderr.splitlines(keepends=True)
    done.stderr = "".join(line for line in lines if "when it was last gathered" not in line)
    return done


def exported(out: Path, *arguments: object) -> list[dict[str, Any]]:
    done = crawl("export", out, "--to", "jsonl", *arguments)
    assert (done.returncode, done.stderr) == (0, "")
    return [json.loads(line) for line in done.stdout.splitlines()]


def told(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    found = [{name: record[name] for name in COMPARED} for record in records]
    return sorted(found, key=lambda record: record["url"])


@pytest.mark.parametrize("sink", FILES)
def test_an_export_has_the_records_of_all_nodes_as_one_crawl_has_them(outs, tmp_path, sink):
    out = alone(outs.before.shared, sink, tmp_path / "alone")
    records = exported(out)
    wanted = exported(outs.before.whole)
    assert len(records) == len(wanted) == 3 * 23
    assert told(records) == told(wanted)
    assert len(exported(out, "--where", "status = 404", "--where", "url like '%/gone'")) == 3
    items = exported(out, "--items")
    key = msgspec.json.encode
    assert sorted(map(key, items)) == sorted(map(key, exported(outs.before.whole, "--items")))


@pytest.mark.parametrize("sink", FILES)
def test_the_records_come_part_after_part(outs, tmp_path, sink):
    wanted = []
    for node in NODES:
        lines = (outs.before.shared / node / "records.jsonl").read_text().splitlines()
        wanted += [json.loads(line)["url"] for line in lines[:-1]]  # the last is not committed
    found = [record["url"] for record in exported(alone(outs.before.shared, sink, tmp_path / "alone"))]
    assert found == wanted


def test_tables_are_exported_whole(outs, tmp_path):
    shared, file = outs.before.shared, tmp_path / "file"
    urls = [record["url"] for record in exported(shared)]

    def export(to: str, *more: str) -> Path:
        done = crawl("export", shared, "--to", to, "-o", file, *more)
        assert (done.returncode, done.stderr) == (0, "")
        return file

    assert pq.read_table(export("parquet"))["url"].to_pylist() == urls
    assert set(pq.read_table(export("parquet", "--items")).column_names) == {"page_url", "n", "title", "tags"}
    with closing(sqlite3.connect(export("sqlite"))) as db:
        assert db.execute("SELECT id, url FROM records ORDER BY id").fetchall() == [*enumerate(urls, 1)]
    with export("csv").open(newline="") as rows:
        assert [row["url"] for row in csv.DictReader(rows)] == urls


def test_no_export_nor_report_goes_over_what_nodes_wrote(outs):
    shared = outs.before.shared
    for name in ("one-1/records.jsonl", "one-3/notes", "cluster.json", "crawl.db"):
        done = crawl("export", shared, "--to", "jsonl", "-o", shared / name)
        assert (done.returncode, done.stderr.count("\n")) == (2, 1)
        assert "is the crawl's own" in done.stderr
    for name in ("one-1/records.jsonl", "cluster.json"):
        done = crawl("diff", shared, outs.before.whole, "--report", f"json={shared / name}")
        assert (done.returncode, done.stderr.count("\n")) == (2, 1)
        assert "that file is the crawl's own" in done.stderr


def errors_of(out: Path) -> dict[str, tuple[int, str, set[tuple[str, str | None]]]]:
    done = crawl("status", out, "--errors", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    report = json.loads(done.stdout)
    assert report["all_pages"]
    return {
        error["url"]: (
            error["status"],
            error["message"],
            {(page["url"], page["through"]) for page in error["linked_from"]},
        )
        for error in report["errors"]
    }


@pytest.mark.parametrize("sink", FILES)
def test_pages_of_all_nodes_are_named_that_lead_to_a_failed_url(outs, tmp_path, sink):
    wanted = errors_of(outs.before.whole)
    assert errors_of(alone(outs.before.shared, sink, tmp_path / "alone")) == wanted
    assert len(wanted) == 3
    for url, (status, _, pages) in wanted.items():
        assert (status, url[-5:]) == (404, "/gone")
        origins = {page.rpartition("/")[0] for page, _ in pages}
        assert len(origins) == 2, "pages of the host itself, and of another"
        assert any(through for _, through in pages)


def test_the_status_is_that_of_one_crawl(outs):
    reports = []
    for out in outs.before:
        done = crawl("status", out, "--json")
        assert (done.returncode, done.stderr) == (0, "")
        report = json.loads(done.stdout)
        hosts = {host["origin"]: (host["ok"], host["error"], host["skipped"]) for host in report["hosts"]}
        reports.append((report["state"], report["discovered"], report["counts"], hosts))
    assert reports[0] == reports[1]
    shown = crawl("status", outs.before.shared, "--hosts").stdout
    assert all(origin in shown for origin in reports[0][3])


def test_a_summary_names_what_failed_with_pages_of_all_nodes(outs):
    for out in outs.before:
        with open_view(out) as view:
            broken = first_broken(view, out)
        assert [(one["status"], len(one["linked_from"])) for one in broken] == [(404, 3)] * 3


def test_one_crawl_alone_is_not_to_be_crawled_again(outs):
    again = f", or crawl it again first (crawler recrawl {outs.before.whole})"
    for out, words in zip(outs.before, (again, ""), strict=True):
        done = crawl("diff", out)
        assert done.returncode == 2
        assert done.stderr == f"crawler: {out} holds one crawl alone: name two{words}\n"


def differences(old: Path, new: Path, *, exact: bool = False) -> list[Any]:
    return sorted(crawler.diff(old, new, exact=exact), key=lambda found: (found.what, found.url))


@pytest.mark.parametrize("exact", [False, True])
def test_the_crawl_of_one_machine_differs_in_nothing(outs, exact):
    whole, shared = outs.before
    for old, new in ((whole, shared), (shared, whole), (shared, shared)):
        assert differences(old, new, exact=exact) == []
    assert crawl("diff", whole, shared).returncode == 0


def test_differences_are_those_between_crawls_of_one_machine(outs):
    """Texts come from the archives of the first crawls, and from the records of the second."""
    (whole, shared), (new_whole, new_shared) = outs
    wanted = differences(whole, new_whole)
    assert {str(found.what) for found in wanted} == {"added", "gone", "moved", "changed"}
    changed = [found for found in wanted if found.url.endswith(("/p2", "/p12"))]
    assert len(changed) == 6
    assert all(any(line.startswith("-It has number") for line in found.text) for found in changed)
    for old, new in ((whole, new_shared), (shared, new_whole), (shared, new_shared)):
        assert differences(old, new) == wanted
    wanted = differences(new_whole, whole)
    for old, new in ((new_whole, shared), (new_shared, whole), (new_shared, shared)):
        assert differences(old, new) == wanted


@pytest.mark.parametrize("sink", FILES)
def test_records_are_compared_from_every_sink(outs, tmp_path, sink):
    old = alone(outs.before.shared, sink, tmp_path / "old")
    new = alone(outs.after.shared, sink, tmp_path / "new")
    found = {
        (one.what, one.url, one.changes, one.links_added, one.links_gone) for one in differences(old, new)
    }
    wanted = differences(outs.before.whole, outs.after.whole)
    assert found == {(one.what, one.url, one.changes, one.links_added, one.links_gone) for one in wanted}


def test_a_folder_that_is_on_another_machine_is_named(outs, shared):
    wanted = crawl("status", shared).stdout
    (shared / "two-2").rename(shared.parent / "away")
    (shared / "two-4").rename(shared.parent / "further")
    for arguments in (
        ("export", shared, "--to", "jsonl"),
        ("export", shared, "--to", "csv", "--items"),
        ("diff", shared, outs.after.whole),
        ("diff", outs.after.whole, shared),
        ("status", shared, "--errors"),
    ):
        done = crawl(*arguments)
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (3, "", 1)
        assert f"there is no {shared / 'two-2'}, {shared / 'two-4'}; copy the folders" in done.stderr
    assert crawl("status", shared).stdout == wanted
    with open_view(shared) as view:
        broken = first_broken(view, shared)
    assert [len(one["linked_from"]) for one in broken] == [1, 1, 1], "as its database knows them"
    (shared.parent / "away").rename(shared / "two-2")
    (shared.parent / "further").rename(shared / "two-4")
    assert len(exported(shared)) == 3 * 23


def test_a_node_that_committed_nothing_is_not_missed(outs, shared):
    with closing(sqlite3.connect(shared / "crawl.db")) as db, db:
        (last,) = db.execute("SELECT max(last) FROM parts").fetchone()
        db.execute("INSERT INTO parts VALUES ('late-5', ?, ?)", (last + 1, last + 1))
        db.executemany("INSERT INTO batches VALUES (?, ?, 0)", [(last + 1, name) for name in FILES])
    assert len(exported(shared)) == 3 * 23
    assert len(errors_of(shared)) == 3
    assert differences(shared, outs.after.whole) == differences(outs.before.whole, outs.after.whole)


def test_before_anything_is_committed_there_is_nothing_to_read(outs, shared):
    with closing(sqlite3.connect(shared / "crawl.db")) as db, db:
        for table in ("parts", "batches", "ends", "pages"):
            db.execute(f"DELETE FROM {table}")
        db.execute("UPDATE urls SET state = 0, kind = NULL, batch = NULL")
        db.execute("UPDATE meta SET value = 'running' WHERE key = 'state'")
    done = crawl("export", shared, "--to", "jsonl")
    assert (done.returncode, done.stdout) == (0, "")
    assert "there is no record" in done.stderr
    shown = crawl("status", shared).stdout
    assert shown.startswith("crawl running on its nodes, when this was gathered, started at ")
    assert "to go on" not in shown
    with closing(sqlite3.connect(shared / "crawl.db")) as db, db:
        db.execute("UPDATE meta SET value = 'stopped' WHERE key = 'state'")
    last = crawl("status", shared).stdout.splitlines()[-1]
    out = outs.before.shared
    assert last == f"to go on: crawler node --frontier {CLUSTER['frontier']} --name books -o {out}"


def damage(path: Path, sink: str) -> Path:
    """Have what a sink wrote end before its position; what an error names."""
    if sink == "sqlite":
        with closing(sqlite3.connect(path)) as db, db:
            db.execute("DELETE FROM records WHERE id > 15")
    elif path.is_dir():
        last = max(part for part in path.iterdir() if not part.name.startswith("."))
        if sink == "parquet":
            last.unlink()
            return path
        os.truncate(last, last.stat().st_size * 3 // 4)
        return last
    else:
        os.truncate(path, path.stat().st_size * 3 // 4)
    return path


@pytest.mark.parametrize("sink", FILES)
def test_a_part_that_is_shorter_than_its_position_is_called_damaged(shared, tmp_path, sink):
    out = alone(shared, sink, tmp_path / "alone")
    damage(shared / "two-2" / FILES[sink], sink)
    file = tmp_path / "file"
    file.write_text("old")
    done = crawl("export", out, "--to", "jsonl", "-o", file)
    assert (done.returncode, done.stderr.count("\n")) == (3, 1)
    assert f"{out / 'two-2' / FILES[sink]}" in done.stderr
    assert " cannot be read: " in done.stderr
    assert file.read_text() == "old"
    done = crawl("status", out, "--errors")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)


def test_a_damaged_record_is_counted_in_its_own_file(shared):
    path = shared / "one-3" / "records.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    lines[4] = lines[4].replace(b"http", b"ht\xffp", 1)
    path.write_bytes(b"".join(lines))
    for name in ("csv", "parquet"):
        done = crawl("export", shared, "--to", name, "-o", shared.parent / "file")
        assert done.returncode == 3
        assert f"{path} cannot be read: record 5 is damaged" in done.stderr
        assert "(4 records before that can be)" in done.stderr


def test_records_that_are_gone_are_called_that(shared):
    for node in NODES:
        for name in FILES.values():
            target = shared / node / name
            target.rename(target.with_name(f"away-{name}"))
    for arguments in (("export", shared, "--to", "csv"), ("diff", shared, shared)):
        done = crawl(*arguments)
        assert (done.returncode, done.stderr.count("\n")) == (2, 1)
        assert f"there is no {shared / 'one-1' / 'records.jsonl'}" in done.stderr
