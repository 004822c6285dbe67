"""A generation as it ended, which the killing of a later one must leave as it is."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from crawler.lab.crash.evidence import positions
from crawler.model.generations import database_of
from crawler.sinks import SINKS


class Kept(NamedTuple):
    """The first generation."""

    files: dict[str, bytes]
    """Those of its own, by name."""
    records: dict[str, list[bytes]]
    """Its lines in the sinks that have one file for all generations."""


def keep(out: Path, sinks: Sequence[str]) -> Kept:
    """The first generation as it is now, its crawl being over. Blocks."""
    kinds = [SINKS[sink] for sink in sinks]
    own = [database_of(1), *(kind.file_name for kind in kinds if kind.is_per_generation)]
    ends = positions(out)
    records = {
        kind.name: list(kind.read(out / kind.file_name, ends[kind.name][-1]))
        for kind in kinds
        if not kind.is_per_generation
    }
    return Kept({name: (out / name).read_bytes() for name in own}, records)


def differences(before: Kept, out: Path, sinks: Sequence[str]) -> Iterator[str]:
    """What is not as it was, one sentence each. Blocks."""
    now = keep(out, sinks)
    for name, data in before.files.items():
        if now.files[name] != data:
            yield f"{name} is not what it was when the first generation ended"
    for sink, lines in before.records.items():
        if now.records[sink] != lines:
            yield f"{sink} has not the records any more that it had when the first generation ended"
