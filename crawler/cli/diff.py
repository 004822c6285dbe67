"""``crawler diff``: what is different between two crawls."""

import click

from crawler.cli.common import Command, examples, unread_is_no_error
from crawler.cli.named import crawl_to_read

EXAMPLES = examples(
    ("crawler diff out", "the last two generations of one folder"),
    ("crawler diff out@1 out@3", "two of its generations"),
    ("crawler diff before after --report html=diff.html", "as a page for a browser"),
    ("crawler diff production staging --by-path", "two hosts of one site"),
)


@click.command(cls=Command, epilog=EXAMPLES)
@click.argument("old", metavar="OLD", help="The output folder of a crawl, or OUT@2 for a generation of it.")
@click.argument(
    "new", metavar="[NEW]", required=False, help="The other; without it, OLD's last two are taken."
)
@click.option("--by-path", is_flag=True, help="Compare by path and query, whatever the origin.")
@click.option("--exact", is_flag=True, help="Tell every change, such as a date in a footer.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON: the same as --report json.")
@click.option(
    "--report",
    "asked",
    metavar="FORMAT=FILE",
    multiple=True,
    help="Write a report to a file: text, json, markdown or html; may be repeated.",
)
@click.option("-v", "--verbose", is_flag=True, help="Show every difference, whole.")
def diff(
    old: str,
    new: str | None,
    by_path: bool,
    exact: bool,
    as_json: bool,
    asked: tuple[str, ...],
    verbose: bool,
) -> int:
    """Tell what is different between two crawls.

    Pages that were added, are gone, have moved or changed, and of these the status, title, canonical, links,
    redirect and visible text (with parse.keep_text). It works on crawls that are stopped or running, too,
    and says what they have not got to.

    Exit codes: 0 nothing is different; 1 something is; 2 bad usage; 3 a crawl is damaged, or a report cannot
    be written; 130 stopped.
    """
    from crawler.comparison.comparing import Comparison
    from crawler.comparison.reports import FORMATS, write_reports
    from crawler.model.errors import CrawlFailed
    from crawler.plumbing.stop_signal import interrupted_by_all
    from crawler.watch.report_asked import reports_of

    if as_json:
        asked = (*asked, "json")
    for name in filter(None, dict.fromkeys((old, new))):
        crawl_to_read(name)
    with interrupted_by_all(), Comparison(old, new, by_path=by_path, exact=exact) as comparison:
        reports = reports_of(asked, FORMATS, comparison.folders)
        with unread_is_no_error() as printing:
            write_reports(comparison, reports, verbose=verbose)
    return CrawlFailed.exit_code if printing.failed else int(comparison.totals.differences > 0)
