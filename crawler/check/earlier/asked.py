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
    file: Path | None = None,
) -> None:
    """Refuse what cannot be read or, with ``write_baseline``, be written; what is there stays as it is.

    ``out``: the output folder of the crawl, which need not be there yet; ``fresh``: what it holds will be
    moved aside; ``file``: the config file. Raises UsageError, a sentence.
    """
    _refuse_taken(check, reports, file)
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
    if write_baseline and (why := why_not(path, out)):
        raise UsageError(f"--baseline {path}: it cannot be written: {why}")
    if aside in path.resolve().parents and not write_baseline:
        raise UsageError(f"--baseline {path}: --fresh moves {out} aside with it: keep it somewhere else")
    baseline_file.read(path, may_be_missing=write_baseline)


def _refuse_taken(check: CheckConfig, reports: list[Report], file: Path | None) -> None:
    """Raises UsageError where a report, or the baseline, would take the place of what else is needed."""
    named = {"the config file": file, "check.cache_file": check.cache_file, "the baseline": check.baseline}
    needed: dict[str, tuple[str, Path]] = {}
    for what, path in named.items():
        if path is not None:
            before, _ = needed.setdefault(same_place(path), (what, path))
            if before != what:
                raise UsageError(f"{path} is {before} and {what} at once: give each a file of its own")
    site = "" if check.folder is None else same_place(check.folder)
    for report in reports:
        place = same_place(report.path)
        if place in needed:
            raise UsageError(f"--report {report}: that file is {needed[place][0]}; name another")
        if site and place and Path(site) in Path(place).parents and Path(place).exists():
            raise UsageError(
                f"--report {report}: that file is part of the folder that is checked; name another"
            )
