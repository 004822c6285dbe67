"""A database is read beside its writer, and nothing is left beside it."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from crawler.plumbing.sqlite_reading import open_for_reading


def written(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("CREATE TABLE pages (url)")
    db.execute("INSERT INTO pages VALUES ('one')")
    db.commit()
    return db


def pages(db: sqlite3.Connection) -> list[tuple[str]]:
    return db.execute("SELECT url FROM pages").fetchall()


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture(params=[True, False], ids=["writable", "read-only"])
def may_write(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    if not request.param:  # root may write anything, so the question is answered in its place
        monkeypatch.setattr(os, "access", lambda *_: False)
    return bool(request.param)


@pytest.mark.usefixtures("may_write")
def test_nothing_is_left_beside_a_database_that_nobody_writes(tmp_path: Path) -> None:
    path = tmp_path / "a # b?.db"
    written(path).close()
    content = path.read_bytes()
    with closing(open_for_reading(path)) as db:
        assert pages(db) == [("one",)]
    assert names(tmp_path) == [path.name]
    assert path.read_bytes() == content


@pytest.mark.usefixtures("may_write")
def test_a_live_writer_is_read_and_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "some.db"
    with closing(written(path)) as writer:
        with closing(open_for_reading(path)) as db:
            writer.execute("INSERT INTO pages VALUES ('two')")
            writer.commit()
            assert pages(db) == [("one",), ("two",)]
        assert names(tmp_path) == ["some.db", "some.db-shm", "some.db-wal"]
        writer.execute("INSERT INTO pages VALUES ('three')")
        writer.commit()
        with closing(open_for_reading(path)) as db:
            assert len(pages(db)) == 3


def test_what_a_killed_writer_has_left_is_read(tmp_path: Path, may_write: bool) -> None:
    path = tmp_path / "dead.db"
    with closing(written(tmp_path / "some.db")):
        for end in ("", "-wal"):
            path.with_name(f"dead.db{end}").write_bytes((tmp_path / f"some.db{end}").read_bytes())
    with closing(open_for_reading(path)) as db:
        assert pages(db) == [("one",)]
    assert path.with_name("dead.db-wal").exists() != may_write


@pytest.mark.usefixtures("may_write")
def test_nothing_can_be_written(tmp_path: Path) -> None:
    path = tmp_path / "some.db"
    written(path).close()
    with closing(open_for_reading(path)) as db, pytest.raises(sqlite3.OperationalError, match="readonly"):
        db.execute("DELETE FROM pages")


def test_there_must_be_one(tmp_path: Path) -> None:
    with pytest.raises(sqlite3.OperationalError), closing(open_for_reading(tmp_path / "none.db")) as db:
        pages(db)
    assert names(tmp_path) == []
