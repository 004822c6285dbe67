"""Records found again: by the batch that they were committed with, since no sink has an index of them.

A batch is some hundred records that lie together. Who goes through a crawl in about its own order finds the
next record in the batch that was read last.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from crawler.sinks.base import Sink, unreadable

KEPT_BYTES = 32 * 1024 * 1024
"""Of the batches read last, about; one is always kept."""

Span = tuple[int, int]
"""Two positions of a sink: where a batch begins, and where it ends."""


class _Url(msgspec.Struct, gc=False):
    url: str


_decode = msgspec.json.Decoder(_Url).decode


class Batches:
    """The records in one sink's file at ``path``; for one thread at a time."""

    def __init__(self, sink: type[Sink], path: Path, span: Callable[[int], Span]) -> None:
        """``span`` tells where a batch is, by its number."""
        self._sink, self._path, self._span = sink, path, span
        self._kept: OrderedDict[int, dict[str, bytes]] = OrderedDict()
        self._bytes = 0

    def find(self, url: str, batch: int) -> bytes | None:
        """The record of ``url`` in ``batch``, as its line; None where it is not there.

        Raises OutputError where the batch cannot be read.
        """
        if batch in self._kept:
            self._kept.move_to_end(batch)
        else:
            lines = self._read(batch)
            self._kept[batch] = lines
            self._bytes += _weight(lines)
            while self._bytes > KEPT_BYTES and len(self._kept) > 1:
                self._bytes -= _weight(self._kept.popitem(last=False)[1])
        return self._kept[batch].get(url)

    def _read(self, batch: int) -> dict[str, bytes]:
        begin, end = self._span(batch)
        return dict(self._items(begin, end))

    def _items(self, begin: int, end: int) -> Iterator[tuple[str, bytes]]:
        for number, line in enumerate(self._sink.read(self._path, end, begin)):
            try:
                yield _decode(line).url, line
            except msgspec.DecodeError as error:
                raise unreadable(self._path, f"a record is damaged, {error}", number) from None


def _weight(lines: dict[str, bytes]) -> int:
    return sum(map(len, lines.values()))
