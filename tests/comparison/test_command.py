"""``crawler diff``, as its users call it."""

import json
import sqlite3
import subprocess
from contextlib import closing

import pytest

from tests import crawls
from tests.comparison.made import Made, failed, make, page


@pytest.fixture
def outs(tmp_path):
    old = make(tmp_path / "old", page("/", "One."), page("/a", "a"))
    new = make(tmp_path / "new", page("/", "Two."), failed("/a"))
    return old, new


def diff(*arguments, cwd=None):
    return crawls.crawl("diff", *arguments, cwd=cwd)


def refused(*arguments, code=2, cwd=None):
    """What is said, in one sentence without a traceback."""
    done = diff(*arguments, cwd=cwd)
    assert done.returncode == code
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith("crawler: ")
    return line


def test_exit_codes(outs):
    old, new = outs
    assert diff(old, new).returncode == 1
    same = diff(old, old)
    assert (same.returncode, same.stderr) == (0, "")
    assert "Both are the same crawl." in same.stdout


def test_bad_usage(outs, tmp_path):
    old, new = outs
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("")
    for name in ("empty", "nothing", "file"):
        assert "holds no crawl" in refused(old, tmp_path / name)
        assert "holds no crawl" in refused(tmp_path / name, new)
        assert "holds no crawl" in refused(tmp_path / name)
    assert "has no generation 7" in refused(old, f"{new}@7")
    assert "has no generation 7" in refused(f"{old}@7", new)
    assert "holds one crawl alone" in refused(old)
    assert "no format 'xml'" in refused(old, new, "--report", "xml=x")
    assert "the crawl's own" in refused(old, new, "--report", f"json={old / 'crawl.db'}")
    assert "there is no folder" in refused(old, new, "--report", f"json={tmp_path / 'no' / 'x'}")
    assert "two reports go to standard output" in refused(old, new, "--json", "--report", "html")
    assert refused().count("OLD") == 1


@pytest.mark.parametrize("what", ["no database", "an empty one", "another program's", "another version's"])
def test_what_is_no_crawl_of_ours(outs, what):
    old, new = outs
    file = new / "crawl.db"
    file.unlink()
    if what == "no database":
        file.write_bytes(b"This is no database. " * 100)
    elif what == "an empty one":
        file.write_bytes(b"")
    else:
        with closing(sqlite3.connect(file)) as db:
            db.execute("CREATE TABLE other (x)")
            db.execute(f"PRAGMA user_version = {3 if what == 'another version' else 0}")
    line = refused(old, new, code=3 if what == "no database" else 2)
    assert str(file) in line or str(new) in line


def test_a_damaged_crawl(outs):
    old, new = outs
    with closing(sqlite3.connect(new / "crawl.db")) as db, db:
        db.execute("DROP TABLE ends")
    done = diff(old, new)
    assert done.returncode == 3
    assert done.stderr.count("\n") == 1
    assert str(new / "crawl.db") in done.stderr


def test_damaged_records_are_said(outs):
    old, new = outs
    (new / "records.jsonl").write_bytes(b"")
    done = diff(old, new)
    assert done.returncode == 3
    assert "records.jsonl cannot be read" in done.stderr
    assert "exit code" not in done.stdout


def test_json_and_files(outs, tmp_path):
    old, new = outs
    done = diff(
        old,
        new,
        "--json",
        "--report",
        f"html={tmp_path / 'a.html'}",
        "--report",
        f"markdown={tmp_path / 'a.md'}",
    )
    assert (done.returncode, done.stderr) == (1, "")
    assert [each["what"] for each in json.loads(done.stdout)["differences"]] == ["gone", "changed"]
    assert (tmp_path / "a.html").read_text().startswith("<!doctype html>")
    assert (tmp_path / "a.md").read_text().startswith("## Crawl comparison: 1 gone, 1 changed")


def test_names_with_an_at_sign(tmp_path):
    make(tmp_path / "out@2", page("/", "One."))
    make(tmp_path / "out", page("/", "Two."))
    make(tmp_path / "out", page("/", "Three."), generation=2)
    done = diff("out@2", "out@1", "--json", cwd=tmp_path)
    assert "One." in done.stdout, "the folder of that name"


def test_a_pipe_that_nobody_reads_to_its_end(tmp_path):
    old = make(tmp_path / "old", page("/"))
    new = make(tmp_path / "new", page("/"), *[page(f"/{number}" + "x" * 200) for number in range(3_000)])
    file = tmp_path / "page.md"
    command = crawls.command("diff", old, new, "--json", "--report", f"markdown={file}")
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.read(10)
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(20) == 1
    assert "3,000 added" in file.read_text()


@pytest.mark.parametrize("state", ["running", "stopped"])
def test_a_crawl_that_has_not_ended_is_said(tmp_path, state):
    old = make(tmp_path / "old", page("/"), page("/a", "a"))
    new = make(tmp_path / "new", page("/"), Made("/a"), state=state)
    done = diff(old, new)
    assert (done.returncode, done.stderr) == (0, "")
    assert ("still runs" in done.stdout) is (state == "running")
    assert "1 page pending" in done.stdout
