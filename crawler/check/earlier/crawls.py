"""The checks before a check: those of its OUT, then those of the older OUT that was named.

Only a check that came to its end counts: what a crawl that was stopped has not found may be there.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from itertools import chain, islice
from pathlib import Path
from typing import NamedTuple

from crawler.check.site import open_file
from crawler.engine.resuming import settings_of
from crawler.frontier.view import generations, open_view
from crawler.model.cluster import CLUSTER_FILE
from crawler.model.errors import CrawlerError, OutputError, UsageError
from crawler.model.generations import named
from crawler.sinks.facts import FactsSink

_PAGES = """
SELECT count(*) FROM (
    SELECT 1 FROM answers WHERE purpose = 0 AND outcome IN ('ok', 'truncated') AND id <= ? LIMIT ?
)
"""


class EarlierCrawl(NamedTuple):
    """A check that has ended, and has read pages: as many as ``check.min_pages`` wanted."""

    out: Path
    generation: int
    name: str
    """As a command line names it: ``OUT@2``, or ``OUT`` where there is no other."""
    started_at: str
    """RFC 3339, UTC."""


def earlier_crawls(
    out: Path, generation: int, since: Path | None = None, most: int | None = None
) -> list[EarlierCrawl]:
    """The checks before a generation of ``out``, newest first; then those of ``since``, OLD_OUT or OLD_OUT@2.

    All of them or the newest ``most``: each has two files that are looked into. Raises UsageError where
    ``since`` is no check.
    """
    last = older_check(since, out) if since is not None else None
    older = [] if last is None else chain([last], before(last.out, last.generation))
    return list(islice(chain(before(out, generation), older), most))


def before(out: Path, generation: int) -> Iterator[EarlierCrawl]:
    """The checks of ``out`` before one of its generations, newest first; what cannot be read is none."""
    name = namer_of(out)
    for number in reversed(generations(out)):
        if number < generation:
            with suppress(CrawlerError):
                if (found := ended_check(out, number, name)) is not None:
                    yield found


def ended_check(out: Path, generation: int, name: Callable[[int], str]) -> EarlierCrawl | None:
    """A generation, where it is a check that has ended and has read a page, or as many as it was to.

    Raises StoreFailed where its ``crawl.db`` is damaged, OutputError where its ``facts.db`` is, or either is
    of another version; ConfigError where its settings are.
    """
    with open_view(out, generation) as view:
        meta, position = view.meta(), view.positions().get(FactsSink.name)
    if meta.get("state") != "finished" or not position:
        return None
    least = max(1, settings_of(out, generation).check.min_pages or 0)
    try:
        with closing(open_file(out, generation)) as db:
            (pages,) = db.execute(_PAGES, (position, least)).fetchone()
    except sqlite3.Error as error:
        raise OutputError(f"{out / FactsSink.file_of(generation)} cannot be read: {error}") from error
    if pages < least:
        return None
    return EarlierCrawl(out, generation, shown(name(generation)), meta.get("started_at", ""))


def namer_of(out: Path) -> Callable[[int], str]:
    """How a command line names the generations of ``out``, which is looked at once."""
    there = generations(out)
    return lambda generation: str(out) if there == [generation] else f"{out}@{generation}"


def shown(name: str) -> str:
    """The name of a crawl as one would type it here."""
    path = Path(name)
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else name


def older_check(since: Path, out: Path | None) -> EarlierCrawl:
    """The check that ``since`` names (OLD_OUT, or OLD_OUT@2): by itself, the last one that has ended.

    ``out`` is the folder of the check that asks, if there is one yet. Raises UsageError where there is no
    such check, in one sentence.
    """
    asked = f"--since {since}"
    found = named(str(since), is_folder=since.is_dir())
    older, generation = Path(found.out), found.generation
    if not older.is_dir():
        raise UsageError(f"{asked}: there is no folder {older} (none looks at no older check)")
    if (older / CLUSTER_FILE).exists():
        raise UsageError(f"{asked}: {older} is a crawl of several nodes, which is no check")
    if out is not None and older.resolve() == out.resolve():
        raise UsageError(f"{asked}: {older} is OUT itself, whose earlier checks are looked at in any case")
    there = generations(older)
    if generation is not None and generation not in there:
        raise UsageError(f"{asked}: {older} has no generation {generation}")
    for number in reversed(there) if generation is None else [generation]:
        try:
            check = ended_check(older, number, namer_of(older))
        except CrawlerError as error:
            raise UsageError(f"{asked}: {error}") from error
        if check is not None:
            return check
    raise UsageError(f"{asked}: {since} is no check that has come to its end")
