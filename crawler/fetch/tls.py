"""Which certificates are good: the system's, those of ``fetch.ca_file`` beside them, or, on request, any."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from crawler.config import Config
from crawler.model.errors import ConfigError


def tls_context(config: Config) -> ssl.SSLContext:
    """For connections to servers. Reads files. Raises ConfigError where ``fetch.ca_file`` cannot be used."""
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    path = config.fetch.ca_file
    if path is not None:
        try:
            context.load_verify_locations(path)
        except (OSError, ssl.SSLError) as error:
            # An SSLError is an OSError whose words are for programmers.
            why = "it holds no PEM certificate" if isinstance(error, ssl.SSLError) else error.strerror
            origin = config.origin_of("fetch.ca_file")
            raise ConfigError(f"fetch.ca_file = {path} ({origin}) cannot be used: {why}") from None
    if not config.fetch.verify_tls:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


_UNREAD: ContextVar[bool] = ContextVar("_UNREAD", default=False)


@contextmanager
def certificates_unread() -> Iterator[None]:
    """A TLS context that is made in the block reads no certificates, so it trusts nobody.

    For the import of aiohttp, which makes two of them and reads the system's certificates twice: 40 ms, 4 %
    of a crawl of 527 pages. They stay so, and are everybody's: to be used only in a process in which nobody
    but us speaks TLS, by contexts of our own. Other threads are not concerned.
    """
    own = vars(ssl.SSLContext).get("set_default_verify_paths")  # usually none, but that of its base class
    usual = ssl.SSLContext.set_default_verify_paths

    def read(context: ssl.SSLContext) -> None:
        if not _UNREAD.get():
            usual(context)

    token = _UNREAD.set(True)
    ssl.SSLContext.set_default_verify_paths = read  # type: ignore[assignment,method-assign]
    try:
        yield
    finally:
        if own is None:
            del ssl.SSLContext.set_default_verify_paths
        else:
            ssl.SSLContext.set_default_verify_paths = own  # type: ignore[method-assign]
        _UNREAD.reset(token)
