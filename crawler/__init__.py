"""crawler: an asyncio-first web crawler. The public names; nothing else.

``Crawler`` and ``Config`` are imported when they are first asked for, because every child process
imports this package and needs neither.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from crawler.config import Config
    from crawler.engine.library import Crawler

__all__ = ["Config", "Crawler"]


def __getattr__(name: str) -> Any:
    if name == "Config":
        from crawler.config import Config

        return Config
    if name == "Crawler":
        from crawler.engine.library import Crawler

        return Crawler
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
