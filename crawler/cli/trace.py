"""``crawler trace``: what a crawl that was run with --trace did all the time."""

from pathlib import Path

import click

from crawler.cli.common import Command, examples, unread_is_no_error
from crawler.cli.named import crawl_named
from crawler.cli.options import Count
from crawler.model.errors import UsageError

EXAMPLES = examples(
    ("crawler trace out", "where its URLs spent their time, and the slowest"),
    ("crawler trace out --by parse -n 30", "those that were parsed longest"),
    ("crawler trace out --url https://example.com/", "one URL's life, step by step"),
    ("crawler trace out --why", "what limits it, and what would change that"),
    ("crawler trace out/trace-run1.pftrace", "an earlier run of the same crawl"),
)

MOST = 10
"""URLs that the table of the slowest has, unless others are asked for."""


@click.command(cls=Command, epilog=EXAMPLES)
@click.argument(
    "out",
    metavar="OUT",
    help="The output folder of a crawl with a trace; OUT@2 is its generation 2; or one trace file.",
)
@click.option("--url", metavar="URL", help="Show this URL's life: each step, who took it, waited, worked.")
@click.option("--why", is_flag=True, help="Tell what limits the crawl, and what would change it.")
@click.option("--by", metavar="STAGE", help="Order the slowest by a stage [default: total].")
@click.option("-n", "most", metavar="N", type=Count(min=0), help="Show so many [default: 10].")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object; times in seconds.")
def trace(out: str, url: str | None, why: bool, by: str | None, most: int | None, as_json: bool) -> int:
    """Tell what a crawl did, from the trace that --trace writes.

    Without --url: the stages of the street, how long URLs were at each, and the slowest URLs. A moment of
    which nothing is told counts for what the URL waited for next.

    --why names what limits the crawl (loop, parsers, network, politeness, disk), with the figures that say
    so, and replays its times with other settings; see docs/why.md.

    The same file opens in Perfetto, see docs/trace.md. A trace that a kill has cut off is read up to there.
    """
    if why and url is not None:
        raise UsageError("--why is about the whole crawl and --url about one URL: give one of them")
    for option in [name for name, value in (("--by", by), ("-n", most)) if value is not None]:
        if why or url is not None:
            other = "--why" if why else "--url"
            raise UsageError(f"{option} is for the table of the slowest, which {other} does not show")
    from crawler.view.trace.slowest import TOTAL
    from crawler.view.trace.telling import tell_life, tell_overview
    from crawler.view.trace.traces import trace_in

    name, generation = crawl_named(out)
    found = trace_in(Path(name), generation)
    with unread_is_no_error():
        if why:
            from crawler.view.why.telling import tell_why

            tell_why(found, as_json=as_json)
        elif url is not None:
            tell_life(found, url, as_json=as_json)
        else:
            tell_overview(found, MOST if most is None else most, by or TOTAL, as_json=as_json)
    return 0
