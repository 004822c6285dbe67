"""What of a check cannot work is refused before it crawls: a baseline, an older check, a source map."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from crawler.config import Config


def look_at_earlier(
    config: "Config",
    out: Path | None,
    *,
    write_baseline: bool = False,
    fresh: bool = False,
    file: Path | None = None,
) -> None:
    """Refuse what cannot be looked at, or written; ``fresh``: what ``out`` holds will be moved aside.

    ``file``: the config file. Raises UsageError.
    """
    if not (config.check.baseline or config.check.since or write_baseline or config.check.reports):
        return  # then nothing is to be imported
    from crawler.check.earlier.asked import look_at
    from crawler.check.reports import parse_reports

    reports = parse_reports(config.check.reports, out)
    look_at(config.check, out, reports, write_baseline=write_baseline, fresh=fresh, file=file)


def refuse_useless_map(config: "Config") -> None:
    """Raises UsageError where ``check.source_map`` can map nothing that is checked."""
    if config.check.source_map:
        from crawler.check.source_map_asked import refuse_useless

        refuse_useless(config)
