"""The records of a crawl that is finished, dead or running, as they were at one moment."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from crawler.frontier.view import generations, open_view
from crawler.model.cluster import CLUSTER_FILE
from crawler.model.errors import CrawlFailed, OutputError, UsageError
from crawler.model.generations import DATABASE, file_name
from crawler.model.record import decode
from crawler.sinks import SINKS
from crawler.sinks.base import Sink, unreadable
from crawler.sinks.columns import in_portions
from crawler.trace.trace_files import is_trace_file
from crawler.watch.history import HISTORY_FILE
from crawler.watch.report_file import FINDINGS_FILE
from crawler.watch.summary import kept_summary
from crawler.write.reading import Recorded, gone, pieces, sink_with_records
from crawler.write.requirements import how_to_install

BATCH_RECORDS = 4_096
"""Records that are handed on at once, at most."""
BATCH_BYTES = 1024 * 1024
"""Bytes of them, about."""
_OTHERS = ("crawl.lock", "crawl.log", "summary.json", "spool", CLUSTER_FILE)
"""What a crawl writes in its folder beside its database and sinks."""


class _Url(msgspec.Struct, gc=False):
    url: str


_decode_urls = msgspec.json.Decoder(list[_Url]).decode


class Source:
    """What is committed when this is made, which may be read more than once: each time the same."""

    def __init__(self, out: Path, generation: int | None = None) -> None:
        """Of a generation, by default the last.

        Raises OutputError where ``out`` holds no crawl or no records, RecordsElsewhere where some are on
        other machines, StoreFailed where it is damaged.
        """
        with open_view(out, generation) as view, view.one_moment():
            meta, counts = view.meta(), view.counts()
            recorded = Recorded(out, view.generation, view.sinks(), view.parts(out))
        self.state = meta.get("state", "incomplete")
        """How the crawl stands."""
        self.out = out
        self._sink = _readable(recorded)
        self._pieces = pieces(recorded, self._sink)
        self._folders = [part.folder for part in recorded.parts if part.folder != out]
        self._path, self._before = out, 0
        """Where the last batch is from, and how many records are before it there."""
        self.records = sum(count for state, count in counts.items() if state not in ("pending", "leased"))
        """How many there are: one for each URL that is done."""

    def batches(self) -> Iterator[list[bytes]]:
        """All records, each as its line in ``records.jsonl``; some thousand at once, in their order.

        Raises CrawlFailed where one of them is damaged, or where some are missing at the end.
        """
        number = 0
        try:
            for path, begin, end in self._pieces:
                self._path, self._before = path, 0
                lines = self._sink.read(path, end, begin)
                for batch in in_portions(lines, BATCH_RECORDS, BATCH_BYTES):
                    if not _is_whole(batch):
                        raise self.damaged(batch)
                    yield batch
                    self._before += len(batch)
                number += self._before
        except OutputError as error:
            raise CrawlFailed(str(error)) from error
        if number < self.records:
            where = self._path if len(self._pieces) == 1 else self.out
            why = f"its last {self.records - number:,} records are missing"
            raise CrawlFailed(str(unreadable(where, why, number)))

    def damaged(self, batch: Sequence[bytes]) -> CrawlFailed:
        """What is to be raised where ``batch``, the last one that was read, cannot be decoded."""
        for at, line in enumerate(batch, self._before):
            try:
                line.decode()
                decode(line)
            except (UnicodeDecodeError, msgspec.DecodeError) as error:
                why = f"record {at + 1:,} is damaged, {error}"
                return CrawlFailed(str(unreadable(self._path, why, at)))
        return CrawlFailed(str(unreadable(self._path, "a record is damaged", self._before)))

    def own_files(self, asked: Path) -> list[Path]:
        """Files and folders of the crawl, there or not, that nobody else may write.

        There is no end to the names of its traces' files: of those that are not there, it is ``asked`` alone.
        """
        firsts = [DATABASE, HISTORY_FILE, FINDINGS_FILE, *(sink.file_name for sink in SINKS.values())]
        numbers = generations(self.out)
        each = [file_name(first, number) for number in numbers for first in firsts]
        names = [f"{name}{end}" for name in each for end in ("", "-wal", "-shm", "-journal")]
        hidden = [path.name for path in self.out.glob(".*")]
        there = (path.name for path in self.out.iterdir())
        traces = filter(is_trace_file, (Path(os.path.realpath(asked)).name, *there))
        kept = [kept_summary(self.out, number) for number in numbers]
        return [*self._folders, *kept, *(self.out / name for name in (*names, *_OTHERS, *hidden, *traces))]


def _readable(recorded: Recorded) -> type[Sink]:
    out, sinks = recorded.out, recorded.sinks
    sink = sink_with_records(recorded)
    if sink is None:
        of_it = [sink for sink in SINKS.values() if sink.name in sinks and sink.holds_records]
        if of_it:
            raise gone(recorded, of_it[0])
        kept = " and ".join(sinks)
        raise OutputError(f"the crawl in {out} keeps no records that could be exported, only {kept}")
    if sink.missing():
        raise UsageError(f"reading {out / sink.file_of(recorded.generation)} {how_to_install(sink)}")
    return sink


def _is_whole(batch: Sequence[bytes]) -> bool:
    """Whether each line is one record, looked at in as few steps as there can be."""
    together = b"[" + b",".join(batch) + b"]"
    try:
        str(together, "utf-8")
        return len(_decode_urls(together)) == len(batch)
    except (UnicodeDecodeError, msgspec.DecodeError):
        return False
