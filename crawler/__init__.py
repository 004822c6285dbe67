"""crawler: an asyncio-first web crawler. The public names; nothing else.

Each is imported when it is first asked for, because every child process imports this package and
needs none of them.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from crawler.comparison.comparing import diff
    from crawler.config import Config
    from crawler.engine.library import Crawler
    from crawler.model.errors import ConfigError, CrawlFailed, UsageError
    from crawler.model.record import Record

__all__ = ["Config", "ConfigError", "CrawlFailed", "Crawler", "Record", "UsageError", "diff"]

_WHERE = {
    "Config": "crawler.config",
    "ConfigError": "crawler.model.errors",
    "CrawlFailed": "crawler.model.errors",
    "Crawler": "crawler.engine.library",
    "Record": "crawler.model.record",
    "UsageError": "crawler.model.errors",
    "diff": "crawler.comparison.comparing",
}


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_WHERE[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
