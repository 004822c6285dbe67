"""Many rows in one statement are the same rows."""

import sqlite3

import pytest

from crawler.frontier.rows import execute_values

SIZES = [0, 1, 3, 4, 15, 64, 65, 211]


@pytest.fixture
def db():
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, word TEXT, extra BLOB)")
    yield connection
    connection.close()


@pytest.mark.parametrize("size", SIZES)
def test_every_row_is_inserted_once_and_updated_as_its_own(db, size):
    rows = [(number, f"word {number}", None if number % 2 else b"\0" * number) for number in range(size)]
    execute_values(db, "INSERT INTO t (id, word, extra) VALUES ?", rows)
    assert db.execute("SELECT id, word, extra FROM t ORDER BY id").fetchall() == rows
    updates = [(number, f"other {number}") for number in reversed(range(0, size, 2))]
    execute_values(db, "UPDATE t SET word = column2 FROM (VALUES ?) WHERE id = column1", updates)
    assert db.execute("SELECT id, word, extra FROM t ORDER BY id").fetchall() == [
        (number, word if number % 2 else f"other {number}", extra) for number, word, extra in rows
    ]


def test_a_row_that_is_refused_is_an_error_of_sqlite(db):
    with pytest.raises(sqlite3.IntegrityError):
        execute_values(db, "INSERT INTO t (id, word, extra) VALUES ?", [(1, "a", None), (1, "b", None)])


def test_hundreds_of_rows_take_a_few_statements(db):
    """Each run of a statement hands the interpreter lock over; that is what this is for."""
    seen: list[str] = []
    db.set_trace_callback(seen.append)
    execute_values(
        db, "INSERT INTO t (id, word, extra) VALUES ?", [(number, "w", None) for number in range(250)]
    )
    assert len(seen) <= 12
