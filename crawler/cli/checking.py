"""How a crawl that is a check is run and told.

``crawler check`` begins one, ``crawler resume`` goes on with it, ``crawler report`` tells of it again.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click

from crawler.cli.common import begin_afresh, complain, conclude, crawled, say, unread_is_no_error
from crawler.cli.earlier_checks import in_full, look_at_earlier
from crawler.cli.refusals import refuse_nodes
from crawler.model.errors import EXIT_STOPPED, CrawlerError, CrawlFailed, UsageError

if TYPE_CHECKING:
    from crawler.config import Config


def check_to_end(
    config: "Config",
    *,
    fresh: bool = False,
    quiet: bool = False,
    verbose: bool = False,
    write_baseline: bool = False,
) -> int:
    """Crawl, with a folder serve it meanwhile, and write the reports. Returns the exit code.

    ``fresh``: what OUT holds is moved aside. ``write_baseline``: as :func:`write` has it. Raises
    CrawlerError; what is wrong with a report, before anything is started.
    """
    if not config.write.keeps_facts:
        raise UsageError("check.enabled needs the sink facts: crawler check sets both")
    refuse_nodes(config)
    tell = _teller(config)
    look_at_earlier(config, config.out, write_baseline=write_baseline, fresh=fresh)
    config = in_full(config)
    with served(config, tell, fresh=fresh, quiet=quiet) as serving:
        if fresh:
            begin_afresh(serving, tell)
        report = crawled(serving, quiet=quiet, tell=tell)
    failed = report.exit_code == CrawlFailed.exit_code
    code = report.exit_code
    try:
        if report.summary and code != EXIT_STOPPED:  # of what was stopped there is no verdict
            code = write(
                report.out,
                serving,
                quiet=quiet,
                verbose=verbose,
                write_baseline=write_baseline,
                keep=True,
                even_of_nothing=not failed,
            )
    finally:
        conclude(report, quiet=quiet, tell=tell)
    return report.exit_code if failed else code


def write(
    out: Path,
    config: "Config",
    *,
    quiet: bool,
    verbose: bool,
    write_baseline: bool = False,
    keep: bool = False,
    even_of_nothing: bool = True,
    generation: int | None = None,
) -> int:
    """Find what is broken in OUT, and write the reports that ``config`` asks for. Returns the exit code.

    That of a generation, by default the last. ``write_baseline`` and ``keep``: as
    :func:`crawler.check.result.open_result` has them. Where no page was read, what is printed may be left
    out, since the crawl has said why: not so ``even_of_nothing``. Raises CrawlerError.
    """
    from crawler.check.folder import is_of_folder
    from crawler.check.reports import parse_reports, write_reports
    from crawler.check.result import open_result
    from crawler.check.verdict import verdict

    reports = parse_reports(config.check.reports, out)
    look_at_earlier(config, out, write_baseline=write_baseline)
    with open_result(out, generation, config.check, write_baseline=write_baseline, keep=keep) as result:
        if is_of_folder(config):
            from crawler.check.named import NamedResult

            result = NamedResult(result, config)
        if not result.pages and not even_of_nothing:
            reports = [report for report in reports if report.path is not None]
        found = verdict(result, config.check.fail_on)
        with unread_is_no_error():
            write_reports(result, reports, found, quiet=quiet, verbose=verbose)
        if write_baseline and found.exit_code not in (0, 1):
            complain(f"--baseline {config.check.baseline}: it is not written, since this is no verdict")
    return found.exit_code


def _teller(config: "Config") -> Callable[[str], None]:
    """What says a line to people: on standard error where a report for programs goes to standard output.

    Raises UsageError where a report cannot be written, or there is no such format.
    """
    if not config.check.reports:  # then there is nothing to be looked at, nor to be imported
        return say
    from crawler.check.reports import parse_reports

    reports = parse_reports(config.check.reports, config.out)
    to_programs = any(report.path is None and report.format != "text" for report in reports)
    return partial(click.echo, err=True) if to_programs else say


@contextmanager
def served(config: "Config", tell: Callable[[str], None], *, fresh: bool, quiet: bool) -> Iterator["Config"]:
    """With ``check.folder``, serve it while the block lasts; the settings of its crawl, else the same ones.

    Raises UsageError, ChildFailed.
    """
    folder, base = config.check.folder, config.check.base_path
    if folder is None:
        yield config
        return
    from crawler.check.folder import checked, lists_of, start_page
    from crawler.check.folder_process import FolderProcess
    from crawler.plumbing.server_process import HOST

    root, found = checked(folder)
    if found.leading_out and not quiet:
        tell(
            f"symbolic links lead out of {folder} and are followed: {len(found.leading_out):,}, such as"
            f" {found.leading_out[0]}"
        )
    # A crawl that goes on asks for the same URLs, which hold the port.
    earlier = config if config.seeds else None if fresh else _earlier(config)
    if earlier is None:
        lists, port = lists_of(root, base, len(found.pages)), 0
    else:
        paths = [urlsplit(url).path for url in earlier.sitemaps.urls]
        lists, port = [path for path in paths if path.startswith(base)], urlsplit(earlier.seeds[0]).port or 0
    with ExitStack() as stack:
        server = FolderProcess(root, base, lists, port)
        server.begin()
        import crawler.engine.crawl  # noqa: F401 - it takes about as long as the server

        try:
            stack.enter_context(server)
        except UsageError:
            if not port:
                raise
            raise UsageError(
                f"this check has served {folder} on port {port} of {HOST}, which something else uses now: end"
                " that, or begin anew (crawler check --fresh)"
            ) from None
        here = f"http://{HOST}:{server.port}"
        changes: dict[str, object] = {
            "seeds": [f"{here}{base}{start_page(root, found.pages)}"],
            "sitemaps.urls": [*config.sitemaps.urls, *(here + path for path in lists)],
        }
        if earlier is not None:
            changes = {"seeds": earlier.seeds, "sitemaps.urls": earlier.sitemaps.urls}
        if config.out is None:
            from crawler.engine.lifecycle import new_folder

            changes["out"] = new_folder((f"//{root.name or 'folder'}",))
            if not quiet:
                tell(f"output: {changes['out']}")
        yield config.replace(changes, origin="crawler check")


def _earlier(config: "Config") -> "Config | None":
    """The settings of an earlier check of the same folder, if OUT holds one."""
    from crawler.engine.resuming import settings_of

    if config.out is None:
        return None
    try:
        saved = settings_of(config.out)
    except CrawlerError:  # the crawl will say so
        return None
    same = (saved.check.folder, saved.check.base_path) == (config.check.folder, config.check.base_path)
    return saved if same and saved.seeds else None
