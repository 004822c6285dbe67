"""A folder that is checked is served meanwhile: what its crawl asks for, and at which port."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from urllib.parse import urlsplit

from crawler.config import Config
from crawler.model.errors import CrawlerError, UsageError


@contextmanager
def served(config: Config, tell: Callable[[str], None], *, fresh: bool, quiet: bool) -> Iterator[Config]:
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


def _earlier(config: Config) -> Config | None:
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
