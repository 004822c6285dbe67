"""A read-only view of ``crawl.db``, beside a live crawl or of a dead one."""

import json
import sqlite3
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from crawler.frontier.compared import Compared
from crawler.frontier.found import Found
from crawler.frontier.near_duplicates import count_near_duplicates
from crawler.frontier.parts import Parts
from crawler.frontier.schema import SCHEMA_VERSION, WITHOUT_PAGES, damaged, explain
from crawler.frontier.trouble import Troubles
from crawler.model.errors import OutputError, StoreFailed
from crawler.model.generations import DATABASE, database_of, generation_of
from crawler.model.messages import StoredRobots
from crawler.model.outcomes import Purpose, State
from crawler.model.rows import FirstNamed, HostRow, Pace
from crawler.plumbing.sqlite_reading import open_for_reading


class FrontierView(Troubles, Compared, Found, Parts):
    """What can be read of a crawl without taking part in it.

    Of a URL's purposes (:class:`~crawler.model.outcomes.Purpose`), 0 and 1 are pages and sitemaps.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        """``connection`` is only read from."""
        self._db = connection

    def meta(self) -> dict[str, str]:
        """The entries of ``meta``: state, pid, started_at, ended_at, settings and more."""
        return dict(self._db.execute("SELECT key, value FROM meta").fetchall())

    def settings(self) -> dict[str, Any]:
        """The settings that the crawl was started with."""
        found: dict[str, Any] = json.loads(self.meta().get("settings", "{}"))
        return found

    @property
    def generation(self) -> int:
        """Which generation of the crawl this is."""
        return int(self.meta().get("generation", 1))

    def counts(self) -> dict[str, int]:
        """Pages and sitemaps by state, by the state's name in lower case; every state is there."""
        found = dict(
            self._db.execute("SELECT state, count(*) FROM urls WHERE purpose <= 1 GROUP BY state").fetchall()
        )
        return {state.name.lower(): found.get(int(state), 0) for state in State if state is not State.BEYOND}

    def targets(self) -> dict[str, dict[str, int]]:
        """All other URLs, by what they are asked for and by state, both in lower case."""
        found = self._db.execute(
            "SELECT purpose, sum(state = 1), sum(state = 2), sum(state = 3), sum(state = 4), sum(state = 0)"
            " FROM urls WHERE purpose > 1 GROUP BY purpose"
        )
        ends = ("ok", "truncated", "error", "skipped", "pending")
        return {Purpose(row[0]).name.lower(): dict(zip(ends, row[1:], strict=True)) for row in found}

    def lanes(self) -> list[tuple[int, str, Pace | None]]:
        """Id, origin and pace of every lane; no pace where it was never asked."""
        found = self._db.execute(
            "SELECT id, origin, crawl_delay, per_host, delay, slots_now, delay_now, slow, requests, failures,"
            " peak, smallest_gap, last_start, resting_until FROM lanes ORDER BY id"
        )
        made = ((lane, origin, Pace(*columns)) for lane, origin, *columns in found)
        return [(lane, origin, pace if pace.requests is not None else None) for lane, origin, pace in made]

    def hosts(self) -> list[HostRow]:
        """Every origin with its pages and sitemaps by state, the one with the most of them first."""
        paces = {lane: pace for lane, _, pace in self.lanes()}
        found = self._db.execute(
            "SELECT lane, origin, sum(state = 0), sum(state = 1), sum(state = 2), sum(state = 3),"
            " sum(state = 4) FROM urls JOIN lanes ON lanes.id = urls.lane"
            " WHERE purpose <= 1 GROUP BY lane ORDER BY count(*) DESC, origin"
        )
        return [HostRow._make((*row, paces[lane])) for lane, *row in found]

    def sinks(self) -> list[str]:
        """Names of the sinks that the crawl writes."""
        found: list[str] = self.settings().get("write", {}).get("sinks", [])
        return found

    def positions(self) -> dict[str, int]:
        """Where each sink ends with the last committed batch."""
        # SQLite takes the bare column from the row that holds the maximum.
        found = self._db.execute("SELECT sink, position, max(n) FROM batches GROUP BY sink")
        return {sink: position for sink, position, _ in found}

    def robots(self, origin: str) -> StoredRobots | None:
        """The robots.txt of an origin, as it was when it was last asked."""
        row = self._db.execute(
            "SELECT robots_status, robots_body, robots_at FROM lanes"
            " WHERE origin = ? AND robots_status IS NOT NULL",
            (origin,),
        ).fetchone()
        return None if row is None else StoredRobots(row[0], row[1], age=time.time() - row[2])

    def totals(self) -> dict[str, Any]:
        """What is counted of the whole crawl beside its states, by its name in ``summary.json``.

        Done pages that are not ok, by kind; links of done pages that were not followed, by reason; on how
        many the extract function failed, one of the first of them, and how (a traceback, if there is one).
        """
        kinds = self._db.execute(
            "SELECT kind, count(*) FROM urls WHERE kind IS NOT NULL AND purpose <= 1"
            " GROUP BY kind ORDER BY 2 DESC, 1"
        ).fetchall()
        out_of_scope, too_deep, nofollow = self._db.execute(
            "SELECT total(out_of_scope), total(too_deep), total(nofollow) FROM urls"
            " WHERE state != 0 AND purpose <= 1"
        ).fetchone()
        (failed,) = self._db.execute("SELECT count(*) FROM ends WHERE extract IS NOT NULL").fetchone()
        first = self._db.execute(
            "SELECT u.url, e.extract FROM ends e CROSS JOIN urls u ON u.id = e.id WHERE e.extract IS NOT NULL"
            " ORDER BY instr(e.extract, char(10)) = 0, u.batch, u.id LIMIT 1"
        ).fetchone()
        return {
            "kinds": dict(kinds),
            "links_out_of_scope": int(out_of_scope),
            "links_too_deep": int(too_deep),
            "links_nofollow": int(nofollow),
            "extract_failed": failed,
            "extract_error": {"url": first[0], "error": first[1]} if failed else None,
        }

    def near_duplicates(self) -> dict[str, Any]:
        """See :func:`crawler.frontier.near_duplicates.count_near_duplicates`."""
        return count_near_duplicates(self._db)

    def waiting(self) -> Iterator[tuple[str, State, bool]]:
        """URLs that are not finished, with their state; whether their host has put everything off (429)."""
        yield from self._db.execute(
            "SELECT url, state, coalesce(resting_until >= strftime('%s', ended.value) + 0, 0)"
            " FROM urls JOIN lanes ON lanes.id = urls.lane LEFT JOIN meta ended ON ended.key = 'ended_at'"
            " WHERE state IN (0, 5)"
        )

    def first_named(self, rows: Iterable[int]) -> dict[int, FirstNamed]:
        """By row id: where each of these URLs lies, and who named it first; those that are there."""
        found = self._db.execute(
            "SELECT u.id, origin, referrer FROM urls u JOIN lanes ON lanes.id = u.lane"
            " WHERE u.id IN (SELECT value FROM json_each(?))",
            (json.dumps(list(rows)),),
        )
        return {row: FirstNamed(*rest) for row, *rest in found}

    @contextmanager
    def one_moment(self) -> Iterator[None]:
        """In the block, a live crawl does not change."""
        self._db.execute("BEGIN")
        try:
            yield
        finally:
            self._db.execute("ROLLBACK")

    def live(self) -> dict[str, Any] | None:
        """The last snapshot that the crawl wrote of itself, about once a second; None if it never did."""
        row = self._db.execute("SELECT json FROM live").fetchone()
        return json.loads(row[0]) if row else None


def generations(out: Path) -> list[int]:
    """The generations of the crawl in ``out``, in their order; none where it holds none."""
    try:
        found = [generation_of(path.name) for path in out.iterdir()]
    except OSError:
        return []
    return sorted(number for number in found if number is not None)


def database_in(out: Path, generation: int | None = None) -> Path:
    """The ``crawl.db`` of a generation, by default the last. Raises OutputError where there is none."""
    there = generations(out)
    if not there:
        why = f"{DATABASE} in it" if out.exists() else "such folder"
        raise OutputError(f"{out} holds no crawl: there is no {why}")
    if generation is None:
        generation = there[-1]
    elif generation not in there:
        only = f"only {there[0]}" if len(there) == 1 else f"{there[0]} to {there[-1]}"
        raise OutputError(f"{out} has no generation {generation}; allowed: {only}")
    return out / database_of(generation)


@contextmanager
def open_view(out: Path, generation: int | None = None) -> Iterator[FrontierView]:
    """The view of the crawl in ``out``: of a generation, by default the last.

    Raises OutputError where there is none, StoreFailed where it is damaged.
    """
    path = database_in(out, generation)
    try:
        connection = open_for_reading(path)
        try:
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            if version == 0:
                raise OutputError(f"{out} holds no crawl: there is nothing in its {path.name}")
            if version not in (SCHEMA_VERSION, WITHOUT_PAGES):
                raise OutputError(
                    f"{path} is not the crawl.db of this version of crawler (schema {version}, not"
                    f" {WITHOUT_PAGES} or {SCHEMA_VERSION}): crawl anew, or use the version that wrote it"
                )
            yield FrontierView(connection)
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise explain(path, error) from error
    except json.JSONDecodeError as error:
        raise damaged(path, error) from error


def damaged_settings(out: Path, error: Exception) -> StoreFailed:
    """What is to be raised where the settings of the crawl in OUT cannot be read."""
    return damaged(out / "crawl.db", f"its settings: {error}")
