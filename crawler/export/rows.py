"""What is exported: the records, those of them that are wanted, or what was extracted from these."""

from collections.abc import Iterator, Sequence

from crawler.export.items import columns_of, rows_of_items
from crawler.export.source import Source
from crawler.export.where import Where
from crawler.model.errors import CrawlFailed
from crawler.sinks.base import Sink
from crawler.sinks.columns import RECORD, Columns


class Rows:
    """Rows, some thousand at once. Each iteration is a pass over the records of the same moment."""

    def __init__(self, source: Source, *, items: bool, where: Where | None) -> None:
        self._source, self._items, self._where = source, items, where
        self.number = 0
        """Rows of the last pass."""
        self._batch: Sequence[bytes] = ()

    def columns(self, kind: type[Sink]) -> Columns:
        """What the rows have; that takes a pass where things become a table. Raises as an iteration does."""
        return columns_of(self) if self._items and kind.has_columns else RECORD

    def __iter__(self) -> Iterator[list[bytes]]:
        """Raises CrawlerError; msgspec.DecodeError or UnicodeDecodeError, see :meth:`damaged`."""
        self.number = 0
        for batch in self._source.batches():
            self._batch = batch
            rows = batch if self._where is None else self._where.of(batch)
            rows = rows_of_items(rows) if self._items else rows
            self.number += len(rows)
            if rows:
                yield rows

    def damaged(self) -> CrawlFailed:
        """What is to be raised where a row of the last batch cannot be decoded, here or by who takes it."""
        return self._source.damaged(self._batch)
