"""Sinks with something wrong with them. Writer processes import this module: it stays light."""

import hashlib
import logging
import os
import resource
import sqlite3
import time
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

import msgspec

from crawler.model.exchange import Exchange
from crawler.model.messages import Finished
from crawler.plumbing import faults
from crawler.sinks import SINKS, FactsSink, JsonlSink, SqliteSink
from crawler.write import writer_process


class GatedJsonl(JsonlSink):
    """Does not sync before a file named ``gate`` stands beside it."""

    def open(self, path: Path) -> int:
        self.gate = path.with_name("gate")
        return super().open(path)

    def sync(self) -> None:
        while not self.gate.exists():
            time.sleep(0.002)
        super().sync()


class SlowSqlite(SqliteSink):
    def sync(self) -> None:
        time.sleep(0.01)
        super().sync()


def _arm_next(path: Path) -> None:
    """Each process that opens ``path`` takes one line of ``path.faults``: the fault it shall have."""
    plan = path.with_name(f"{path.name}.faults")
    if plan.exists():
        first, _, rest = plan.read_text().partition("\n")
        plan.write_text(rest)
        faults.arm(first)


class _Faulty:
    def open(self, path: Path) -> int:
        _arm_next(path)
        return super().open(path)


FAULTY = {
    name: type(f"Faulty_{name}", (_Faulty, kind), {"__module__": __name__}) for name, kind in SINKS.items()
}
globals().update({kind.__name__: kind for kind in FAULTY.values()})  # by which a child finds its own


class FaultyJsonl(_Faulty, JsonlSink):
    pass


class TidyingJsonl(FaultyJsonl):
    """Has four steps left to do when nothing more will be written; what is done is in the file ``tidied``."""

    steps = ("tidy",)

    def open(self, path: Path) -> int:
        self.tidied = path.with_name("tidied")
        return super().open(path)

    def settle(self, *, last: bool = False) -> str | None:
        done = self.tidied.read_text() if self.tidied.exists() else ""
        if not last or len(done) == 4:
            return None
        self.tidied.write_text(f"{done}x")
        return "tidy"


class NeverTidyJsonl(JsonlSink):
    """Its process ends when it should do what is left."""

    def settle(self, *, last: bool = False) -> str | None:
        return os._exit(9) if last else None


class SmallJsonl(JsonlSink):
    """Its file system takes 50,000 bytes: the system refuses the rest as it would on a full disk."""

    def open(self, path: Path) -> int:
        resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))
        return super().open(path)


class SmallSqlite(SqliteSink):
    """Full after 40 pages."""

    def open(self, path: Path) -> int:
        found = super().open(path)
        assert isinstance(self._db, sqlite3.Connection)
        self._db.execute("PRAGMA max_page_count = 40")
        return found


class SmallFacts(FactsSink):
    """The same."""

    def open(self, path: Path) -> int:
        found = super().open(path)
        assert isinstance(self._db, sqlite3.Connection)
        self._db.execute("PRAGMA max_page_count = 40")
        return found


class BrokenJsonl(JsonlSink):
    def write(self, records):
        raise RuntimeError("a bug of this sink")


class SlowlyClosedJsonl(BrokenJsonl):
    """Takes its time to put its file in order."""

    def close(self) -> None:
        time.sleep(0.5)
        super().close()
        self.path.with_name("closed").touch()

    def open(self, path: Path) -> int:
        self.path = path
        return super().open(path)


class DyingJsonl(JsonlSink):
    """Its process ends, whatever it is to write."""

    def write(self, records):
        os._exit(9)


class ImpatientJsonl(JsonlSink):
    """Its writer waits for an earlier one's lock only for a moment."""

    def __init__(self, *given: object) -> None:
        super().__init__(*given)
        writer_process.LOCK_TIMEOUT = 0.1


class HangingJsonl(JsonlSink):
    """The disk never answers."""

    def sync(self) -> None:
        time.sleep(3600)


class TalkativeJsonl(JsonlSink):
    def open(self, path: Path) -> int:
        logging.getLogger("a.sink").warning("hello %s", "there")
        return super().open(path)


class AnswersJsonl(JsonlSink):
    """Keeps what was said beside each record; dies once, when it has read the payloads of a third batch."""

    needs_answers: ClassVar[bool] = True
    _batches = 0

    @staticmethod
    def keeps(finished: Finished) -> bytes | None:
        return msgspec.json.encode((finished.record.decode(), finished.exchanges))

    def open(self, path: Path) -> int:
        self._died = path.with_name("died")
        return super().open(path)

    def write(self, items: Sequence[bytes]) -> int:
        lines = []
        for item in items:
            record, exchanges = msgspec.json.decode(item, type=tuple[str, tuple[Exchange, ...]])
            said = []
            for exchange in exchanges:
                payload = (
                    b"".join(exchange.payload) if exchange.path is None else Path(exchange.path).read_bytes()
                )
                assert len(payload) == exchange.size
                said.append([exchange.url, hashlib.sha256(payload).hexdigest()])
            lines.append(msgspec.json.encode({**msgspec.json.decode(record), "said": said}))
        self._batches += 1
        if self._batches == 3 and not self._died.exists():
            self._died.touch()
            os._exit(9)
        return super().write(lines)
