"""What a sink (an exporter) is: a file or folder that records are appended to, and that can be cut back.

A sink runs in its writer process, single-threaded, and knows nothing of processes, batches or
acknowledgements. Its *position* says how much it holds: bytes for a file, the last row id for a
table. It only ever grows by :meth:`Sink.write` and shrinks by :meth:`Sink.cut`.

What can only be written in large parts (a part of a Parquet file) must not keep an acknowledgement
waiting: it goes to a side file first, which :meth:`Sink.sync` makes safe, and parts are made of that by
:meth:`Sink.settle`.
"""

import errno
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar

from crawler.model.errors import OutputError
from crawler.model.generations import file_name
from crawler.model.messages import Finished
from crawler.model.settings import Section
from crawler.plumbing.file_lock import LockBusy
from crawler.sinks.columns import RECORD, Columns


class SinkShort(Exception):
    """The sink holds less than the position it is to be cut back to."""

    def __init__(self, held: int, position: int) -> None:
        super().__init__(f"it ends at {held}, before {position}, so it was shortened by somebody else")


class SinkChanged(Exception):
    """What the sink holds is not what it has written."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{what}, so it was changed by somebody else")


class SinkOutdated(Exception):
    """The file is of another version of the program, which keeps other things in it."""


def unreadable(path: Path, why: str, number: int) -> OutputError:
    """What is raised where ``path`` is damaged, after ``number`` records could be read."""
    why = " ".join(why.split())  # of some libraries it ends with a line break
    return OutputError(f"{path} cannot be read: {why} ({number:,} records before that can be)")


class Sink(ABC):
    """One output. Every method may raise OSError, or the error of the library it writes with.

    All that the rest of the program knows of it is said here: the configuration has its ``options`` as a
    section of its name, the command line, the documentation and the output folder take theirs from it too.
    """

    name: ClassVar[str]
    """Its value in ``write.sinks``, and its key in every mapping of positions."""
    file_name: ClassVar[str]
    """Name of the file, or folder, in the output folder."""
    is_per_generation: ClassVar[bool] = False
    """Whether each generation of a crawl has a file of its own, and not rows in the one of all."""
    holds_records: ClassVar[bool] = True
    """Whether :meth:`read` gives the records of the crawl back."""
    steps: ClassVar[tuple[str, ...]] = ()
    """The names of the steps that :meth:`settle` takes in every crawl; rarer ones have tests of their own."""
    has_columns: ClassVar[bool] = True
    """Whether rows are taken apart into columns, so that these must be known before the first row."""
    is_text: ClassVar[bool] = False
    """Whether it only ever grows by :meth:`encoded`, so that it may go to a pipe as well."""
    needs_answers: ClassVar[bool] = False
    """Whether the answers must be kept for it as they were sent: :class:`crawler.model.exchange.Exchange`."""
    extra: ClassVar[str | None] = None
    """The extra of this package that brings what it imports; None where nothing more is needed."""
    imports: ClassVar[tuple[str, ...]] = ()
    """What that extra brings."""
    options: ClassVar[Section | None] = None
    """Its section of the configuration, with the defaults."""

    def __init__(self, options: Any = None, columns: Columns = RECORD) -> None:
        """``options`` are of :attr:`options`'s class, by default these; ``columns`` are what a row has."""
        self._options = self.options if options is None else options
        self._columns = columns

    @classmethod
    def file_of(cls, generation: int) -> str:
        """Name of the file, or folder, in which the records of a generation are."""
        return file_name(cls.file_name, generation) if cls.is_per_generation else cls.file_name

    @classmethod
    def refused(cls, path: Path) -> str | None:  # noqa: ARG003 (most go on with whatever they have written)
        """Why a crawl cannot go on with what an earlier version of the program wrote; None where it can.

        What is at ``path`` is only read, so that the other version can still go on with it.
        """
        return None

    @abstractmethod
    def open(self, path: Path) -> int:
        """Open or create it; its position as it was found."""

    @abstractmethod
    def cut(self, position: int) -> None:
        """Drop everything behind ``position``. Raises SinkShort when it holds less.

        Raises SinkChanged where it can be seen that others wrote to it: nothing is dropped then.
        """

    @staticmethod
    def keeps(finished: Finished) -> bytes | None:
        """What of a finished URL is to be written, told in the main process; None where it is nothing.

        Unless a sink says otherwise, the record of a page or a sitemap.
        """
        return finished.record if finished.ticket.purpose.is_recorded else None

    @abstractmethod
    def write(self, items: Sequence[bytes]) -> int:
        """Append what :meth:`keeps` has returned; the position behind it."""

    @abstractmethod
    def sync(self) -> None:
        """Return when everything written would survive a power loss."""

    def settle(self, *, last: bool = False) -> str | None:  # noqa: ARG002 (most have nothing to do)
        """Do one step, of a tenth of a second or so, of what need not be done before a batch is acknowledged.

        The step's name (most are in :attr:`steps`), for crash tests; None where nothing is left to be done.
        ``last``: nothing more will be written, so that what is left is brought into its last form too. Killed
        between any two steps, or within one, the sink holds the same records when it is opened again.
        """
        return None

    @abstractmethod
    def close(self) -> None:
        """Close it; what was not synced is dropped. May be repeated."""

    def head(self) -> bytes:
        """What a file begins with, of a sink that is text."""
        return b""

    def encoded(self, items: Sequence[bytes]) -> bytes:
        """What is appended for ``items``, of a sink that is text; nothing for none."""
        raise NotImplementedError

    def export(self, batches: Iterable[Sequence[bytes]], path: Path) -> None:
        """Write all of ``batches`` to a new file, which nobody reads before this returns, nor goes on with.

        So it may be cheaper than a crawl's: who is killed leaves a file that is not wanted. Where the sink is
        a folder, this is one file all the same. The rows have the columns that this sink was made with.
        """
        self.open(path)
        try:
            for batch in batches:
                self.write(batch)
            self.sync()
            while self.settle(last=True) is not None:
                pass
        finally:
            self.close()

    @classmethod
    @abstractmethod
    def read(cls, path: Path, position: int | None = None, begin: int = 0) -> Iterator[bytes]:
        """The records up to ``position`` (None: all there are), each as its line in ``records.jsonl``.

        ``begin`` is an earlier position: what is before it is left out, and costs nothing.

        Beside a writer, too: what is behind the last committed position may be half written. A sink that
        does not hold records gives none. Raises OutputError where what is there cannot be read: which file,
        and how many records before that can be.
        """

    @classmethod
    def read_answers(
        cls, path: Path, position: int, urls: Collection[str], most: int
    ) -> Iterator[tuple[str, bytes, bytes]]:
        """Of one that keeps answers, the last to each of ``urls``: URL, head, payload of ``most`` bytes."""
        raise NotImplementedError

    @classmethod
    def missing(cls) -> bool:
        """Whether what it imports is not installed."""
        return any(find_spec(module) is None for module in cls.imports)


_BY_ERRNO = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk quota is used up",
    errno.EFBIG: "the file has reached the largest size that is allowed here",
    errno.EROFS: "the file system is read-only",
    errno.EACCES: "permission is denied",
    errno.EPERM: "permission is denied",
    errno.EIO: "the disk reports an error",
    errno.ENOENT: "its folder is gone",
    errno.EMFILE: "too many files are open",
}
_BY_SQLITE = {
    "SQLITE_FULL": "the disk is full",
    "SQLITE_READONLY": "it is read-only",
    "SQLITE_IOERR": "the disk reports an error",
    "SQLITE_CANTOPEN": "it cannot be opened",
    "SQLITE_BUSY": "another program keeps it locked",
    "SQLITE_CORRUPT": "it is damaged",
    "SQLITE_NOTADB": "it is not an SQLite file",
}


def why_not_written(error: Exception) -> str | None:
    """Half a sentence for the one who has to make room for it; None for an error that nobody foresaw."""
    if isinstance(error, LockBusy):
        return f"another process (pid {error.pid or 'unknown'}) is still writing it"
    if isinstance(error, SinkShort | SinkChanged | SinkOutdated | OutputError):
        return str(error)
    if isinstance(error, OSError) and error.errno is not None:
        return _BY_ERRNO.get(error.errno, f"the system says: {error.strerror}")
    # Extended codes (SQLITE_IOERR_WRITE) begin with the plain one.
    name = getattr(error, "sqlite_errorname", None) or ""
    return next((reason for code, reason in _BY_SQLITE.items() if name.startswith(code)), None)
