"""The live page of a command's crawl, where ``--dashboard`` or the configuration asks for one."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from typing import TYPE_CHECKING, NamedTuple

import click

if TYPE_CHECKING:
    from crawler.config import Config
    from crawler.engine.handle import Beside


class Watched(NamedTuple):
    """What a crawl is given that may be looked at."""

    beside: "Beside"
    line: str | None = None
    """For the user: where the page is."""
    quiet: bool = False

    def tell(self, say: Callable[[str], None]) -> None:
        """Have the line said; where little is to be said, on standard error, which may be unread."""
        if self.line is None:
            return
        if not self.quiet:
            say(self.line)
            return
        with suppress(BrokenPipeError):
            click.echo(self.line, err=True)


@contextmanager
def live_page(config: "Config", *, quiet: bool) -> Iterator[Watched]:
    """Serve the page while the block lasts; without ``dashboard.port`` there is none.

    ``quiet``: its URL is told only where nobody could know it else, because of its port or its token. Raises
    UsageError where the port cannot be had.
    """
    if config.dashboard.port is None:
        yield Watched(nullcontext)
        return
    from crawler.view.live.live_thread import LivePage

    with LivePage(config.dashboard) as page:
        is_needed = not quiet or config.dashboard.port == 0 or page.made_token is not None
        yield Watched(page.beside, f"live page: {page.url}" if is_needed else None, quiet)
