"""``records.csv``: a header and one row for each record, as RFC 4180 has it, in UTF-8.

Text is always quoted, numbers and truth never, and a cell with nothing in it is a null: so an empty text
(``""``) and a null can be told apart. Lists and objects are JSON text. A header whose names are quoted says
that the cells are formula-safe, which only :meth:`CsvSink.read` has to know.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO, Annotated, Any, ClassVar

from crawler.model.settings import About, Section
from crawler.sinks.appended_file import AppendedFile, lines_of
from crawler.sinks.base import unreadable
from crawler.sinks.columns import ADDED, NULL, RECORD, Columns, Holds, lacking, line_of, rows_of

ROWS_AT_ONCE = 64
"""Turned into text together, column by column; few enough for the processor's cache (4,096 cost twice as much
for each)."""
BOM = b"\xef\xbb\xbf"
_NEEDS_QUOTES = re.compile(r'[",\r\n]|^$')
_FORMULA = re.compile(r"'*[=+\-@\t\r]")
"""What a text begins with that gets an apostrophe; one that has an apostrophe already gets one more, so that
each can be taken away again."""
_SUSPECT = frozenset("'=+-@\t\r")
_CELL = re.compile(r'("[^"]*+(?:""[^"]*+)*+"|[^",\r\n]*+)(,|\r\n)')
_NOTHING = [""] * ROWS_AT_ONCE
"""Cells of a column that says nothing of these rows, as several of a usual crawl's do."""
_TRUTH = {None: "", True: "true", False: "false"}


class CsvConfig(Section, frozen=True, kw_only=True):
    """How ``records.csv`` is written."""

    bom: Annotated[
        bool, About("Whether the file begins with a mark by which Excel sees that it is UTF-8.")
    ] = False
    formula_safe: Annotated[
        bool,
        About(
            "Whether text that a spreadsheet would take for a formula (it begins with one of =+-@, a tab or a"
            " carriage return) gets an apostrophe before it. Numbers stay numbers."
        ),
    ] = False


class CsvSink(AppendedFile):
    """A table: for spreadsheets, and for whatever reads tables."""

    name: ClassVar[str] = "csv"
    file_name: ClassVar[str] = "records.csv"
    line_end: ClassVar[bytes] = b"\r\n"
    options: ClassVar[Section | None] = CsvConfig()

    def __init__(self, options: Any = None, columns: Columns = RECORD) -> None:
        super().__init__(options, columns)
        self._cells = rows_of(columns)
        self._chosen: CsvConfig = options or CsvConfig()
        self._texts = _TEXTS | ({Holds.TEXT: _safe_texts} if self._chosen.formula_safe else {})

    def head(self) -> bytes:
        """The names of the columns."""
        if self._chosen.formula_safe:
            names = _safe_texts(list(self._columns))
        else:
            names = [_quoted(name) if _NEEDS_QUOTES.search(name) else name for name in self._columns]
        return (BOM if self._chosen.bom else b"") + (",".join(names) + "\r\n").encode()

    @classmethod
    def refused(cls, path: Path) -> str | None:
        """A file has one header, at its head, and one of an earlier version has fewer columns."""
        try:
            with path.open("rb") as file:
                names = _names(file.readline(4_096).removesuffix(b"\r\n"))
        except OSError:
            return None  # whoever opens it says so
        if not (absent := lacking(names)) or not _is_header(names):
            return None
        return (
            f"an earlier version of crawler began it, without the columns {', '.join(absent)}; finish the"
            " crawl with that version, or begin it anew in another folder"
        )

    def encoded(self, items: Sequence[bytes]) -> bytes:
        """A row for each item."""
        parts = []
        for start in range(0, len(items), ROWS_AT_ONCE):
            columns = zip(*map(self._cells, items[start : start + ROWS_AT_ONCE]), strict=True)
            texts = [
                _NOTHING[: len(cells)]
                if cells[0] is None and cells.count(None) == len(cells)
                else self._texts.get(holds, _plain)(cells)
                for holds, cells in zip(self._columns.values(), columns, strict=True)
            ]
            parts.append(("\r\n".join(map(",".join, zip(*texts, strict=True))) + "\r\n").encode())
        return b"".join(parts)

    @classmethod
    def read(cls, path: Path, position: int | None = None, begin: int = 0) -> Iterator[bytes]:
        """The rows, put together again."""
        number = -1  # the header is no record
        row_of = _reader(list(RECORD), is_safe=False)
        try:
            with path.open("rb") as file:
                if begin:
                    row_of, number = _reader_of(next(_rows(file, None), b"")), 0
                for row in _rows(file, position, begin):
                    if number >= 0:
                        yield line_of(row_of(row.decode()))
                    else:
                        row_of = _reader_of(row)
                    number += 1
        except OSError as error:
            raise unreadable(path, str(error.strerror or error), max(number, 0)) from None
        except ValueError as error:
            what = "its header is not that of records" if number < 0 else f"a row is damaged, {error}"
            raise unreadable(path, what, max(number, 0)) from None


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _plain(cells: Sequence[Any]) -> list[str]:
    return ["" if cell is None else str(cell) for cell in cells]


def _truth(cells: Sequence[Any]) -> list[str]:
    return [_TRUTH[cell] for cell in cells]


def _json(cells: Sequence[Any]) -> list[str]:
    return ["" if cell == NULL else _quoted(str(cell, "utf-8")) for cell in cells]


def _texts(cells: Sequence[Any]) -> list[str]:
    return [
        "" if cell is None else f'"{cell}"' if '"' not in cell else _quoted(cell) for cell in cells
    ]  # most texts have no quote, and the look for one is cheaper than the call


def _safe_texts(cells: Sequence[Any]) -> list[str]:
    return [
        ""
        if cell is None
        else f'"{cell}"'
        if cell[:1] not in _SUSPECT and '"' not in cell
        else _quoted(f"'{cell}" if _FORMULA.match(cell) else cell)
        for cell in cells
    ]


_TEXTS: dict[Holds, Callable[[Sequence[Any]], list[str]]] = {
    Holds.TRUTH: _truth, Holds.TEXT: _texts, Holds.TEXTS: _json, Holds.JSON: _json
}  # fmt: skip
"""The cells of a column as they are written, by what it holds."""
_VALUES: dict[Holds, Callable[[str], Any]] = {
    Holds.INTEGER: int, Holds.NUMBER: float, Holds.TRUTH: "true".__eq__
}  # fmt: skip


def _rows(file: IO[bytes], position: int | None, begin: int = 0) -> Iterator[bytes]:
    """The rows from ``begin`` to ``position``, with their ends; line breaks within quotes end no row."""
    pieces, is_quoted = list[bytes](), False
    for line in lines_of(file, position, begin):
        pieces.append(line)
        is_quoted ^= bool(line.count(b'"') % 2)
        if not is_quoted and line.endswith(b"\r\n"):
            yield b"".join(pieces)
            pieces.clear()
    if pieces and position is not None:
        raise ValueError("it has no end")  # without a position, a writer may be at it


def _reader_of(header: bytes) -> Callable[[str], list[Any]]:
    names = _names(header.removesuffix(b"\r\n"))
    if not _is_header(names):
        raise ValueError("it is not that of records")
    return _reader(names, is_safe=header.removeprefix(BOM).startswith(b'"'))


def _names(header: bytes) -> list[str]:
    return header.removeprefix(BOM).decode("utf-8", "replace").replace('"', "").split(",")


def _is_header(names: Sequence[str]) -> bool:
    """They are the columns of records, or those of an earlier version."""
    absent = lacking(names)
    return names == [name for name in RECORD if name not in absent]


def _reader(names: Sequence[str], *, is_safe: bool) -> Callable[[str], list[Any]]:
    """What turns a row into the cells that :func:`line_of` takes; it raises ValueError where that fails."""
    values = [_VALUES.get(RECORD[name]) for name in names]
    absent = [ADDED[name] for name in lacking(names)]

    def cell_of(text: str, value: Callable[[str], Any] | None) -> Any:
        if not text:
            return None
        if value is not None:
            return value(text)
        if not text.startswith('"'):
            raise ValueError("its text is not in quotes")
        text = text[1:-1].replace('""', '"')
        return text[1:] if is_safe and text.startswith("'") and _FORMULA.match(text) else text

    def cells_of(row: str) -> list[Any]:
        found = _CELL.findall(row)
        if len(found) != len(values) or sum(len(cell) + len(end) for cell, end in found) != len(row):
            raise ValueError("its cells are not those of a record")
        return [cell_of(cell, value) for (cell, _), value in zip(found, values, strict=True)] + absent

    return cells_of
