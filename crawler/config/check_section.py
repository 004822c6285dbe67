"""The section of the configuration that says how a site is checked."""

from typing import Annotated

from crawler.config.check_values import BasePath, Entries, IgnoreTable, ReportName, SourcePrefix, Table
from crawler.config.values import FilePath, Folder
from crawler.model.findings import RULE_IDS, FailOn, Level
from crawler.model.settings import GIB, MIB, About, Section


class CheckConfig(Section, frozen=True, kw_only=True):
    """What a check asks for beside the pages, and when something counts as a fault; see check.md."""

    enabled: Annotated[
        bool, About("Whether the crawl ends in the reports of a check; crawler check sets it.")
    ] = False
    folder: Annotated[
        Folder | None, About("A folder that is served and checked, in the place of a site.")
    ] = None
    base_path: Annotated[BasePath, About("The path at which that folder is served.")] = "/"
    reports: Annotated[
        tuple[ReportName, ...],
        About("Reports to be written when the crawl is over, beside the one on the terminal."),
    ] = ()
    fail_on: Annotated[FailOn, About("The mildest finding that makes the check end with exit code 1.")] = (
        "error"
    )
    external: Annotated[
        bool, About("Whether links to other origins are asked for, once each, for their status.")
    ] = False
    cache: Annotated[
        float,
        About(
            "Hours for which a good answer of another origin stands; 0: it is always asked for.",
            ge=0,
            le=8_760,
        ),
    ] = 24.0
    cache_file: Annotated[
        FilePath | None,
        About("Where these are kept; by default crawler/external.json in $XDG_CACHE_HOME or ~/.cache."),
    ] = None
    slow: Annotated[float, About("Seconds to the last byte above which a page is slow.", gt=0, le=3600)] = 3.0
    large: Annotated[int, About("Bytes above which a page is large.", ge=1024, le=GIB)] = 2 * MIB
    certificate_days: Annotated[
        int, About("Days that a certificate must still be good for.", ge=0, le=3650)
    ] = 14
    min_pages: Annotated[int | None, About("Pages that must be read; fewer are a failure.", ge=1)] = None
    baseline: Annotated[
        FilePath | None, About("A file of findings that are known: they are counted, and do not count.")
    ] = None
    flaky: Annotated[
        int,
        About("Checks of OUT, in a row, that must see a fault of another site.", ge=1, le=1000),
    ] = 1
    since: Annotated[
        Folder | None, About("An older check of the site, OUT or OUT@2, to say since when a finding stands.")
    ] = None
    source_map: Annotated[
        tuple[SourcePrefix, ...],
        About("Where in the repository the pages below a URL are made: URLPREFIX=DIR."),
    ] = ()
    ignore: Annotated[tuple[IgnoreTable, ...], About("Findings that are not told, and why.")] = ()
    rules: Annotated[
        Table,
        Entries(
            RULE_IDS,
            Annotated[
                Level | None, About("How bad it is what the rule finds; none is as the rule itself has it.")
            ],
        ),
    ] = Table()
