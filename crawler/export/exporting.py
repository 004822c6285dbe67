"""A crawl's records, or what was extracted, written in another format: the one way in for the command."""

import os
import sys
from collections.abc import Iterable, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import BinaryIO, NamedTuple

import msgspec

from crawler.config import Config
from crawler.export.rows import Rows
from crawler.export.source import Source
from crawler.export.target import failures_said, is_stream, refuse_own, whole_file
from crawler.export.where import Where
from crawler.model.errors import UsageError
from crawler.sinks import SINKS
from crawler.sinks.base import Sink
from crawler.watch.report_file import is_a_crawls_own
from crawler.write.requirements import how_to_install


class Exported(NamedTuple):
    """What came of an export."""

    rows: int
    state: str
    """How the crawl stands, as in ``crawl.db``."""


def format_named(name: str, out: Path) -> type[Sink]:
    """The sink that writes it of what is in ``out``. Raises UsageError where no export makes that."""
    sink = SINKS.get(name)
    if sink is None:
        raise UsageError(f"--to {name}: there is no such format; there is {formats()}")
    if not _is_format(sink):
        if (out / sink.file_name).exists():
            raise UsageError(f"--to {name}: the crawl has that already, it is {out / sink.file_name}")
        raise UsageError(
            f"--to {name}: that is not made of records, but while a crawl runs (--sink {name});"
            f" what is made of records: {formats()}"
        )
    if sink.missing():
        raise UsageError(f"--to {name} {how_to_install(sink)}")
    return sink


def formats() -> str:
    """What there is, for people, and which extra brings it."""
    return ", ".join(
        f"{sink.name} (with the extra {sink.extra})" if sink.extra else sink.name
        for sink in SINKS.values()
        if _is_format(sink)
    )


def _is_format(sink: type[Sink]) -> bool:
    return sink.holds_records and not sink.needs_answers


def export(
    out: Path,
    kind: type[Sink],
    config: Config,
    file: Path | None,
    *,
    items: bool = False,
    where: Sequence[str] = (),
    generation: int | None = None,
) -> Exported:
    """Write the records that are committed in ``out`` to ``file`` (None: standard output).

    They are those of a generation, by default the last.
    ``where``: only those for which all these SQL expressions hold. ``items``: a row for each thing extracted,
    in place of the records. Raises CrawlerError, BrokenPipeError where nobody reads standard output any more,
    OSError where its disk is full.
    """
    is_streamed = file is None or is_stream(file)
    if is_streamed and not kind.is_text:
        raise UsageError(f"--to {kind.name} goes to a file of its own: name one with -o FILE")
    source = Source(out, generation)
    with ExitStack() as stack:
        chosen = stack.enter_context(closing(Where(where))) if where else None
        rows = Rows(source, items=items, where=chosen)
        options = getattr(config, kind.name) if kind.options else None
        try:
            if file is None or is_streamed:
                stack.enter_context(failures_said(file))
                stream = sys.stdout.buffer if file is None else stack.enter_context(file.open("wb"))
                _write(kind(options, rows.columns(kind)), rows, stream)
            else:
                refuse_own(file, source.own_files(file))
                if is_a_crawls_own(Path(os.path.realpath(file))):
                    raise UsageError(f"-o {file}: that file is another crawl's own")
                stack.enter_context(failures_said(file))
                part = stack.enter_context(whole_file(file))
                kind(options, rows.columns(kind)).export(rows, part)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise rows.damaged() from error
    return Exported(rows.number, source.state)


def _write(sink: Sink, rows: Iterable[Sequence[bytes]], stream: BinaryIO) -> None:
    stream.write(sink.head())
    for batch in rows:
        stream.write(sink.encoded(batch))
    stream.flush()
