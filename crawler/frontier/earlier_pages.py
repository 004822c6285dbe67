"""The pages of the generation before, as its database and its sinks have them. Everything here blocks."""

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace

from crawler.frontier.changes import count_changes
from crawler.frontier.next_generation import add_mark, signed
from crawler.frontier.parts import span_of
from crawler.frontier.schema import explain
from crawler.frontier.versions import unpacked
from crawler.model.messages import Finished, Ticket
from crawler.model.outcomes import Kind, Outcome, Purpose, State
from crawler.model.page_version import PageVersion
from crawler.model.record import taken_over, timestamp
from crawler.model.rows import EarlierPage, Unchanged
from crawler.plumbing.sqlite_reading import address, open_for_reading
from crawler.rules.dedup import fingerprint
from crawler.sinks.base import Sink
from crawler.sinks.batches import Batches, Span
from crawler.sinks.facts import FactsSink

_FIND = """
SELECT json_group_array(json_array(
    u.url, u.state, u.kind, u.batch, u.out_of_scope, u.too_deep, u.nofollow, e.extract, e.login,
    hex(p.leads_to), p.fetched_at, p.etag, p.last_modified, p.accept_encoding, hex(p.content_hash),
    p.near_hash
))
FROM json_each(?) j CROSS JOIN earlier m ON m.mark = j.value CROSS JOIN before.urls u ON u.id = m.id
LEFT JOIN before.ends e ON e.id = u.id LEFT JOIN {pages} p ON p.id = u.id
WHERE u.state BETWEEN 1 AND 4
"""
"""All in one row: with each row, sqlite3 gives the interpreter lock up, and waits for the event loop to let
go of it again."""
_NO_PAGES = """
(SELECT 0 AS id, 0 AS leads_to, 0 AS fetched_at, 0 AS etag, 0 AS last_modified, 0 AS accept_encoding,
 0 AS content_hash, 0 AS near_hash WHERE 0)
"""
"""Of a generation that was crawled by a version without the table."""
_URLS = """
SELECT json_group_array(json_array(m.mark, u.url))
FROM json_each(?) j CROSS JOIN earlier m ON m.mark = j.value CROSS JOIN before.urls u ON u.id = m.id
"""
_decode = msgspec.json.Decoder(list[list[Any]]).decode
_OUTCOMES = {
    State.OK: Outcome.OK,
    State.TRUNCATED: Outcome.TRUNCATED,
    State.ERROR: Outcome.ERROR,
    State.SKIPPED: Outcome.SKIPPED,
}


class EarlierPages:
    """Those of the database ``before``, whose URLs the present one at ``path`` knows (its table ``earlier``).

    To be used by one thread at a time. Its methods raise StoreFailed, and OutputError where the records are
    damaged.
    """

    def __init__(
        self,
        path: Path,
        before: Path,
        hash_seed: int,
        records: tuple[type[Sink], Path] | None,
        facts: Path | None,
    ) -> None:
        """``records`` and ``facts`` say where they are; without records nothing can be taken over."""
        self._path, self._hash_seed = path, hash_seed
        self._db = self._open(before)
        self._records = None if records is None else Batches(*records, self._span_in(records[0].name))
        self._facts = None if facts is None else _Facts(FactsSink, facts, self._span_in(FactsSink.name))

    def _open(self, before: Path) -> sqlite3.Connection:
        try:
            db = open_for_reading(self._path)
            db.execute("ATTACH ? AS before", (address(before),))
            there = db.execute("SELECT 1 FROM before.sqlite_master WHERE name = 'pages'").fetchone()
            self._before_pages = "before.pages" if there else _NO_PAGES
            self._find = _FIND.format(pages=self._before_pages)
        except sqlite3.Error as error:
            raise explain(self._path, error) from error
        return db

    def _span_in(self, sink: str) -> Callable[[int], Span]:
        """Where a sink has a batch; by its number."""
        return lambda batch: span_of(self._db, sink, batch, "before.batches")

    def close(self) -> None:
        """Let go of the database."""
        self._db.close()

    def find(self, urls: Sequence[str]) -> Mapping[str, EarlierPage]:
        """Those of ``urls`` that ended in the generation before."""
        marks = json.dumps([signed(fingerprint(url, self._hash_seed)) for url in urls])
        pages = {}
        for url, state, kind, batch, *columns in self._run(self._find, marks):
            left, (extract_error, login, leads_to), version = columns[:3], columns[3:6], columns[6:]
            pages[url] = EarlierPage(
                url,
                _OUTCOMES[state],
                None if kind is None else Kind(kind),
                batch,
                (left[0] or 0, left[1] or 0, left[2] or 0),
                extract_error,
                login,
                bytes.fromhex(leads_to) or None,
                None if version[0] is None else _version(*version),
            )
        return pages

    def take_over(self, ticket: Ticket, page: EarlierPage, found: Unchanged | None) -> Finished | None:
        """The end of ``ticket`` as that of ``page``; None where its record cannot be found.

        ``found``: the ticket was asked for, and is unchanged; None: it was not.
        """
        line = None if self._records is None else self._records.find(page.url, page.batch)
        if line is None or page.version is None:
            return None
        facts = b"" if self._facts is None else self._facts.find(page.url, page.batch) or b""
        changes: dict[str, object] = {}
        version = replace(page.version, is_unchanged=True)
        if found is not None:
            changes = {"fetched_at": timestamp(found.at), "elapsed_ms": found.elapsed_ms}
            version = replace(version, fetched_at=found.at)
        links, redirect = unpacked(page.leads_to)
        out_of_scope, too_deep, nofollow = page.left
        return Finished(
            ticket,
            page.outcome,
            page.kind,
            taken_over(line, ticket, **changes),
            links=links,
            facts=facts,
            redirect=redirect,
            extract_error=page.extract_error,
            login=page.login,
            links_out_of_scope=out_of_scope,
            links_too_deep=too_deep,
            links_nofollow=nofollow,
            version=version,
        )

    def urls_of(self, marks: Iterable[int]) -> dict[int, str]:
        """The URLs with these fingerprints, as far as they are known."""
        given = {signed(mark): mark for mark in marks}
        return {given[mark]: url for mark, url in self._run(_URLS, json.dumps(list(given)))}

    def changes(self, *, is_whole: bool) -> dict[str, Any]:
        """See :func:`crawler.frontier.changes.count_changes`."""
        try:
            add_mark(self._db, self._hash_seed)
            return count_changes(self._db, self._before_pages, is_whole=is_whole)
        except sqlite3.Error as error:
            raise explain(self._path, error) from error

    def _run(self, sql: str, marks: str) -> list[list[Any]]:
        try:
            (found,) = self._db.execute(sql, (marks,)).fetchone()
        except sqlite3.Error as error:
            raise explain(self._path, error) from error
        return _decode(found)


class _Facts(Batches):
    """What was noted of pages and sitemaps, found again as their records are."""

    def _items(self, begin: int, end: int) -> Iterator[tuple[str, bytes]]:
        for url, purpose, facts in FactsSink.read_facts(self._path, end, begin):
            if Purpose(purpose).is_recorded:
                yield url, facts


def _version(
    fetched_at: float,
    etag: str | None,
    last_modified: str | None,
    accept_encoding: str | None,
    content_hash: str,
    near_hash: int,
) -> PageVersion:
    """``content_hash`` in hexadecimal digits."""
    hashed = bytes.fromhex(content_hash)
    return PageVersion(fetched_at, etag, last_modified, accept_encoding or "", hashed, near_hash)
