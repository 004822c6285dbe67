"""What a command line names for a check to be held against: a baseline, an older check."""

from pathlib import Path
from typing import TYPE_CHECKING

from crawler.model.errors import UsageError

if TYPE_CHECKING:
    from crawler.config import Config


def look_at_earlier(
    config: "Config", out: Path | None, *, write_baseline: bool = False, fresh: bool = False
) -> None:
    """Refuse what cannot be looked at, or written; ``fresh``: what ``out`` holds will be moved aside.

    Raises UsageError.
    """
    baseline, since = config.check.baseline, config.check.since
    if not (baseline or since or write_baseline):
        return  # then nothing is to be imported
    from crawler.check.earlier.asked import look_at
    from crawler.check.reports import parse_reports

    look_at(config.check, out, parse_reports(config.check.reports, out), write_baseline=write_baseline)
    if fresh and baseline and out and not write_baseline and out.resolve() in baseline.resolve().parents:
        raise UsageError(f"--baseline {baseline}: --fresh moves {out} aside with it: keep it somewhere else")


def in_full(config: "Config") -> "Config":
    """The same settings, with paths that hold wherever a report of the check is asked for."""
    keys = {"check.baseline": config.check.baseline, "check.since": config.check.since}
    for key, path in keys.items():
        if path is not None and not path.is_absolute():
            config = config.replace({key: path.absolute()}, config.origin_of(key))
    return config
