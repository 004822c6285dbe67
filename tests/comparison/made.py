"""Sites that change between two crawls, and crawls that never were: databases and records made by hand."""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import xxhash

from crawler.comparison.difference import Difference
from crawler.frontier.schema import SCHEMA_VERSION, TABLES
from crawler.model.generations import database_of, file_name
from crawler.model.outcomes import STATE_OF, Kind, Outcome, Purpose, State
from crawler.model.record import Record, encode
from crawler.rules.near_duplicates import near_hash
from crawler.rules.urls import origin
from tests import crawls
from tests.http_thread import in_a_thread

SITE = "http://site.test"


class Site:
    """Pages by their paths; each a body, or status, headers and body."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.pages: dict[str, str | tuple[int, dict[str, str], str]] = {}

    def page(self, title: str, *links: str, text: str = "", canonical: str = "") -> str:
        head = f'<link rel="canonical" href="{canonical}">' * bool(canonical)
        body = "".join(f'<p><a href="{link}">to {link.removeprefix(self.url)}</a></p>' for link in links)
        return f"<!doctype html><title>{title}</title>{head}<p>{text}</p>{body}"

    def crawl(self, out: Path, *options: object, seed: str = "/") -> Path:
        done = crawls.crawl("run", self.url + seed, "-o", out, "--no-progress", "--workers", 1, *options)
        assert done.returncode in (0, 3), done.stderr
        return out


@contextmanager
def serving() -> Iterator[Site]:
    """A site on a loopback port."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            found = site.pages.get(self.path, (404, {}, "<title>Not found</title>"))
            status, headers, body = (200, {}, found) if isinstance(found, str) else found
            if status == 0:
                self.close_connection = True
                return
            data = body.encode()
            self.send_response(status)
            for name, value in ({"Content-Type": "text/html; charset=utf-8"} | headers).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            pass

    with in_a_thread(Handler) as port:
        site = Site(f"http://127.0.0.1:{port}")
        yield site


class Made(NamedTuple):
    """A page of a crawl that never was."""

    path: str
    text: str = ""
    links: Sequence[str] = ()
    title: str | None = "A page"
    status: int | None = 200
    kind: Kind | None = None
    outcome: Outcome | None = None
    """None: pending, if ``state`` does not say more."""
    target: str | None = None
    canonical: str | None = None
    markup: str = ""
    """What makes its body another one, and is not seen."""
    state: State | None = None
    purpose: Purpose = Purpose.PAGE
    site: str = SITE
    unchanged: bool = False
    content_type: str = "text/html"


def page(path: str, text: str = "", *links: str, **more: Any) -> Made:
    """One that is ok."""
    site = more.get("site", SITE)
    absolute = [link if "://" in link else site + link for link in links]
    return Made(path, text, absolute, outcome=Outcome.OK, **more)


def redirect(path: str, target: str, status: int = 301, **more: Any) -> Made:
    """One that leads elsewhere."""
    site = more.get("site", SITE)
    target = target if "://" in target else site + target
    return Made(
        path, title=None, status=status, kind=Kind.REDIRECTED, outcome=Outcome.SKIPPED, target=target, **more
    )


def failed(path: str, status: int | None = 404, kind: Kind = Kind.HTTP_STATUS, **more: Any) -> Made:
    """One that is none."""
    return Made(path, title=None, status=status, kind=kind, outcome=Outcome.ERROR, **more)


def make(
    out: Path,
    *pages: Made,
    generation: int = 1,
    schema: int = SCHEMA_VERSION,
    keep_text: bool = True,
    state: str = "finished",
    sinks: Sequence[str] = ("jsonl",),
    batch_pages: int = 3,
) -> Path:
    """Write the database and the records of a crawl."""
    out.mkdir(exist_ok=True)
    (out / database_of(generation)).unlink(missing_ok=True)
    lanes = {site: number for number, site in enumerate(dict.fromkeys(page.site for page in pages), 1)}
    at = 0
    records = b""
    with closing(sqlite3.connect(out / database_of(generation))) as db:
        db.executescript(f"{TABLES} PRAGMA user_version = {schema};")
        if schema < 5:
            db.execute("DROP TABLE pages")
        meta = {"state": state, "generation": str(generation), "started_at": "2026-11-01T10:00:00Z"}
        meta["settings"] = json.dumps({"write": {"sinks": list(sinks)}})
        db.executemany("INSERT INTO meta VALUES (?, ?)", meta.items())
        for site, lane in lanes.items():
            db.execute("INSERT INTO lanes (id, origin, partition) VALUES (?, ?, 0)", (lane, origin(site)))
        number = 0
        for row, made in enumerate(pages, 1):
            if made.outcome is None:
                _insert(db, row, made, lanes, None)
                continue
            batch = number // batch_pages + 1
            number += 1
            _insert(db, row, made, lanes, batch)
            line = encode(_record(made, generation, keep_text, schema)) + b"\n"
            records += line
            at += len(line)
            if "jsonl" in sinks:
                db.execute("INSERT OR REPLACE INTO batches VALUES (?, 'jsonl', ?)", (batch, at))
            if schema >= 5 and made.outcome in (Outcome.OK, Outcome.TRUNCATED):
                content = _content(made)
                db.execute(
                    "INSERT INTO pages (id, fetched_at, content_hash, near_hash, unchanged)"
                    " VALUES (?, 0, ?, ?, ?)",
                    (row, content, near_hash(made.text), made.unchanged),
                )
        db.commit()
    if "jsonl" in sinks:
        (out / file_name("records.jsonl", generation)).write_bytes(records)
    return out


def _content(made: Made) -> bytes:
    body = f"{made.title}{made.canonical}{made.text}{made.links}{made.markup}"
    return xxhash.xxh3_128_digest(body.replace(made.site, "").encode())


def _insert(db: sqlite3.Connection, row: int, made: Made, lanes: dict[str, int], batch: int | None) -> None:
    state = made.state if made.outcome is None else STATE_OF[made.outcome]
    db.execute(
        "INSERT INTO urls (id, url, lane, depth, purpose, state, kind, batch)"
        " VALUES (?, ?, ?, 0, ?, ?, ?, ?)",
        (row, made.site + made.path, lanes[made.site], made.purpose, state or 0, made.kind, batch),
    )
    if made.kind is not None:
        db.execute("INSERT INTO ends (id, status, target) VALUES (?, ?, ?)", (row, made.status, made.target))


def _record(made: Made, generation: int, keep_text: bool, schema: int) -> Record:
    assert made.outcome is not None
    is_read = made.outcome in (Outcome.OK, Outcome.TRUNCATED)
    near = near_hash(made.text) & (1 << 64) - 1
    has_hashes = is_read and schema >= 5
    return Record(
        url=made.site + made.path,
        final_url=made.target or made.site + made.path,
        outcome=made.outcome,
        kind=made.kind,
        status=made.status,
        depth=0,
        attempts=1,
        fetched_at="2026-11-01T10:00:00.000Z",
        bytes=len(made.text) + len(made.markup) if is_read else None,
        content_type=made.content_type if is_read else None,
        title=made.title,
        canonical=made.canonical,
        links=list(made.links),
        text_length=len(made.text) if is_read else None,
        text=made.text if keep_text and is_read else msgspec.UNSET,
        generation=generation,
        unchanged=made.unchanged,
        content_hash=_content(made).hex() if has_hashes else None,
        near_hash=f"{near:016x}" if has_hashes else None,
    )


def told(differences: Iterator[Difference]) -> list[tuple[str, str, tuple[str, ...]]]:
    """What, the path, and the fields that changed, of each."""
    return [
        (each.what, each.url.partition("://")[2].partition("/")[2], tuple(map(str, each.fields)))
        for each in differences
    ]
