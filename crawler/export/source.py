"""The records of a crawl that is finished, dead or running, as they were at one moment."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from crawler.frontier.view import open_view
from crawler.model.errors import CrawlFailed, OutputError, UsageError
from crawler.model.record import decode
from crawler.sinks import SINKS
from crawler.sinks.base import Sink, unreadable
from crawler.sinks.columns import in_portions
from crawler.write.reading import records, sink_with_records
from crawler.write.requirements import how_to_install

BATCH_RECORDS = 4_096
"""Records that are handed on at once, at most."""
BATCH_BYTES = 1024 * 1024
"""Bytes of them, about."""
_OTHERS = ("crawl.lock", "crawl.log", "summary.json", "trace.pftrace", "spool")
"""What a crawl writes in its folder beside its database and sinks."""


class _Url(msgspec.Struct, gc=False):
    url: str


_decode_urls = msgspec.json.Decoder(list[_Url]).decode


class Source:
    """What is committed when this is made, which may be read more than once: each time the same."""

    def __init__(self, out: Path) -> None:
        """Raises OutputError where ``out`` holds no crawl or no records, StoreFailed where it is damaged."""
        with open_view(out) as view, view.one_moment():
            meta, self.sinks = view.meta(), view.sinks()
            self._positions = view.positions()
            counts = view.counts()
        self.state = meta.get("state", "incomplete")
        """How the crawl stands."""
        self.out = out
        self._sink = _readable(out, self.sinks)
        self.path = out / self._sink.file_name
        """What is read."""
        self.records = sum(count for state, count in counts.items() if state not in ("pending", "leased"))
        """How many there are: one for each URL that is done."""

    def batches(self) -> Iterator[list[bytes]]:
        """All records, each as its line in ``records.jsonl``; some thousand at once, in their order.

        Raises CrawlFailed where one of them is damaged, or where some are missing at the end.
        """
        number = 0
        try:
            lines = records(self.out, [self._sink.name], self._positions) or iter(())
            for batch in in_portions(lines, BATCH_RECORDS, BATCH_BYTES):
                if not _is_whole(batch):
                    raise self.damaged(batch, number)
                yield batch
                number += len(batch)
        except OutputError as error:
            raise CrawlFailed(str(error)) from error
        if number < self.records:
            missing = self.records - number
            why = f"its last {missing:,} records are missing"
            raise CrawlFailed(str(unreadable(self.path, why, number)))

    def damaged(self, batch: Sequence[bytes], number: int) -> CrawlFailed:
        """What is to be raised where ``batch``, before which there are ``number`` records, cannot be read."""
        for at, line in enumerate(batch, number):
            try:
                line.decode()
                decode(line)
            except (UnicodeDecodeError, msgspec.DecodeError) as error:
                why = f"record {at + 1:,} is damaged, {error}"
                return CrawlFailed(str(unreadable(self.path, why, at)))
        return CrawlFailed(str(unreadable(self.path, "a record is damaged", number)))

    def own_files(self) -> list[Path]:
        """Files and folders of the crawl, there or not, that nobody else may write."""
        databases = ["crawl.db", *(SINKS[name].file_name for name in self.sinks if name in SINKS)]
        names = [f"{name}{end}" for name in databases for end in ("", "-wal", "-shm", "-journal")]
        hidden = [path.name for path in self.out.glob(".*")]
        return [self.out / name for name in (*names, *_OTHERS, *hidden)]


def _readable(out: Path, sinks: Sequence[str]) -> type[Sink]:
    sink = sink_with_records(out, sinks)
    if sink is None:
        gone = [out / sink.file_name for sink in SINKS.values() if sink.name in sinks and sink.holds_records]
        if gone:
            raise OutputError(f"the records of the crawl in {out} are gone: there is no {gone[0]}")
        kept = " and ".join(sinks)
        raise OutputError(f"the crawl in {out} keeps no records that could be exported, only {kept}")
    if sink.missing():
        raise UsageError(f"reading {out / sink.file_name} {how_to_install(sink)}")
    return sink


def _is_whole(batch: Sequence[bytes]) -> bool:
    """Whether each line is one record, looked at in as few steps as there can be."""
    together = b"[" + b",".join(batch) + b"]"
    try:
        str(together, "utf-8")
        return len(_decode_urls(together)) == len(batch)
    except (UnicodeDecodeError, msgspec.DecodeError):
        return False
