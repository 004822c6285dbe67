"""``crawler export``: what it refuses, in one line, before anything is written."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from crawler.cli.app import main
from crawler.config import Config
from crawler.export.target import whole_file
from crawler.export.where import Where
from crawler.frontier.schema import SCHEMA_VERSION, TABLES
from crawler.model.errors import UsageError
from tests.cli.stand_ins import Run


@pytest.fixture
def crawler(capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs the command with all that lies below it."""

    def run(*arguments: str) -> tuple[int, list[str], list[str]]:
        code = main(list(arguments))
        said = capsys.readouterr()
        return code, said.out.splitlines(), said.err.splitlines()

    return run


@pytest.fixture
def out(tmp_path: Path) -> Path:
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "records.jsonl").touch()
    with closing(sqlite3.connect(folder / "crawl.db")) as db, db:
        db.executescript(TABLES)
        db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        settings = Config(seeds=["http://a.test/"]).to_json()
        db.execute("INSERT INTO meta VALUES ('settings', ?), ('state', 'finished')", (settings,))
    return folder


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (
            ["--to", "xls"],
            "--to xls: there is no such format; there is jsonl, sqlite, csv, parquet (",
        ),
        (["--to", "warc", "-o", "x"], "--to warc: that is not made of records, but while a crawl runs"),
        (["--to", "facts", "-o", "x"], "--to facts: that is not made of records"),
        (["--to", "sqlite"], "--to sqlite goes to a file of its own: name one with -o FILE"),
        (["--to", "parquet"], "--to parquet goes to a file of its own"),
        (["--to", "csv", "-o", "{out}/records.jsonl"], "records.jsonl is the crawl's own"),
        (["--to", "csv", "-o", "{out}/history.jsonl"], "history.jsonl is the crawl's own"),
        (["--to", "csv", "-o", "{out}/findings.jsonl"], "findings.jsonl is the crawl's own"),
        (["--to", "csv", "-o", "{out}/trace.pftrace"], "trace.pftrace is the crawl's own"),
        (["--to", "csv", "-o", "{out}/trace.1.pftrace"], "trace.1.pftrace is the crawl's own"),
        (["--to", "csv", "-o", "{out}/trace-run2.1.pftrace"], "trace-run2.1.pftrace is the crawl's own"),
        (["--to", "csv", "-o", "{out}/summary@1.json"], "summary@1.json is the crawl's own"),
        (["--to", "csv", "-o", "{out}/crawl.db-wal"], "crawl.db-wal is the crawl's own"),
        (["--to", "csv", "-o", "{out}"], "cannot be written: it is a folder"),
        (["--to", "csv", "-o", "{out}/none/x"], "cannot be written: there is no folder"),
        (["--to", "csv", "--set", "parquet.part_rows=9"], "takes no settings but those of [csv]"),
        (["--to", "csv", "--where", "stat > 1"], "there is no column stat; the columns are url, final_url,"),
        (["--to", "csv", "--where", "status >"], "is not understood: near"),
        (["--to", "csv", "--where", "'a"], "is not understood: unrecognized token"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(
    out: Path, crawler: Run, arguments: list[str], says: str
) -> None:
    before = sorted(out.iterdir())
    code, _, err = crawler("export", str(out), *(word.format(out=out) for word in arguments))
    assert code == 2
    assert len(err) == 1
    assert says in err[0]
    assert sorted(out.iterdir()) == before


def test_a_format_that_the_crawl_has_kept_says_where(out: Path, crawler: Run) -> None:
    (out / "archive").mkdir()
    assert (
        f"the crawl has that already, it is {out / 'archive'}"
        in crawler("export", str(out), "--to", "warc")[2][0]
    )


def test_what_is_no_crawl_is_refused(tmp_path: Path, crawler: Run) -> None:
    for folder, why in ((tmp_path, "no crawl.db in it"), (tmp_path / "none", "no such folder")):
        code, _, err = crawler("export", str(folder), "--to", "csv")
        assert (code, err) == (2, [f"crawler: {folder} holds no crawl: there is {why}"])


def test_no_file_of_another_crawl_is_written_over(out: Path, tmp_path: Path, crawler: Run) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "crawl.db").write_text("database")
    for name in ("crawl.db", "records.csv"):
        code, _, err = crawler("export", str(out), "--to", "csv", "-o", str(other / name))
        assert (code, err) == (2, [f"crawler: -o {other / name}: that file is another crawl's own"])
    assert [path.read_text() for path in other.iterdir()] == ["database"]


def test_a_second_export_to_one_file_is_refused(out: Path, tmp_path: Path, crawler: Run) -> None:
    file = tmp_path / "x.csv"
    with whole_file(file) as part:
        part.write_text("first")
        code, _, err = crawler("export", str(out), "--to", "csv", "-o", str(file))
        assert code == 2
        assert f"another export (pid {os.getpid()}) is writing {file}" in err[0]
    assert file.read_text() == "first"


def test_who_is_interrupted_leaves_the_old_file(tmp_path: Path) -> None:
    file = tmp_path / "x.csv"
    file.write_text("old")
    with pytest.raises(KeyboardInterrupt), whole_file(file) as part:
        part.write_text("half")
        raise KeyboardInterrupt
    assert file.read_text() == "old"
    assert not part.exists()


@pytest.mark.parametrize(
    "expression",
    [
        "(SELECT count(*) FROM sqlite_master)",
        "load_extension('x')",
        "1) OR (1",
        "1; SELECT 1",
        "rowid = 1",
        "(WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c)",
        "",
        "title = 'x' /*",
        "\0",
    ],
)
def test_an_expression_may_only_read_the_record(expression: str) -> None:
    with pytest.raises(UsageError, match="--where"):
        Where([expression])
