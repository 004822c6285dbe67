"""The options that only checks and their reports have."""

import click

from crawler.check.reports import FORMATS
from crawler.cli import options
from crawler.cli.common import Option
from crawler.cli.options import flag, option
from crawler.sinks import SINKS

*_FIRST, _LAST = FORMATS
report = option(
    "check.reports",
    "FORMAT=FILE",
    f"Write a report to a file: {', '.join(_FIRST)} or {_LAST}",
    "none but text on the terminal",
    name="report",
    multiple=True,
)
fail_on_finding = option(
    "check.fail_on",
    "error|warning|note|never",
    "End with exit code 1 if there is a finding of this severity or a worse one",
    "error",
    name="fail_on_finding",
    flag="--fail-on",
)
external = flag("Check links to other sites too", "external", check__external=True)
min_pages = option("check.min_pages", "N", "End with exit code 1 if fewer pages were read", "no limit")
base_path = option("check.base_path", "PATH", "Path at which FOLDER will be served, such as /docs/", "/")
baseline = option("check.baseline", "FILE", "Findings that are known, and do not count", "none")
write_baseline = options.write_baseline
flaky = option(
    "check.flaky", "N", "Count a fault of another site when N checks of OUT in a row have seen it", "1"
)
since = option("check.since", "OLD_OUT", "An older check, to say since when a finding stands", "none")
source_map = option(
    "check.source_map",
    "URLPREFIX=DIR",
    "Name files of the repository in the place of URLs, in sarif and github",
    "none",
    multiple=True,
)
beside_facts = option(
    "write.sinks",
    "|".join(name for name, kind in SINKS.items() if kind.holds_records),
    "Records beside the facts",
    "none",
    name="sink",
    multiple=True,
)
quiet_report = flag(
    "Print only what makes the check fail, and the verdict",
    "quiet",
    "-q",
    progress__show=False,
    log__level="ERROR",
)
every_finding = click.option(
    "-v",
    "--verbose",
    cls=Option,
    group="What is told",
    is_flag=True,
    help="Print every finding one by one, warnings and notes too.",
)
CHECKED = (
    options.out, report, fail_on_finding, baseline, write_baseline, flaky, since, source_map, min_pages,
    external, base_path, beside_facts, options.again, options.fresh, options.max_pages, options.max_depth,
    options.include, options.exclude, options.sitemap, options.concurrency, options.timeout,
    options.max_body, options.retries, options.max_redirects, options.user_agent, options.header,
    options.cookie, options.insecure, options.per_host, options.delay, options.ignore_robots,
    options.workers, options.executor, quiet_report, every_finding, options.trace, options.dashboard,
    options.no_progress, options.log_level, options.assignments, options.config_file,
)  # fmt: skip
"""Those of ``crawler check``."""
REPORTED = (
    report, fail_on_finding, baseline, write_baseline, flaky, since, source_map, quiet_report, every_finding,
)  # fmt: skip
"""Those of ``crawler report``."""
