"""``records.jsonl``: one record a line, in UTF-8, each line ended by a newline."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import ClassVar

from crawler.sinks.appended_file import AppendedFile, lines_of
from crawler.sinks.base import unreadable
from crawler.sinks.columns import completed


class JsonlSink(AppendedFile):
    """One JSON object a line: for programs, and for ``jq``."""

    name: ClassVar[str] = "jsonl"
    file_name: ClassVar[str] = "records.jsonl"
    has_columns: ClassVar[bool] = False

    def encoded(self, items: Sequence[bytes]) -> bytes:
        """The records, each ended by a newline."""
        return b"\n".join(items) + b"\n" if items else b""

    @classmethod
    def read(cls, path: Path, position: int | None = None, begin: int = 0) -> Iterator[bytes]:
        """The lines of the file."""
        number = 0
        try:
            with path.open("rb") as file:
                for line in lines_of(file, position, begin):
                    if not line.endswith(b"\n"):
                        return  # a writer is at it
                    yield completed(line[:-1])
                    number += 1
        except OSError as error:
            raise unreadable(path, str(error.strerror or error), number) from None
        except ValueError as error:
            raise unreadable(path, str(error), number) from None
