"""The options that commands share, and the configuration keys that each of them sets.

Values are taken as text and handed on, see :mod:`crawler.cli.given`.
"""

from collections.abc import Callable

import click

from crawler.cli.common import Option
from crawler.cli.option_sets import Count as Count
from crawler.cli.option_sets import F
from crawler.cli.option_sets import all_of as all_of
from crawler.cli.option_sets import unlisted as unlisted
from crawler.model.version import VERSION
from crawler.sinks import SINKS

KEYS = {"urls": "seeds"}
"""The key that a command's parameter sets to its value."""
FLAGS: dict[str, dict[str, object]] = {}
"""What a command's flag stands for: keys and their values."""
NAMES = {"urls": "URL", "out": "-o", "quiet": "-q", "verbose": "-v"}
"""How a parameter is called on the command line, where that is not --its-name."""
_GROUPS = {
    "scope": "What is crawled",
    "sitemaps": "What is crawled",
    "fetch": "How pages are asked for",
    "session": "How pages are asked for",
    "politeness": "How hard a host is asked",
    "robots": "How hard a host is asked",
    "parse": "What becomes of a page",
    "write": "What becomes of a page",
    "out": "Where the crawl lies",
    "again": "Where the crawl lies",
    "recrawl": "What is asked for again",
    "cluster": "Which nodes share it",
    "run": "What is told",
    "check": "What counts",
    "log": "What is told",
    "progress": "What is told",
    "trace": "What is shown of it",
    "dashboard": "What is shown of it",
}
"""The heading under which the help shows an option, by the section of its key."""


def option(
    key: str,
    metavar: str,
    text: str,
    default: str,
    name: str = "",
    short: str = "",
    multiple: bool = False,
    flag: str = "",
    bare: str | None = None,
) -> Callable[[F], F]:
    """An option that sets ``key``, and has its name unless one is given; ``flag`` if that is not its own.

    ``bare`` is the value that it stands for where none follows it.
    """
    name = name or key.rpartition(".")[2]
    KEYS[name] = key
    if flag:
        NAMES[name] = flag
    return click.option(
        *filter(None, [short]),
        flag or f"--{name.replace('_', '-')}",
        name,
        cls=Option,
        group=_GROUPS[key.partition(".")[0]],
        metavar=metavar,
        help=f"{text}{'; may be repeated' * multiple} [{key}; default: {default}].",
        multiple=multiple,
        **({} if bare is None else {"flag_value": bare, "is_flag": False}),
    )


def flag(text: str, name: str, short: str = "", **values: object) -> Callable[[F], F]:
    """A flag that stands for ``values``, by key with ``__`` for the dot."""
    meant = FLAGS[name] = {key.replace("__", "."): value for key, value in values.items()}
    said = ", ".join(
        f"{key} = {str(value).lower() if isinstance(value, bool) else value}" for key, value in meant.items()
    )
    return click.option(
        *filter(None, [short]),
        f"--{name.replace('_', '-')}",
        name,
        cls=Option,
        group=_GROUPS[next(iter(meant)).partition(".")[0]],
        is_flag=True,
        help=f"{text} [{said}].",
    )


out = option("out", "OUT", "Output folder", "a new crawls/HOST-UTCTIME", short="-o")
shared_out = option("out", "OUT", "Output folder", "crawls/NAME", short="-o")
max_pages = option("scope.max_pages", "N", "Pages after which to end", "no limit")
max_depth = option("scope.max_depth", "N", "Links to follow from a seed", "no limit")
include = option("scope.include", "RE", "Only URLs in which this is found", "any", multiple=True)
exclude = option("scope.exclude", "RE", "No URLs in which this is found", "none", multiple=True)
sitemap = option("sitemaps.urls", "URL", "A sitemap to be read", "none", name="sitemap", multiple=True)
concurrency = option("fetch.concurrency", "N", "Requests at once, all hosts together", "32")
timeout = option("fetch.timeout", "SECONDS", "For one whole exchange", "30")
max_body = option("fetch.max_body", "BYTES", "Of a body, after decompression", "10485760")
retries = option("fetch.retries", "N", "Further attempts after the first", "3")
max_redirects = option("fetch.max_redirects", "N", "Redirects in a row", "10")
user_agent = option(
    "fetch.user_agent", "TEXT", "The User-Agent header, and the name in robots.txt", f"crawler/{VERSION}"
)
header = option(
    "session.headers", "'NAME: VALUE'", "A header for the seeds' sites", "none", name="header", multiple=True
)
cookie = option(
    "session.send_cookies",
    "NAME=VALUE",
    "A cookie for the seeds' sites, or with 'ORIGIN NAME=VALUE' for that one; its value is not saved",
    "none",
    name="cookie",
    multiple=True,
)
insecure = flag("Trust any certificate", "insecure", fetch__verify_tls=False)
per_host = option("politeness.per_host", "N", "Requests at once to one host", "2, on loopback no limit")
delay = option("politeness.delay", "SECONDS", "Between requests to one host", "0.5, on loopback 0")
ignore_robots = flag("Do not ask robots.txt", "ignore_robots", robots__obey=False)
workers = option("parse.workers", "N", "Parsers at once", "CPU cores")
executor = option("parse.executor", "process|thread|inline", "Where pages are parsed", "process")
extract = option("parse.extract", "MODULE:FUNCTION", "Called with each parsed page", "none")
sink = option("write.sinks", "|".join(SINKS), "Output format", "jsonl", name="sink", multiple=True)
fail_on = option(
    "run.fail_on",
    "errors|http|extract",
    "End with exit code 1 where there are any; several with commas",
    "never",
)
quiet = flag(
    "Print nothing but errors and the last line", "quiet", "-q", progress__show=False, log__level="ERROR"
)
verbose = flag("Log all there is to know", "verbose", "-v", log__level="DEBUG")
no_progress = flag("Show no progress", "no_progress", progress__show=False)
trace = flag("Write trace.pftrace: what each worker does, for Perfetto", "trace", trace__write=True)
log_level = option("log.level", "DEBUG|INFO|WARNING|ERROR", "What is logged", "INFO", name="log_level")
dashboard = option(
    "dashboard.port", "[PORT]", "Serve a live page of the crawl; without PORT, on a free one", "none",
    name="dashboard", bare="0",
)  # fmt: skip
frontier = option(
    "cluster.frontier",
    "postgresql://USER@HOST/DATABASE",
    "The database that the nodes share; a password goes into PGPASSWORD or ~/.pgpass",
    "none",
)
name = option("cluster.name", "NAME", "The crawl's name: nodes with the same one share it", "none")
node = option("cluster.node", "NODENAME", "This node's name", "the machine's")
again = flag("Crawl once more what OUT holds, as its next generation", "again", again=True)
older_than = option("recrawl.older_than", "AGE", "Only pages fetched longer ago, such as 7d", "all")
failed = flag("Only URLs that ended as errors", "failed", recrawl__failed=True)
fresh = click.option(
    "--fresh",
    cls=Option,
    group=_GROUPS["out"],
    is_flag=True,
    help="Crawl anew: what is in OUT is moved aside, not deleted.",
)
write_baseline = click.option(
    "--write-baseline",
    cls=Option,
    group=_GROUPS["check"],
    is_flag=True,
    help="Write all that was found to the file of --baseline, which it needs: from now on only what is new"
    " counts.",
)
assignments = click.option(
    "--set",
    "assignments",
    cls=Option,
    group="Every other setting",
    metavar="KEY=VALUE",
    help="Any configuration key, such as fetch.backoff=1; may be repeated.",
    multiple=True,
)
config_file = click.option(
    "-c",
    "--config",
    "file",
    cls=Option,
    group="Every other setting",
    metavar="FILE",
    help="Config file (TOML) to read; crawler init writes one.",
)
_OF_THE_CRAWL = (max_depth, include, exclude, sitemap)
_OF_A_GENERATION = (extract, sink)
FIXED = (*_OF_THE_CRAWL, *_OF_A_GENERATION)
"""What a crawl that goes on may not change."""
CHANGEABLE = (
    max_pages, concurrency, timeout, max_body, retries, max_redirects, user_agent, header, cookie, insecure,
    per_host, delay, ignore_robots, workers, executor, fail_on, trace, dashboard, quiet, verbose, no_progress,
    log_level, assignments,
)  # fmt: skip
"""What it may."""
SHARED = (frontier, name, node)
"""Where a crawl lies that several nodes share."""
RECRAWLED = (older_than, failed, *_OF_A_GENERATION, *CHANGEABLE)
"""What a further generation may change."""
SAME = _OF_THE_CRAWL
"""What it may not."""
OF_A_NODE = (*CHANGEABLE, *(each for each in FIXED if each is not max_depth), config_file)
"""What a node takes, or the first one for all."""
EVERY = (out, *CHANGEABLE, *FIXED, config_file)
"""All that set a key."""
