"""From a crawl's folder to all that a check found there: the one way in for commands and reports."""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path

import msgspec

from crawler.check.causes import Cause, causes, find, severities
from crawler.check.coverage import why_so_little
from crawler.check.earlier.baseline import Baseline
from crawler.check.earlier.crawls import earlier_crawls
from crawler.check.earlier.held_back import held_back, too_few
from crawler.check.earlier.standing import Stand
from crawler.check.finding import Finding, HeldBack, Ignored, Known, Place, Result, Unverified
from crawler.check.grouping import grouped, ignore
from crawler.check.mending.mend import mended
from crawler.check.site import Facts, no_room, open_facts
from crawler.check.source_map_asked import sources_of
from crawler.check.unverified import find_unverified
from crawler.config.check_section import CheckConfig
from crawler.engine.resuming import settings_of
from crawler.frontier.view import FrontierView, generations, open_view
from crawler.model.errors import CrawlFailed, OutputError
from crawler.model.findings import SEVERITIES, Severity
from crawler.model.outcomes import Purpose
from crawler.model.sources import Source
from crawler.sinks.base import why_not_written
from crawler.sinks.facts import FactsSink
from crawler.watch.summary import SUMMARY_FILE, kept_summary

ASKED_LATER = ("baseline", "flaky", "since", "source_map")
"""What may be asked of a check whose crawl is over."""


class CheckResult:
    """Implements :class:`crawler.check.finding.Result`, from facts that are open."""

    def __init__(
        self, out: Path, facts: Facts, view: FrontierView, *, write_baseline: bool = False, keep: bool = False
    ) -> None:
        """Runs every rule that is on; the two switches as of :func:`open_result`.

        Raises UsageError, sqlite3.Error.
        """
        meta, config = view.meta(), facts.site.config
        self._db = facts.site.db
        self.out = out
        self.name = str(out) if view.generation == generations(out)[-1] else f"{out}@{view.generation}"
        self.seeds: Sequence[str] = config.seeds
        self.state = meta.get("state", "incomplete")
        self.started_at = meta.get("started_at", "")
        self.counts: Mapping[str, Mapping[str, int]] = _counts(self._db)
        read = self.counts.get("page", {})
        self.pages = read.get("ok", 0) + read.get("truncated", 0)
        self.seconds = _seconds(out, view.generation)
        self.references = facts.references
        self.unwritten: str | None = None
        """Why the baseline was not written, where it was to be."""
        self._doubt: str | None = None
        least = config.check.min_pages or 0
        self.pages_missing = least - self.pages if self.pages < least else None
        find(facts)
        has_ended = self.state == "finished" and self.pages > 0 and self.pages_missing is None
        stand = Stand(facts, out, view, keep=keep)
        if keep and has_ended:
            stand.keep()
        self.ignored: Sequence[Ignored]
        self.known: Known | None
        self.ignored, self.known = self._left_out(
            facts, view, stand, write_baseline=write_baseline, has_ended=has_ended
        )
        found = grouped(self._db, severities(config), self.pages)
        self.held_back: Sequence[HeldBack] = list(held_back(found, stand, config.check.flaky))
        held = {(one.rule, one.target) for one in self.held_back}
        counting = (one for one in found if (one.rule, one.target) not in held)
        findings = [
            one._replace(number=number, since=stand.since(Cause(one.rule, one.target)))
            for number, one in enumerate(counting, 1)
        ]
        self.findings: Sequence[Finding] = mended(
            facts, findings, lambda: earlier_crawls(out, view.generation, config.check.since)
        )
        self.unverified: Sequence[Unverified] = find_unverified(self._db, facts.answers, view, config)
        why = why_so_little(self._db, facts.answers, config, self.pages, facts.references)
        self.coverage = why or self._doubt
        self.sources = sources_of(config, self._pages() if config.check.source_map else ())

    def _left_out(
        self, facts: Facts, view: FrontierView, stand: Stand, *, write_baseline: bool, has_ended: bool
    ) -> tuple[list[Ignored], Known | None]:
        """Take away what is ignored, then what the baseline knows; and with that, write it anew."""
        check = facts.site.config.check
        if check.baseline is None:
            return ignore(self._db, facts.site.config), None
        baseline = Baseline(check.baseline, facts, may_be_missing=write_baseline)
        ignored = ignore(self._db, facts.site.config)
        baseline.leave_out(view)
        self._doubt = baseline.doubt
        written = None
        if write_baseline and has_ended:
            waived = (one for one in causes(facts) if too_few(stand, one, check.flaky) is not None)
            try:
                written = baseline.write(waived)
            except OSError as error:
                self.unwritten = (
                    f"--baseline {check.baseline}: it cannot be written: {why_not_written(error)}"
                )
        return ignored, baseline.known(written)

    def places(self, finding: Finding, most: int | None = None) -> Iterator[Place]:
        """Where it shows, the first ``most`` or all, in the order of the pages' URLs; read from disk."""
        rows = self._db.execute(
            "SELECT a.url, nullif(f.line, 0), nullif(f.col, 0), f.source, f.text"
            " FROM found f CROSS JOIN answers a ON a.id = f.page WHERE f.rule = ? AND f.target = ?"
            " ORDER BY a.url, f.line, f.col, f.rowid LIMIT ?",
            (finding.rule, finding.target, -1 if most is None else most),
        )
        for page, line, column, source, text in rows:
            yield Place(page, line, column, "" if source is None else Source(source).label, text)

    def pages_at_fault(self) -> Iterator[tuple[str, Mapping[Severity, int]]]:
        """Each page that has a place, with how many findings show there; read from disk."""
        of_rule = {finding.rule: finding.severity for finding in self.findings}
        counting = {(finding.rule, finding.target) for finding in self.findings}
        self._db.create_function("is_counting", 2, lambda *one: one in counting, deterministic=True)
        rows = self._db.execute(
            "SELECT a.url, f.rule, count(DISTINCT f.target) FROM found f JOIN answers a ON a.id = f.page"
            " WHERE is_counting(f.rule, f.target) GROUP BY f.page, f.rule ORDER BY f.page"
        )
        for page, some in groupby(rows, lambda row: row[0]):
            counts = dict.fromkeys(SEVERITIES, 0)
            for _, rule, count in some:
                counts[of_rule[rule]] += count
            yield page, counts

    def _pages(self) -> Iterator[str]:
        """URLs of all that were read."""
        rows = self._db.execute(
            "SELECT url FROM current JOIN answers USING (id)"
            " WHERE purpose = ? AND outcome IN ('ok', 'truncated')",
            (Purpose.PAGE,),
        )
        return (url for (url,) in rows)

    def totals(self) -> Mapping[Severity, int]:
        """Findings by severity; each is there."""
        return {level: sum(one.severity == level for one in self.findings) for level in SEVERITIES}


@contextmanager
def open_result(
    out: Path,
    generation: int | None = None,
    asked: CheckConfig | None = None,
    *,
    write_baseline: bool = False,
    keep: bool = False,
) -> Iterator[Result]:
    """All of the check in OUT, whose crawl is over or goes on; its places can be read while the block lasts.

    It is that of a generation, by default the last. The settings are those that the crawl was made with, but
    for ``asked``: the baseline and what else may be asked for later. ``write_baseline``: all that was found
    is written to its file, if the check has ended. ``keep``: what it has found is left in OUT for the next
    check, which does without if need be.
    Raises OutputError where OUT holds no check, StoreFailed where its ``crawl.db`` is damaged, ConfigError
    where its settings are of another version, UsageError for a baseline or an older check that is none; and
    when the block has ended, CrawlFailed where the baseline could not be written.
    """
    config = settings_of(out, generation)
    if asked is not None:
        changed = {f"check.{key}": getattr(asked, key) for key in ASKED_LATER}
        config = config.replace(changed, origin="crawler report")
    with open_view(out, generation) as view, view.one_moment():
        try:
            with open_facts(out, view, config) as facts:
                result = CheckResult(out, facts, view, write_baseline=write_baseline, keep=keep)
                yield result
        except (sqlite3.Error, msgspec.DecodeError) as error:
            if getattr(error, "sqlite_errorname", None) == "SQLITE_FULL":  # nothing else is written
                raise OutputError(no_room(str(error))) from error
            path = out / FactsSink.file_of(view.generation)
            raise OutputError(f"{path} cannot be read: {error}") from error
    if result.unwritten is not None:
        raise CrawlFailed(result.unwritten)


def _seconds(out: Path, generation: int) -> float:
    """Of the crawl, as its summary has them; 0 before there is one."""
    kept = kept_summary(out, generation)
    try:
        path = kept if kept.exists() else out / SUMMARY_FILE
        return float(msgspec.json.decode(path.read_bytes())["seconds"])
    except (OSError, msgspec.DecodeError, KeyError, TypeError, ValueError):
        return 0.0


def _counts(db: sqlite3.Connection) -> dict[str, dict[str, int]]:
    counts: dict[str, dict[str, int]] = {}
    for purpose, outcome, count in db.execute(
        "SELECT purpose, outcome, count(*) FROM current JOIN answers USING (id) GROUP BY 1, 2"
    ):
        counts.setdefault(Purpose(purpose).name.lower(), {})[outcome] = count
    return counts
