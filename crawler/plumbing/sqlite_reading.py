"""Reading a SQLite database that another process may be writing, and leaving nothing beside it."""

import os
import sqlite3
from pathlib import Path


def open_for_reading(path: Path) -> sqlite3.Connection:
    """A connection that cannot write to the database at ``path``, which must exist. Raises sqlite3.Error.

    A database in WAL mode is read by way of two files beside it, and only a connection that may write takes
    them away again when it is the last one. So, where writing is allowed, this is one: it never changes what
    the database says, but when it is closed it moves what a killed writer left in the log into the file.
    Where writing is not allowed, SQLite cannot make the two files, and needs none if no writer has left any.
    """
    connection = sqlite3.connect(address(path), uri=True, timeout=10)
    try:
        connection.execute("PRAGMA query_only = 1")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def address(path: Path) -> str:
    """The URI under which a database is opened, or attached, that is only to be read."""
    if os.access(path.parent, os.W_OK) and os.access(path, os.W_OK):
        how = "mode=rw"
    else:
        how = "mode=ro" if path.with_name(f"{path.name}-wal").exists() else "mode=ro&immutable=1"
    return f"{path.absolute().as_uri()}?{how}"
