"""Which certificates are good: the system's, those of ``fetch.ca_file`` beside them, or, on request, any."""

import ssl
from collections.abc import Mapping
from typing import Any

from crawler.config import Config
from crawler.model.errors import ConfigError


def ends_of(certificate: Mapping[str, Any] | None) -> float | None:
    """When a certificate ends, Unix time in seconds; of one that was not verified Python says nothing."""
    ends = certificate.get("notAfter") if certificate else None
    return None if ends is None else float(ssl.cert_time_to_seconds(ends))


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
