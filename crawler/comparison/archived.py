"""The visible texts of pages whose records have none, from the answers in an archive.

They are read as a crawl reads them, and wait in a temporary file, as the records do.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from crawler.comparison.crawled import Crawled
from crawler.fetch.inflate import Undecodable, decoder
from crawler.frontier.compared import PageRow
from crawler.model.errors import CrawlFailed
from crawler.parse.html import parse_html


class Texts:
    """Of pages of both crawls."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        db.execute("CREATE TABLE texts (side INTEGER, url TEXT, text BLOB, PRIMARY KEY (side, url))")

    def of(self, side: int, url: str) -> str | None:
        """The text of a page; ``side`` 0 is the old crawl."""
        found = self._db.execute("SELECT text FROM texts WHERE side = ? AND url = ?", (side, url)).fetchone()
        return None if found is None else str(found[0], "utf-8", "surrogatepass")

    def take(self, side: int, crawl: Crawled, rows: Sequence[PageRow]) -> None:
        """Read those of ``rows``. Raises CrawlFailed."""
        self._db.execute("BEGIN")
        for url, head, payload in crawl.answers(rows):
            text = _visible(url, head, payload, crawl.max_body)
            if text is not None:
                row = side, url, text.encode("utf-8", "surrogatepass")
                self._db.execute("INSERT OR REPLACE INTO texts VALUES (?, ?, ?)", row)
        self._db.execute("COMMIT")


@contextmanager
def texts(old: Crawled, new: Crawled, wanted: Sequence[tuple[PageRow, PageRow]]) -> Iterator[Texts]:
    """The texts of the pages ``wanted``, where one crawl has not kept them and both can tell them."""
    crawls = old, new
    is_needed = any(not crawl.keeps_text for crawl in crawls)
    is_possible = all(crawl.keeps_text or crawl.has_answers for crawl in crawls)
    db = sqlite3.connect("", isolation_level=None)
    try:
        found = Texts(db)
        if is_needed and is_possible and wanted:
            for side, crawl in enumerate(crawls):
                if not crawl.keeps_text:
                    found.take(side, crawl, [pair[side] for pair in wanted])
        yield found
    except sqlite3.Error as error:
        raise CrawlFailed(f"the temporary file of the comparison cannot be used: {error}") from error
    finally:
        db.close()


def _visible(url: str, head: bytes, payload: bytes, most: int) -> str | None:
    """The text that a reader of the page sees; None where its coding cannot be undone."""
    fields = [
        (name.strip().lower(), value.strip())
        for name, _, value in (line.partition(":") for line in head.decode("latin-1").split("\r\n")[1:])
    ]
    body = bytearray()
    try:
        undo = decoder((value for name, value in fields if name == "content-encoding"), most)
        for piece in (payload,) if undo is None else undo.feed(payload):
            body += piece
            if len(body) >= most:
                break
    except Undecodable:
        return None
    content_type = next((value for name, value in fields if name == "content-type"), None)
    return parse_html(bytes(body[:most]), content_type, url).text
