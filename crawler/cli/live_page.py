"""The live page of a command's crawl, where ``--dashboard`` or the configuration asks for one."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from crawler.config import Config
    from crawler.engine.handle import Beside


class Watched(NamedTuple):
    """What a crawl is given that may be looked at."""

    beside: "Beside"
    told: tuple[str, ...] = ()
    """Lines for the user."""


@contextmanager
def live_page(config: "Config", *, quiet: bool) -> Iterator[Watched]:
    """Serve the page while the block lasts; without ``dashboard.port`` there is none.

    ``quiet``: nothing is told but a token that nobody could know else. Raises UsageError where the port
    cannot be had.
    """
    if config.dashboard.port is None:
        yield Watched(nullcontext)
        return
    from crawler.view.live.live_thread import LivePage

    with LivePage(config.dashboard) as page:
        needed = not quiet or page.made_token is not None
        yield Watched(page.beside, (f"live page: {page.url}",) if needed else ())
