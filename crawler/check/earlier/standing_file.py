"""``findings.jsonl``: what a check has found, a line for each cause, and since when it stands.

The next check of OUT reads this in the place of all facts of all checks before. It can be made from these
again, so a check that cannot write it is none the worse.
"""

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import msgspec

from crawler.frontier.view import open_view
from crawler.model.errors import CrawlerError
from crawler.model.generations import file_name
from crawler.sinks.facts import FactsSink
from crawler.watch.report_file import FINDINGS_FILE, opened

FORMAT = 1
"""Grows when a key changes its meaning; a file of another one is as if it were not there."""


class Before(msgspec.Struct, frozen=True):
    """Where a cause stood before the first check of OUT: in the older OUT that was named."""

    crawl: str
    at: str
    checks: int


class Stood(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A cause, and since when it stands in OUT."""

    rule: str
    target: str
    """Both as :mod:`crawler.check.earlier.names` has them."""
    generation: int
    """The first check that has seen it, and since which every one has."""
    at: str
    """When that began."""
    checks: int
    """How many in a row."""
    before: Before | None = None


class Head(msgspec.Struct, frozen=True):
    """The file's first line."""

    format: int
    position: int
    """Rows of ``facts.db`` that were looked at: with more, the crawl went on since."""
    first: int
    """Generation of the first check of OUT."""


Key = tuple[str, str]
"""Rule and target."""


class Standing(msgspec.Struct, frozen=True):
    """All that stood when a check had ended."""

    first: int
    stood: dict[Key, Stood]


_head = msgspec.json.Decoder(Head).decode
_line = msgspec.json.Decoder(Stood).decode
_encode = msgspec.json.Encoder().encode


def path_of(out: Path, generation: int) -> Path:
    """Where it lies: a file for each generation."""
    return out / file_name(FINDINGS_FILE, generation)


def read(out: Path, generation: int) -> Standing | None:
    """What a check of OUT has left; None where there is no such file, or its crawl went on since."""
    with suppress(OSError, ValueError, CrawlerError):  # msgspec's errors are ValueErrors
        with open_view(out, generation) as view:
            is_over, position = view.meta().get("state") == "finished", view.positions().get(FactsSink.name)
        with path_of(out, generation).open("rb") as file:
            head = _head(file.readline())
            if is_over and (head.format, head.position) == (FORMAT, position):
                stood = (_line(line) for line in file)
                return Standing(head.first, {(one.rule, one.target): one for one in stood})
    return None


def write(out: Path, generation: int, position: int, first: int, stood: Iterable[Stood]) -> None:
    """Leave it for the next check, whole or not at all; where that cannot be, the next one does without."""
    with suppress(OSError), opened(path_of(out, generation)) as file:
        for line in (Head(FORMAT, position, first), *stood):
            file.write(f"{_encode(line).decode()}\n")
