"""A committer on a bench: records in, both files and the commits out, and what must be true of them."""

import asyncio
import multiprocessing
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from crawler.config import Config
from crawler.lab.crash.judges import judge_of
from crawler.model import facts
from crawler.model.messages import Commit, Finished, Ticket
from crawler.model.outcomes import Kind, Outcome, Purpose
from crawler.model.record import Record, decode, encode
from crawler.plumbing.byte_queue import ByteQueue
from crawler.plumbing.fork_server_process import start_fork_server
from crawler.sinks import SINKS
from crawler.sinks.base import Sink
from crawler.trace.counters import Counters
from crawler.trace.steps import Step
from crawler.write.commit_task import Committer
from tests.stations.no_frontier import NoFrontier


def finished(number: int, size: int = 300, purpose: Purpose = Purpose.PAGE) -> Finished:
    """URL ``number``, whose record weighs about ``size`` bytes more than an empty one, with facts of it."""
    url = f"http://a.example/{number}"
    kind = Kind.HTTP_STATUS if number % 10 == 0 else None
    outcome = Outcome.ERROR if kind else Outcome.OK
    record = Record(
        url=url,
        final_url=url,
        outcome=outcome,
        kind=kind,
        depth=1,
        attempts=1,
        fetched_at="2024-05-06T07:08:09.012Z",
        title="t" * size,
    )
    noted = facts.encode(facts.PageFacts([f"{url}/to"], anchors=["top"], is_html=True, text_length=number))
    ticket = Ticket(number, url, 1, 1, purpose=purpose)
    return Finished(ticket, outcome, kind, encode(record), facts=b"" if kind else noted)


COUNTED: dict[str, Callable[[Sequence[bytes]], int]] = {
    "jsonl": lambda kept: sum(len(item) + 1 for item in kept), "sqlite": len, "facts": len
}  # fmt: skip
"""How far these positions move for what is kept; those of other sinks are judged by what can be read."""


class Bench(NoFrontier):
    """A Committer in ``out``, and the frontier to which it commits: lists."""

    def __init__(
        self,
        out: Path,
        sinks: Mapping[str, type[Sink]] = SINKS,
        *,
        method: str = "forkserver",
        positions: Mapping[str, int] | None = None,
        first_batch: int = 1,
        on_commit: Callable[["Bench"], Awaitable[None]] | None = None,
        **write: Any,
    ) -> None:
        self.out = out
        self.commits: list[Commit] = []
        self.told: list[Finished] = []
        self.logged: list[dict[str, Any]] = []
        self.lengths: dict[str, int] = {}
        self.counters = Counters()
        self.step = Step("commit", "commit")
        self.positions = positions or {}
        self.on_commit = on_commit
        config = Config(write={"sinks": tuple(sinks), **write})
        self.queue: ByteQueue[Finished] = ByteQueue(config.limits.finished_queue, lambda item: item.weight)
        self.committer = Committer(
            config=config,
            out=out,
            finished=self.queue,
            frontier=self,
            first_batch=first_batch,
            context=multiprocessing.get_context(method),
            feed_log=self.logged.append,
            step=self.step,
            counters=self.counters,
            on_committed=self._tell,
            sinks=sinks,
        )

    async def commit(self, commits: Sequence[Commit]) -> None:
        await asyncio.sleep(0)
        self.commits.extend(commits)
        if self.on_commit is not None:
            await self.on_commit(self)

    async def reconcile(self, lengths: dict[str, int]) -> dict[str, int]:
        self.lengths = lengths
        return {sink: self.positions.get(sink, 0) for sink in lengths}

    async def _tell(self, done: Sequence[Finished]) -> None:
        self.told.extend(done)

    async def write(self, items: Sequence[Finished]) -> None:
        """Run the station from its first record to its end."""
        async with self.running():
            for item in items:
                await self.queue.put(item)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """The station is running in the block; after it, the queue is closed and the station ends."""
        await asyncio.to_thread(start_fork_server)
        await self.committer.start()
        async with asyncio.TaskGroup() as group:
            group.create_task(self.committer.run())
            yield
            self.queue.close()

    @property
    def committed(self) -> list[Finished]:
        return [item for commit in self.commits for item in commit.finished]

    def check(self, expected: Sequence[Finished], before: Mapping[str, int] | None = None) -> None:
        """Each record exactly once, in order, in every sink; each position that *at* its batch."""
        assert [commit.n for commit in self.commits] == list(
            range(self.commits[0].n, self.commits[0].n + len(self.commits))
        )
        assert self.committed == list(expected)
        recorded = [item for item in expected if item.ticket.purpose.is_recorded]
        assert self.told == recorded
        assert self.counters.committed == len(recorded)
        assert self.counters.targets == len(expected) - len(recorded)
        assert self.counters.batches == len(self.commits)
        at = dict(before or {})
        for commit in self.commits:
            for sink in commit.positions:
                kept = [item for item in map(SINKS[sink].keeps, commit.finished) if item is not None]
                if sink in COUNTED:
                    at[sink] = at.get(sink, 0) + COUNTED[sink](kept)
                    assert commit.positions[sink] == at[sink]
                else:
                    assert bool(kept) == (commit.positions[sink] > at.get(sink, 0))
                    at[sink] = commit.positions[sink]
        _aside(self._check_positions, before or {})

    def _check_positions(self, before: Mapping[str, int]) -> None:
        """At each of some positions, a sink of records holds those of the batches up to it, and no other."""
        looked_at = {0, len(self.commits) // 3, len(self.commits) // 2, len(self.commits) - 1}
        for sink in self.commits[-1].positions if self.commits else ():
            kind = SINKS[sink]
            path = self.out / kind.file_name
            if not kind.holds_records:
                continue
            earlier = list(kind.read(path, before.get(sink, 0)))
            for number in looked_at:
                done = [item for commit in self.commits[: number + 1] for item in commit.finished]
                recorded = [item.record for item in done if item.ticket.purpose.is_recorded]
                assert list(kind.read(path, self.commits[number].positions[sink])) == earlier + recorded, sink


def lines(out: Path) -> list[bytes]:
    """The records in ``records.jsonl``."""
    content = (out / "records.jsonl").read_bytes()
    assert content == b"" or content.endswith(b"\n")
    return content.split(b"\n")[:-1]


def rows(out: Path) -> list[tuple[Any, ...]]:
    """Number, URL and title of each row in ``records.db``."""
    db = sqlite3.connect(out / "records.db")
    try:
        return db.execute("SELECT id, url, title FROM records ORDER BY id").fetchall()
    finally:
        db.close()


def answers(out: Path) -> list[tuple[Any, ...]]:
    """Number, URL, purpose, outcome, text length and facts of each row in ``facts.db``."""
    db = sqlite3.connect(out / "facts.db")
    try:
        return db.execute(
            "SELECT id, url, purpose, outcome, text_length, facts FROM answers ORDER BY id"
        ).fetchall()
    finally:
        db.close()


def check_files(out: Path, expected: Sequence[Finished]) -> None:
    """All files hold what they keep of ``expected``, and nothing else."""
    if (out / "facts.db").exists():
        assert answers(out) == [
            (
                number,
                item.ticket.url,
                item.ticket.purpose,
                item.outcome,
                item.ticket.id if item.facts else None,
                item.facts or None,
            )
            for number, item in enumerate(expected, 1)
        ]
    records = [item.record for item in expected if item.ticket.purpose.is_recorded]
    assert lines(out) == records
    decoded = [decode(record) for record in records]
    _aside(_check_readers, out, records)
    assert rows(out) == [(number, d.url, d.title) for number, d in enumerate(decoded, 1)]


def _check_readers(out: Path, records: Sequence[bytes]) -> None:
    """Every sink of records gives them back, and its judge reads the same."""
    for name, kind in SINKS.items():
        if kind.holds_records and (path := out / kind.file_name).exists():
            assert list(kind.read(path)) == records, name
            judge = judge_of(name)
            if judge is not None and not judge.sees_more:
                assert list(judge.urls_in(path)) == [decode(record).url for record in records], name


def _aside(check: Callable[..., None], *given: object) -> None:
    """Call it in a thread: what it calls may block, which is forbidden in the loop, where tests run."""
    with ThreadPoolExecutor(1) as aside:
        aside.submit(check, *given).result()
