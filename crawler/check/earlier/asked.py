"""What of a baseline or an older check cannot work is said before the crawl."""

from pathlib import Path

from crawler.check.earlier import baseline_file
from crawler.check.earlier.crawls import older_check
from crawler.config.check_section import CheckConfig
from crawler.model.errors import UsageError
from crawler.model.generations import named
from crawler.watch.report_asked import Report
from crawler.watch.report_file import same_place, why_not


def look_at(
    check: CheckConfig,
    out: Path | None,
    reports: list[Report],
    *,
    write_baseline: bool = False,
    fresh: bool = False,
) -> None:
    """Refuse what cannot be read or, with ``write_baseline``, be written; what is there stays as it is.

    ``out``: the output folder of the crawl, which need not be there yet; ``fresh``: what it holds will be
    moved aside. Raises UsageError, a sentence.
    """
    path, aside = check.baseline, out.resolve() if fresh and out is not None else None
    if check.since is not None:
        if aside == Path(named(str(check.since), is_folder=check.since.is_dir()).out).resolve():
            raise UsageError(
                f"--since {check.since}: --fresh moves {out} aside: give the new check another OUT"
            )
        older_check(check.since, out)
    if path is None:
        if write_baseline:
            raise UsageError("--write-baseline needs --baseline FILE, which says where to")
        return
    for report in reports:
        if report.path is not None and same_place(report.path) == same_place(path):
            raise UsageError(f"--baseline {path} and --report {report}: two reports go to the file {path}")
    if write_baseline and (why := why_not(path, out)):
        raise UsageError(f"--baseline {path}: it cannot be written: {why}")
    if aside in path.resolve().parents and not write_baseline:
        raise UsageError(f"--baseline {path}: --fresh moves {out} aside with it: keep it somewhere else")
    baseline_file.read(path, may_be_missing=write_baseline)
