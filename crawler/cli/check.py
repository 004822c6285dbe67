"""``crawler check``: what is broken on a site, or in a folder that will be one."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from crawler.cli import check_options, options
from crawler.cli.common import Command, examples
from crawler.cli.given import given
from crawler.model.errors import UsageError

if TYPE_CHECKING:
    from crawler.config import Config

EXAMPLES = examples(
    ("crawler check https://example.com/", "what is broken on a site"),
    ("crawler check public/", "in a folder, before it is published"),
    ("crawler check public/ --base-path /docs/", "as it will lie on its host"),
    ("crawler check URL --external", "links to other sites too"),
    ("crawler check URL --report junit=report.xml", "for a CI server"),
    ("crawler check URL --fail-on warning", "more strictly"),
    ("crawler check URL --set check.rules.missing-alt=off", "without one of the rules"),
)


@click.command(cls=Command, epilog=EXAMPLES)
@click.argument(
    "targets",
    metavar="[URL|FOLDER]...",
    nargs=-1,
    help="The site's start page, or the folder it was built into.",
)
@options.all_of(*check_options.CHECKED, *(options.unlisted(each) for each in options.SHARED))
def check(
    targets: Sequence[str],
    file: str | None,
    fresh: bool,
    verbose: bool,
    write_baseline: bool,
    **parameters: Any,
) -> int:
    """Find what is broken on a site or in a folder.

    The site is crawled, as crawler run does it, and asked also for what its pages load: images, style
    sheets, scripts. What is looked for are broken links and fragments, redirects, pages without a title,
    and more. A FOLDER is served on a free loopback port meanwhile, as static hosts do it; all HTML
    files in it are read, and reports name files in the place of URLs.

    What was found is printed, the worst last, where a terminal and a CI's log are read first; --report
    writes it to files. If OUT holds an unfinished check of the same, it goes on with it; crawler report OUT
    prints a check again, without a request.

    Exit codes: 0 nothing as bad as --fail-on; 1 something is, or fewer pages than --min-pages were read;
    2 bad usage; 3 no page was ok, or the crawl ended incomplete; 130 stopped.
    """
    from crawler.plumbing.fork_server_process import prestart

    prestart(notes_facts=True)
    config = settings(targets, file, parameters)
    from crawler.cli.check_refusals import refuse_useless_map
    from crawler.cli.checking import check_to_end

    refuse_useless_map(config)
    return check_to_end(
        config,
        fresh=fresh,
        quiet=parameters["quiet"],
        verbose=verbose,
        write_baseline=write_baseline,
        file=Path(file) if file else None,
    )


def settings(targets: Sequence[str], file: str | None, parameters: Mapping[str, Any]) -> "Config":
    """The settings of a check of ``targets``. Raises ConfigError, UsageError."""
    from crawler.check.asking import as_a_check, folder_among
    from crawler.config import Config

    folder = folder_among(targets)
    said = given({"urls": () if folder else targets, **parameters})
    said.add("check.enabled", True, "check")
    if targets:
        said.add("check.folder", folder, "FOLDER")
    config = Config.load(Path(file) if file is not None else None, said.values, origins=said.origins)
    if config.check.folder is None and parameters.get("base_path"):
        raise UsageError("--base-path is for a folder: the URLs of a site say where it lies")
    return as_a_check(config, "crawler check")
