"""One file of a folder at several URLs: ``/`` and ``/index.html``, ``/a``, ``/a.html`` and ``/a?v=2``.

A site may link to both, and reports name the file; so whatever is said of it is said once.
"""

import sqlite3

from crawler.check.folder import is_of_folder, namer
from crawler.config import Config

_FILES = """
CREATE TEMP TABLE files AS
SELECT id, first_value(id) OVER (PARTITION BY file_name(url) ORDER BY instr(url, '?') > 0, id) AS original
FROM current JOIN answers USING (id) WHERE purpose = 0 AND outcome IN ('ok', 'truncated')
"""
_COPIES = "(SELECT id FROM files WHERE id <> original)"


def leave_out_copies(db: sqlite3.Connection, config: Config) -> None:
    """Of each file leave one answer in the tables of the site; the others are linked if one of them is."""
    if not is_of_folder(config):
        return
    name = namer(config)
    db.create_function("file_name", 1, lambda url: name(url.partition("?")[0]), deterministic=True)
    db.execute(
        "INSERT OR IGNORE INTO linked SELECT id FROM answers WHERE purpose = 0 AND file_name(url) IN"
        " (SELECT file_name(url) FROM linked JOIN answers USING (id))"
    )
    db.execute(_FILES)
    for table in ("suspects", "lost", "marks", "relations", "mistyped"):
        db.execute(f"DELETE FROM {table} WHERE page IN {_COPIES}")
    db.execute(
        "UPDATE lost SET answer = (SELECT original FROM files WHERE id = lost.answer)"
        f" WHERE answer IN {_COPIES}"
    )
    db.execute(f"DELETE FROM current WHERE id IN {_COPIES}")
