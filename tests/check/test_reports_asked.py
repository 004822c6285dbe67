"""What --report asks for, where it goes, and what is refused before a crawl."""

import os
import stat
import sys
from pathlib import Path

import pytest

from crawler.check import reports
from crawler.check.reports import FORMATS, Report, parse_report, parse_reports, write_reports
from crawler.check.verdict import verdict
from crawler.model.errors import CrawlFailed, UsageError
from crawler.sinks import SINKS
from tests.check.results import Made, numbered, usual

ROOT = os.geteuid() == 0


def write(result, *texts, out=None, **more):
    write_reports(result, parse_reports(texts, out), verdict(result), **more)


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("to", ["", "=-", "=/dev/stdout"])
def test_a_format_alone_or_with_a_dash_is_for_standard_output(name: str, to: str):
    assert parse_report(name + to) == Report(name, None)


def test_a_file_may_have_any_name():
    assert parse_report("json=a=b.json") == Report("json", Path("a=b.json"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("jsn=x", f"--report jsn=x: there is no format 'jsn'; allowed: {', '.join(FORMATS)}"),
        ("report.json", "there is no format 'report.json'; allowed: text, json, csv, "),
        ("", "there is no format ''"),
        ("JSON=x", "there is no format 'JSON'"),
        ("json=", "--report json=: no file is named behind the ="),
    ],
)
def test_what_is_no_report_is_refused(text: str, said: str):
    with pytest.raises(UsageError) as refused:
        parse_report(text)
    assert said in str(refused.value)


def test_text_goes_to_standard_output_unless_another_report_does(tmp_path):
    file = f"json={tmp_path / 'a.json'}"
    assert parse_reports([]) == [Report("text", None)]
    assert parse_reports([file]) == [Report("json", tmp_path / "a.json"), Report("text", None)]
    assert parse_reports([file, "csv"]) == [Report("json", tmp_path / "a.json"), Report("csv", None)]


@pytest.mark.parametrize("second", ["csv={0}/a", "csv={0}/./a", "csv={0}/sub/../a", "csv={0}/link", "csv=a"])
def test_two_reports_to_one_file_are_refused_however_it_is_spelled(second, tmp_path, monkeypatch):
    (tmp_path / "sub").mkdir()
    (tmp_path / "link").symlink_to("a")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match="two reports go to the file"):
        parse_reports([f"json={tmp_path}/a", second.format(tmp_path)])


@pytest.mark.parametrize("second", ["csv", "csv=-", "csv=/dev/stdout", "json"])
def test_two_reports_to_standard_output_are_refused(second):
    with pytest.raises(UsageError, match="two reports go to standard output"):
        parse_reports(["json=-", second])


def test_a_file_that_cannot_be_written_is_refused_before_the_crawl(tmp_path):
    (tmp_path / "file").write_text("old")
    for name, why in {
        "none/a.json": f"there is no folder {tmp_path}/none",
        ".": "it is a folder",
        "file/a.json": f"{tmp_path}/file is no folder",
        "x" * 300: "File name too long",
    }.items():
        with pytest.raises(UsageError) as refused:
            parse_reports([f"json={tmp_path}/{name}"])
        assert str(refused.value).startswith(f"--report json={tmp_path}")
        assert f"cannot be written: {why}" in str(refused.value).replace("the system says: ", "")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.skipif(ROOT, reason="root may write anything")
def test_a_folder_or_a_file_without_permission_is_refused(tmp_path):
    (tmp_path / "locked").mkdir(mode=0o555)
    (tmp_path / "old.json").write_text("old")
    (tmp_path / "old.json").chmod(0o444)
    for name in ("locked/a.json", "old.json"):
        with pytest.raises(UsageError, match="permission is denied"):
            parse_reports([f"json={tmp_path / name}"])


@pytest.mark.skipif(sys.platform != "linux", reason="needs a folder that not even root may write to")
def test_a_file_system_that_takes_no_files_is_refused():
    with pytest.raises(UsageError, match=r"/sys/a\.json cannot be written: permission is denied"):
        parse_reports(["json=/sys/a.json"])
    with pytest.raises(UsageError, match=r"/proc/a\.json cannot be written: no file can be made in /proc"):
        parse_reports(["json=/proc/a.json"])


def test_an_older_report_stays_until_the_new_one_is_whole(tmp_path):
    file = tmp_path / "a.json"
    file.write_text("old")
    asked = parse_reports([f"json={file}"])
    assert file.read_text() == "old"

    class Breaks(Made):
        def places(self, finding, most=None):
            yield numbered(1)
            raise KeyboardInterrupt

    result = Breaks().add("broken-link", "error", "http://a/", range(9))
    with pytest.raises(KeyboardInterrupt):
        write_reports(result, asked, verdict(result))
    assert file.read_text() == "old"
    assert list(tmp_path.iterdir()) == [file]
    write_reports(usual(), asked, verdict(usual()))
    assert file.read_text().startswith("{")
    assert list(tmp_path.iterdir()) == [file]


def test_a_report_is_as_readable_as_any_file_and_a_link_stays_one(tmp_path):
    (tmp_path / "link.csv").symlink_to("real.csv")
    write(usual(), f"csv={tmp_path}/link.csv", f"json={tmp_path}/a.json")
    (tmp_path / "other").write_text("")
    assert (tmp_path / "link.csv").is_symlink()
    assert (tmp_path / "real.csv").read_text().startswith("finding,")
    assert (tmp_path / "a.json").stat().st_mode == (tmp_path / "other").stat().st_mode


def test_a_report_may_lie_in_the_output_folder_before_there_is_one(tmp_path):
    out = tmp_path / "out"
    assert parse_reports([f"json={out}/report.json"], out)[0].path == out / "report.json"
    assert not out.exists()
    files = [sink.file_name for sink in SINKS.values()]
    inside = [f"{name}/part.csv" for name in files]  # a sink may be a folder
    generations = ["records@2.csv", "../out/records.db"]
    for taken in (
        "crawl.db",
        "summary.json",
        "history.jsonl",
        "history@2.jsonl",
        "findings.jsonl",
        "findings@2.jsonl",
        "trace.pftrace",
        "trace.1.pftrace",
        "trace-run2.pftrace",
        "trace-run2.1.pftrace",
        "crawl@2.db-wal",
        "crawl.log",
        "summary@1.json",
        *files,
        *inside,
        *generations,
    ):
        with pytest.raises(UsageError, match="that file is the crawl's own"):
            parse_reports([f"json={out}/{taken}"], out)
    with pytest.raises(UsageError, match="there is no folder"):
        parse_reports([f"json={out}/sub/report.json"], out)


def test_devices_and_pipes_are_written_as_they_are(tmp_path):
    write(usual(), "csv=/dev/null")
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    try:
        result = Made().add("broken-link", "error", "http://a/", range(2))
        write(result, f"csv={fifo}")
        assert os.read(reader, 65_536).count(b"\r\n") == 3
    finally:
        os.close(reader)
    assert stat.S_ISFIFO(fifo.stat().st_mode)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a disk that is full")
def test_a_full_disk_is_said_and_the_other_reports_are_written(tmp_path, capsys):
    asked = ("json=/dev/full", f"csv={tmp_path}/a.csv")
    with pytest.raises(CrawlFailed) as failed:
        write(usual(), *asked)
    assert str(failed.value) == "--report json=/dev/full: /dev/full cannot be written: the disk is full"
    assert failed.value.exit_code == 3
    assert (tmp_path / "a.csv").exists()
    printed = capsys.readouterr().out
    assert f"csv        {tmp_path}/a.csv\n" in printed
    assert "/dev/full" not in printed  # the text names what there is


def test_a_folder_that_went_while_the_crawl_ran_is_said(tmp_path, capsys):
    (tmp_path / "build").mkdir()
    asked = parse_reports([f"json={tmp_path}/build/a.json"])
    (tmp_path / "build").rmdir()
    with pytest.raises(CrawlFailed, match=r"a\.json cannot be written: its folder is gone"):
        write_reports(usual(), asked, verdict(usual()))
    assert "exit code 1" in capsys.readouterr().out


def test_nobody_reading_standard_output_is_for_the_program_to_say(tmp_path, monkeypatch):
    read, wrote = os.pipe()
    os.close(read)
    with os.fdopen(wrote, "w", encoding="latin-1") as closed:
        monkeypatch.setattr(sys, "stdout", closed)
        with pytest.raises(BrokenPipeError):
            write(usual(), f"csv={tmp_path}/a.csv", "json")
        monkeypatch.undo()
        os.dup2(os.open(os.devnull, os.O_WRONLY), wrote)
    assert (tmp_path / "a.csv").exists()


@pytest.mark.parametrize(("name", "encoding"), [("json", "utf-8"), ("text", "latin-1")])
def test_machines_get_utf8_and_people_what_their_terminal_has(name, encoding, tmp_path, monkeypatch):
    result = Made(seeds=["public"]).add("broken-link", "error", "café–\udce9.html", [numbered(1)])
    with (tmp_path / "stdout").open("w", encoding="latin-1") as stream:
        monkeypatch.setattr(sys, "stdout", stream)
        write(result, name)
        monkeypatch.undo()
        assert (stream.encoding, stream.errors) == ("latin-1", "strict")
    written = (tmp_path / "stdout").read_bytes().decode(encoding)
    expected = {"json": "café–\\udce9.html", "text": "café\\u2013\\udce9.html"}
    assert expected[name] in written


@pytest.mark.parametrize("name", FORMATS)
def test_each_format_writes_half_characters_of_file_names(name, tmp_path):
    result = Made(out=Path("o\udce9"), seeds=["p\udce9"]).add("slow", "error", "b\udce9.html", [numbered(1)])
    write(result, f"{name}={tmp_path}/a")
    written = (tmp_path / "a").read_text(encoding="utf-8")
    assert "b\\udce9.html" in written.replace("\\\\", "\\")  # what is shown as JSON's text has its \\ doubled


BOUNDED = {"html"}
"""What may keep its places in memory, since there is a most of them."""


@pytest.mark.parametrize("name", sorted(FORMATS.keys() - BOUNDED))
def test_places_are_not_gathered_in_memory(name, tmp_path):
    import tracemalloc

    result = Made().add("broken-link", "error", "http://a/", range(20_000))
    write(usual(), f"{name}={tmp_path}/a")  # what is imported at the first time is not counted
    tracemalloc.start()
    try:
        write(result, f"{name}={tmp_path}/a")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert name == "markdown" or (tmp_path / "a").stat().st_size > 1_000_000  # that has first places alone
    assert peak < 500_000


def test_every_format_is_a_module_with_words_for_the_help():
    files = {path.stem for path in Path(reports.__file__).parent.iterdir()}
    assert FORMATS.keys() <= files
    assert all(FORMATS.values())
