"""Which backend speaks HTTP: the one that ``fetch.backend`` names."""

import logging
from contextlib import nullcontext
from importlib.util import find_spec

from crawler.config import Config
from crawler.fetch.backend import Backend
from crawler.fetch.proxy import proxy_of
from crawler.fetch.tls import certificates_unread, tls_context
from crawler.model.errors import ConfigError
from crawler.trace.counters import Counters

log = logging.getLogger("crawler.fetch")


def require_backend(config: Config) -> None:
    """Raises ConfigError where the backend, its proxy or ``fetch.ca_file`` cannot be used."""
    proxy_of(config)
    if config.fetch.ca_file is not None:
        tls_context(config)
    if config.fetch.backend == "httpx" and (find_spec("httpx") is None or find_spec("h2") is None):
        raise ConfigError(
            f'fetch.backend = "httpx" ({config.origin_of("fetch.backend")}) needs packages that are not '
            "installed: pip install 'crawler[http2]'"
        )


def import_backend(config: Config, *, alone: bool = False) -> None:
    """Import the backend's library: a tenth of a second, so not for the event loop. Only one is imported.

    ``alone``: nobody else's code runs in this process, see :func:`certificates_unread`.
    """
    with certificates_unread() if alone else nullcontext():
        if config.fetch.backend == "httpx":
            import crawler.fetch.httpx_backend
        else:
            import crawler.fetch.aiohttp_backend  # noqa: F401 - for make_backend()


def make_backend(config: Config, trusted_origins: frozenset[str], counters: Counters) -> Backend:
    """The backend, for the event loop that runs. Raises ConfigError.

    ``trusted_origins`` may be wherever their names lead; see :mod:`crawler.fetch.address_guard`.
    """
    require_backend(config)
    if not config.fetch.verify_tls:
        log.warning("certificates are not verified (fetch.verify_tls = false): anybody may be the server")
    if config.fetch.backend == "httpx":
        from crawler.fetch.httpx_backend import HttpxBackend

        return HttpxBackend(config, trusted_origins, counters)
    from crawler.fetch.aiohttp_backend import AiohttpBackend

    return AiohttpBackend(config, trusted_origins, counters)
