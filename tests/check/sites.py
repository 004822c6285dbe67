"""A crawl's folder as a check leaves it: ``crawl.db`` by hand, and ``facts.db`` by the sink's own code."""

import sqlite3
from contextlib import closing
from pathlib import Path

from crawler.check.finding import Finding, Result
from crawler.config import Config
from crawler.frontier.schema import SCHEMA_VERSION, TABLES
from crawler.model import facts, record
from crawler.model.facts import Mark, PageFacts, Reference
from crawler.model.generations import database_of
from crawler.model.messages import Finished, Ticket
from crawler.model.outcomes import Kind, Outcome, Purpose, State
from crawler.model.sources import Source
from crawler.rules.urls import origin, resolve
from crawler.sinks.facts import FactsSink

HOME = "http://site.test/"
GOOD = {"is_html": True, "text_length": 999, "lang": "en", "title_line": 1, "title_column": 9}
ENDED_AT = "2023-11-14T22:20:00Z"


def began(generation: int) -> str:
    """When a generation began: one a day."""
    return f"2023-11-{generation:02}T03:17:00Z"


class MadeSite:
    """A site whose answers are said one by one; :meth:`write` makes the folder."""

    def __init__(self, **keys):
        keys.setdefault("seeds", [HOME])
        self.config = Config(write={"sinks": ["facts"]}, **keys)
        self.finished: list[Finished] = []
        self.waiting: list[tuple[str, State]] = []
        self.meta: dict[str, str] = {}
        self.committed: int | None = None
        self.resting_until: float | None = None

    def page(self, path: str, *references, anchors=(), marks=(), **facts_of):
        """A page of HTML with nothing odd. A reference is a href, or a tuple of it and its source, its text,
        or whether it is asked for."""
        url = resolve(path, HOME)
        outcome = facts_of.pop("outcome", Outcome.OK)
        facts_of = {"title": f"Page {url}", "text_hash": len(self.finished), **facts_of}
        of_record = ("title", "canonical", "final_url", "content_hash", "near_hash", "bytes")
        found = {key: facts_of.pop(key) for key in of_record if key in facts_of}
        noted = self._noted(
            url, references, anchors, marks, GOOD | {"text_hash": len(self.finished)} | facts_of
        )
        kind = Kind.TOO_LARGE if outcome is Outcome.TRUNCATED else None
        return self.answer(
            path, outcome, kind, 200, noted=noted, content_type="text/html; charset=utf-8", **found
        )

    def sitemap(self, path: str, *entries):
        noted = self._noted(HOME, [(entry, Source.SITEMAP) for entry in entries], (), (), {})
        return self.answer(path, purpose=Purpose.SITEMAP, content_type="text/xml", noted=noted)

    def missing(self, path: str, status: int = 404, **found):
        words = f"The server answered {status} (Not Found)."
        return self.answer(path, Outcome.ERROR, Kind.HTTP_STATUS, status, message=words, **found)

    def redirect(self, path: str, to: str, status: int = 301, kind: Kind = Kind.REDIRECTED, **found):
        outcome = Outcome.ERROR if kind in (Kind.REDIRECT_LOOP, Kind.TOO_MANY_REDIRECTS) else Outcome.SKIPPED
        return self.answer(path, outcome, kind, status, final_url=resolve(to, HOME), **found)

    def asset(self, path: str, content_type: str = "image/png"):
        return self.answer(path, purpose=Purpose.ASSET, content_type=content_type)

    def answer(
        self,
        path: str,
        outcome: Outcome = Outcome.OK,
        kind: Kind | None = None,
        status: int | None = 200,
        *,
        purpose: Purpose = Purpose.PAGE,
        noted: PageFacts | None = None,
        referrer: str | None = HOME,
        **found,
    ):
        url = resolve(path, HOME)
        ticket = Ticket(
            len(self.finished) + 1,
            url,
            1,
            depth=0 if url == HOME else 1,
            referrer=None if url == HOME else referrer,
            purpose=purpose,
        )
        row = record.of_ticket(
            ticket, outcome, kind, status=status, fetched_at=record.timestamp(1_700_000_000), **found
        )
        noted_bytes = b"" if noted is None else facts.encode(noted)
        self.finished.append(Finished(ticket, outcome, kind, record.encode(row), facts=noted_bytes))
        return self

    def _noted(self, url, references, anchors, marks, facts_of):
        targets: dict[str, int] = {}
        noted = []
        for line, given in enumerate(references, 1):
            href, *more = given if isinstance(given, tuple) else (given,)
            whole = resolve(href, url)
            assert whole is not None, href
            target = targets.setdefault(whole, len(targets))
            fragment = href.partition("#")[2] if "#" in href else None
            source = next((one for one in more if isinstance(one, Source)), Source.A)
            is_asked = next((one for one in more if isinstance(one, bool)), True)
            text = next((one for one in more if isinstance(one, str)), "a text")
            noted.append(Reference(target, fragment, line, 9, source, text, is_asked))
        more = {"anchors": list(anchors), "marks": [Mark(*mark) for mark in marks], **facts_of}
        return PageFacts.of(list(targets), noted, **more)

    def write(self, out: Path, generation: int = 1) -> Path:
        """The folder."""
        out.mkdir(exist_ok=True)
        sink = FactsSink()
        sink.open(out / FactsSink.file_of(generation))
        position = sink.write([item for one in self.finished if (item := FactsSink.keeps(one)) is not None])
        sink.sync()
        sink.close()
        with closing(sqlite3.connect(out / database_of(generation))) as db, db:
            db.execute("PRAGMA journal_mode = WAL")
            db.executescript(TABLES)
            db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
            meta = {"settings": self.config.to_json(), "state": "finished", "ended_at": ENDED_AT}
            meta |= {"generation": str(generation), "started_at": began(generation)} | self.meta
            db.executemany("INSERT INTO meta VALUES (?, ?)", meta.items())
            committed = position if self.committed is None else self.committed
            db.execute("INSERT INTO batches VALUES (1, 'facts', ?)", (committed,))
            lanes: dict[str, int] = {}
            for url, state in self.waiting:
                lane = lanes.setdefault(origin(url), len(lanes) + 1)
                row = lane, origin(url), self.resting_until
                insert = (
                    "INSERT OR IGNORE INTO lanes (id, origin, partition, resting_until) VALUES (?, ?, 0, ?)"
                )
                db.execute(insert, row)
                insert = "INSERT INTO urls (url, lane, depth, state) VALUES (?, ?, 1, ?)"
                db.execute(insert, (url, lane, state))
        return out


def told(result: Result) -> dict[str, list[str]]:
    """By rule, the targets, without the origin."""
    found: dict[str, list[str]] = {}
    for finding in result.findings:
        found.setdefault(finding.rule, []).append(finding.target.removeprefix(HOME.rstrip("/")))
    return found


def one(result: Result, rule: str) -> Finding:
    """The only finding of a rule."""
    (finding,) = [finding for finding in result.findings if finding.rule == rule]
    return finding


def placed(result: Result, finding: Finding) -> list[tuple[str, int | None]]:
    """Path of the page, and line."""
    return [(place.page.removeprefix(HOME.rstrip("/")), place.line) for place in result.places(finding)]


def unverified(result: Result) -> dict[str, tuple[int, int, str]]:
    return {one.reason: (one.references, one.targets, one.example) for one in result.unverified}
