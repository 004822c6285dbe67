"""Which backend speaks HTTP: the one that ``fetch.backend`` names."""

from importlib.util import find_spec

from crawler.config import Config
from crawler.fetch.backend import Backend
from crawler.model.errors import ConfigError
from crawler.trace.counters import Counters


def require_backend(config: Config) -> None:
    """Raises ConfigError where the packages of ``fetch.backend`` are not installed."""
    if config.fetch.backend == "httpx" and (find_spec("httpx") is None or find_spec("h2") is None):
        raise ConfigError(
            f'fetch.backend = "httpx" ({config.origin_of("fetch.backend")}) needs packages that are not '
            "installed: pip install 'crawler[http2]'"
        )


def make_backend(config: Config, trusted_origins: frozenset[str], counters: Counters) -> Backend:
    """The backend, for the event loop that runs. Raises ConfigError.

    ``trusted_origins`` may be wherever their names lead; see :mod:`crawler.fetch.address_guard`.
    """
    require_backend(config)
    # Each library takes a tenth of a second to import, and only one of them is used.
    if config.fetch.backend == "httpx":
        from crawler.fetch.httpx_backend import HttpxBackend

        return HttpxBackend(config, trusted_origins, counters)
    from crawler.fetch.aiohttp_backend import AiohttpBackend

    return AiohttpBackend(config, trusted_origins, counters)
