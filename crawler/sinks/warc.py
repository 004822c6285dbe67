"""``archive/``: what was said on the wire, in WARC files that replay it (ISO 28500:2017, WARC 1.1)."""

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar, cast

import msgspec

from crawler.model.messages import Finished
from crawler.model.settings import GIB, About, Section
from crawler.sinks.base import Sink

if TYPE_CHECKING:
    from crawler.sinks.warc_archive import Archive

_encode = msgspec.msgpack.Encoder().encode


class WarcConfig(Section, frozen=True, kw_only=True):
    """The archive that the sink ``warc`` writes."""

    part_bytes: Annotated[
        int, About("Bytes after which the archive goes on in a new file, about.", ge=1, le=1024 * GIB)
    ] = 1_000_000_000


class WarcSink(Sink):
    """Every request and answer in WARC files: for archives, and to replay them.

    Appends records to the parts of an archive; its position counts bytes over all of them.
    """

    name: ClassVar[str] = "warc"
    file_name: ClassVar[str] = "archive"
    needs_answers: ClassVar[bool] = True
    extra: ClassVar[str] = "warc"
    imports: ClassVar[tuple[str, ...]] = ("isal",)
    options: ClassVar[WarcConfig] = WarcConfig()

    _archive: "Archive | None" = None

    def open(self, path: Path) -> int:
        """Make the folder, or find the end of what it holds."""
        from crawler.sinks.warc_archive import Archive

        self._archive = Archive(path, cast(WarcConfig, self._options).part_bytes)
        return self._archive.parts.end

    def cut(self, position: int) -> None:
        """Remove later parts, and shorten the one in which ``position`` lies."""
        self._opened().parts.cut(position)

    @staticmethod
    def keeps(finished: Finished) -> bytes | None:
        """The exchanges of every URL that has some, and the record of every URL that is recorded."""
        record = finished.record if finished.ticket.purpose.is_recorded else b""
        if not record and not finished.exchanges:
            return None
        return _encode((finished.ticket.url, record, finished.exchanges))

    def write(self, items: Sequence[bytes]) -> int:
        """Append the WARC records of all items."""
        archive = self._opened()
        for item in items:
            archive.write(item)
        return archive.parts.end

    def sync(self) -> None:
        """Have all parts, and their names, written to the disk."""
        self._opened().parts.sync()

    def close(self) -> None:
        """Close the archive; no half record is left at its end."""
        archive, self._archive = self._archive, None
        if archive is not None:
            archive.close()

    def _opened(self) -> "Archive":
        if self._archive is None:
            raise ValueError("the sink is not open")
        return self._archive

    @classmethod
    def read_answers(
        cls, path: Path, position: int, urls: Collection[str], most: int
    ) -> Iterator[tuple[str, bytes, bytes]]:
        """See :func:`crawler.sinks.warc_answers.read_answers`."""
        from crawler.sinks.warc_answers import read_answers

        return read_answers(path, position, urls, most)

    @classmethod
    def read(cls, path: Path, position: int | None = None, begin: int = 0) -> Iterator[bytes]:
        """The records, from the ``metadata`` records that hold them."""
        from crawler.sinks.warc_reading import read_records

        return read_records(path, position, begin)
