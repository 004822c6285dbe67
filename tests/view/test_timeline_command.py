"""``crawler timeline``: from the folders of traced crawls to a page, and what is refused in one sentence."""

import json
import re
import shutil
from pathlib import Path

import pytest

from crawler.cli.app import main
from tests.crawls import crawl


@pytest.fixture(scope="module")
def traced(tmp_path_factory) -> Path:
    """Two short real crawls of the fixture site."""
    folder = tmp_path_factory.mktemp("traced")
    for executor in ("inline", "process"):
        crawl("demo", "-o", folder / executor, "--trace", "--executor", executor, "--workers", 1,
              "--max-pages", 12, "-q")  # fmt: skip
    return folder


def data_of(file: Path) -> dict:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', file.read_text("utf-8"))
    assert found
    return json.loads(found[1])


def timeline(*arguments: object) -> int:
    return main(["timeline", *map(str, arguments)])


def refused(capsys, *arguments: object) -> str:
    """What is said on standard error, in one line."""
    assert timeline(*arguments) == 2
    out, error = capsys.readouterr()
    assert out == ""
    (line,) = error.splitlines()
    return line.removeprefix("crawler: ")


def test_a_real_crawl_has_its_rows_and_the_source_of_what_they_do(traced, tmp_path, capsys):
    file = tmp_path / "both.html"
    assert timeline(traced / "inline", traced / "process", "-o", file) == 0
    assert capsys.readouterr().out == f"timeline: {file}\n"
    data = data_of(file)
    inline, process = data["crawls"]
    assert [inline["name"], process["name"]] == [str(traced / "inline"), str(traced / "process")]
    assert ["executor", "inline"] in inline["said"]
    rows = {(name, model) for name, model, *_ in process["tracks"]}
    assert rows >= {("fetch-0", "coroutine"), ("page_queue", "queue"), ("commit", "coroutine"),
                    ("writer-jsonl", "process"), ("parser-0", "process")}  # fmt: skip
    names = [name for name, *_ in process["tracks"]]
    assert names.count("page_queue") == 1, "one row, however many places it has"
    without_source = {name for name, _, _, function, *_ in process["kinds"] if function < 0}
    assert without_source <= {"lease", "waiting"}
    assert {name for _, name, *_ in data["functions"]} >= {"_ask", "parse_task", "_serve"}


def test_every_committed_url_has_its_whole_life_in_the_page(traced, tmp_path):
    timeline(traced / "process", "-o", tmp_path / "page.html")
    (crawl,) = data_of(tmp_path / "page.html")["crawls"]
    steps: dict[int, set[str]] = {}
    for kind, about in zip(crawl["bars"]["kind"], crawl["bars"]["urls"], strict=True):
        for url in [about] if isinstance(about, int) else about:
            steps.setdefault(url, set()).add(crawl["kinds"][kind][0])
    committed = [found for found in steps.values() if "committing" in found]
    assert len(committed) >= 12
    assert all(found >= {"lease", "write a batch"} for found in committed)
    assert sum("parsing" in found for found in committed) >= 8
    assert None not in crawl["urls"]


def test_the_page_lies_in_the_folder_unless_another_place_is_named(traced, capsys):
    assert timeline(traced / "inline") == 0
    assert capsys.readouterr().out == f"timeline: {traced / 'inline' / 'timeline.html'}\n"
    (traced / "inline" / "timeline.html").unlink()
    assert timeline(traced / "inline" / "trace.pftrace", "--seconds", "0-0.02") == 0
    crawl = data_of(traced / "inline" / "timeline.html")["crawls"][0]
    assert (crawl["from"], crawl["to"]) == (0, 0.02)


def test_a_trace_that_was_cut_off_shows_what_is_there(traced, tmp_path, capsys):
    trace = (traced / "process" / "trace.pftrace").read_bytes()
    (tmp_path / "trace.pftrace").write_bytes(trace[: len(trace) * 2 // 3])
    assert timeline(tmp_path) == 0
    crawl = data_of(tmp_path / "timeline.html")["crawls"][0]
    assert crawl["notes"][0].startswith("The trace is cut off")
    assert len(crawl["bars"]["kind"]) > 10


def test_what_has_no_trace_is_refused(tmp_path, capsys):
    assert refused(capsys, tmp_path / "none") == f"{tmp_path / 'none'} is no output folder of a crawl"
    assert refused(capsys, tmp_path).startswith(f"{tmp_path} has no trace; a crawl that is run")
    (tmp_path / "trace.pftrace").write_bytes(b"<html>no trace at all</html>" * 10)
    assert "is no trace of a crawl" in refused(capsys, tmp_path)


def test_a_file_that_cannot_be_written_is_refused(traced, tmp_path, capsys):
    assert refused(capsys, traced / "inline", "-o", tmp_path / "no" / "a.html") == (
        f"{tmp_path / 'no' / 'a.html'}: the timeline cannot be written: there is no folder {tmp_path / 'no'}"
    )
    assert "cannot be written: it is a folder" in refused(capsys, traced / "inline", "-o", tmp_path)
    assert list(tmp_path.iterdir()) == []


OWN = (
    "crawl.db", "crawl.db-wal", "crawl@2.db", "crawl.lock", "crawl.log", "records.jsonl", "records@3.csv",
    "summary.json", "summary@1.json", "history.jsonl", "history@2.jsonl", "findings@2.jsonl", "trace.pftrace",
    "trace.7.pftrace", "trace-run2.pftrace", "trace-run2.1.pftrace", "spool/x",
)  # fmt: skip


@pytest.mark.parametrize("name", OWN)
def test_no_file_of_a_crawl_is_written_over(traced, tmp_path, capsys, name):
    shutil.copytree(traced / "inline", out := tmp_path / "out")
    (out / "spool").mkdir(exist_ok=True)
    before = {path.name: path.read_bytes() for path in out.iterdir() if path.is_file()}
    (tmp_path / "link").symlink_to(out / name)
    for shown, file in ((out, out / name), (traced / "process", out / name), (out, tmp_path / "link")):
        said = f"{file}: the timeline cannot be written: that file is the crawl's own"
        assert refused(capsys, shown, "-o", file) == said
        assert {path.name: path.read_bytes() for path in out.iterdir() if path.is_file()} == before


def test_no_file_of_a_crawl_of_nodes_is_written_over(traced, tmp_path, capsys):
    out = tmp_path / "out"
    shutil.copytree(traced / "inline", node := out / "one-1")
    (out / "cluster.json").write_text("{}")
    for file in (out / "cluster.json", out / "crawl.db", node / "trace.1.pftrace"):
        assert refused(capsys, node, "-o", file).endswith("that file is the crawl's own")
    said = f"{out} has no trace, its nodes have one each; name one of them: {node}"
    assert refused(capsys, out) == said


def test_a_dash_is_standard_output(traced, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert timeline(traced / "inline", "-o", "-") == 0
    printed = capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "page.html").write_text(printed)
    assert len(data_of(tmp_path / "page.html")["crawls"]) == 1
    assert printed.rstrip().endswith("</html>")


@pytest.mark.parametrize("seconds", ["", "5", "a-b", "5-2", "3-3", "1-2-3", "nan-4", "-1--0", "inf-"])
def test_seconds_that_are_none_are_refused(traced, capsys, seconds):
    said = refused(capsys, traced / "inline", "--seconds", seconds)
    assert said == f"--seconds {seconds!r}: FROM-TO is two numbers of seconds, such as 2.5-4, 10- or -5"


def test_seconds_after_the_end_are_refused(traced, capsys):
    assert "s, and 500 is after" in refused(capsys, traced / "inline", "--seconds", "500-")


def test_without_a_folder_it_says_what_is_missing(capsys):
    assert "Missing argument 'OUT...'" in refused(capsys)


def test_one_crawl_twice_is_shown_once(traced, tmp_path, capsys):
    timeline(traced / "inline", traced / "inline", "-o", tmp_path / "page.html")
    assert len(data_of(tmp_path / "page.html")["crawls"]) == 1
    shutil.copytree(traced / "inline", tmp_path / "copy")
    timeline(traced / "inline", tmp_path / "copy", "-o", tmp_path / "page.html")
    assert len(data_of(tmp_path / "page.html")["crawls"]) == 2
