"""A small site as the rules see it: answers and the tables beside them, filled by hand."""

import json
import sqlite3
from contextlib import closing
from typing import NamedTuple, Self

from crawler import Config
from crawler.check.rules import RULES
from crawler.check.site import WORK_TABLES, Site
from crawler.model.facts import Odd
from crawler.model.findings import RuleId
from crawler.model.outcomes import Purpose
from crawler.model.sources import Source
from crawler.sinks.facts import CREATE

ORIGIN = "https://example.org"


class Found(NamedTuple):
    """A row of the table found; of its page the URL."""

    target: str
    message: str
    detail: dict[str, object]
    page: str
    line: int | None
    col: int | None
    source: int | None
    text: str


class SmallSite:
    """Its pages have paths of their own origin; a URL stands for itself."""

    def __init__(self, **config: object) -> None:
        self.db = sqlite3.connect(":memory:", isolation_level=None)
        self.db.executescript(CREATE)
        self.db.executescript(WORK_TABLES)
        self._site = Site(self.db, Config(**{"seeds": [f"{ORIGIN}/"], **config}))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.db.close()

    def answer(self, url: str, **columns: object) -> int:
        """A URL that was asked for; without more, a good page of HTML with nothing odd in it."""
        url = absolute(url)
        row = {
            "url": url,
            "purpose": Purpose.PAGE,
            "outcome": "ok",
            "status": 200,
            "final_url": url,
            "redirects": "[]",
            "fetched_at": "2026-11-28T12:00:00.000Z",
            "elapsed_ms": 20.0,
            "bytes": 5_000,
            "content_type": "text/html; charset=utf-8",
            "title": f"The title of {url}",
            "is_html": True,
            "noindex": False,
            "lang": "en",
            "title_line": 4,
            "title_column": 1,
            "text_length": 1_000,
            "text_hash": hash(url) >> 8,
            **columns,
        }
        row["final_url"] = absolute(str(row["final_url"]))
        names = ", ".join(row)
        marks = ", ".join("?" * len(row))
        answer = self.db.execute(f"INSERT INTO answers ({names}) VALUES ({marks})", [*row.values()]).lastrowid
        self.db.execute("INSERT INTO current VALUES (?)", (answer,))
        assert answer is not None
        return answer

    def failed(self, url: str, kind: str = "http_status", status: int | None = 404, **columns: object) -> int:
        """A URL that could not be had."""
        message = "The server answered 404 (Not Found)." if status == 404 else "the system's words"
        return self._unread(url, "error", kind, status=status, message=message, **columns)

    def redirect(self, url: str, to: str, status: int = 301, **columns: object) -> int:
        """A URL that redirects."""
        return self._unread(url, "skipped", "redirected", status=status, final_url=to, **columns)

    def forbidden(self, url: str, **columns: object) -> int:
        """A URL that robots.txt forbids."""
        message = "robots.txt does not allow it."
        return self._unread(url, "skipped", "robots", **{"status": None, "message": message, **columns})

    def _unread(self, url: str, outcome: str, kind: str, **columns: object) -> int:
        empty = dict.fromkeys(
            ["is_html", "noindex", "lang", "title", "title_line", "text_length", "text_hash"]
        )
        return self.answer(url, outcome=outcome, kind=kind, **{**empty, **columns})

    def mark(self, page: int, what: Odd, detail: str = "", line: int | None = 7, col: int | None = 3) -> None:
        """Something odd in a page."""
        self.db.execute("INSERT INTO marks VALUES (?, ?, ?, ?, ?)", (page, what, line, col, detail))

    def suspect(self, page: int, target: str, answer: int | None, source: Source = Source.A) -> None:
        """A reference whose target is not plainly well."""
        row = {"page": page, "target": absolute(target), "answer": answer, "line": 9, "col": 5}
        self._insert("suspects", **row, source=source, text="its text")

    def relation(
        self, page: int, target: str, answer: int | None, source: Source = Source.CANONICAL, line: int = 5
    ) -> None:
        """What a page or sitemap says of a page."""
        row = {"page": page, "target": absolute(target), "answer": answer, "line": line, "col": 2}
        self._insert("relations", **row, source=source)

    def mistyped(self, page: int, target: str, answer: int, source: Source) -> None:
        """A reference to something of a type that does not fit."""
        row = {"page": page, "target": absolute(target), "answer": answer, "line": 9, "col": 5}
        self._insert("mistyped", **row, source=source)

    def linked(self, *pages: int) -> None:
        """Another page links to these."""
        self.db.executemany("INSERT INTO linked VALUES (?)", [(page,) for page in pages])

    def _insert(self, table: str, **row: object) -> None:
        marks = ", ".join("?" * len(row))
        self.db.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", [*row.values()])

    def found(self, rule: RuleId) -> list[Found]:
        """All that a rule finds, in the order of the targets and pages."""
        next(each for each in RULES if each.id == rule).find(self._site)
        query = (
            "SELECT target, found.message, detail, url, line, col, source, text, rule"
            " FROM found JOIN answers ON answers.id = page ORDER BY target, page, line, col"
        )
        with closing(self.db.execute(query)) as rows:
            found = [
                Found(target, message, json.loads(detail), *place)
                for target, message, detail, *place, _ in rows
            ]
        assert {name for (name,) in self.db.execute("SELECT rule FROM found")} <= {rule}
        self.db.execute("DELETE FROM found")
        return found

    def targets(self, rule: RuleId) -> list[str]:
        """What the rule finds at fault, each once; paths without this site's origin."""
        return [*dict.fromkeys(found.target.removeprefix(ORIGIN) for found in self.found(rule))]


def absolute(url: str) -> str:
    """The URL that a path stands for here."""
    return f"{ORIGIN}{url}" if url.startswith("/") else url
