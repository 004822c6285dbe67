"""More sections of the configuration: how a crawl is looked at while it runs, and what it keeps of itself."""

import re
from typing import Annotated

from crawler.config.values import After, Allowed
from crawler.model.settings import GIB, MIB, About, Section


def _token(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9._~-]{16,200}", text):
        raise ValueError("it does not fit into a URL and a cookie as it is, or is easily guessed")
    return text


Token = Annotated[str, After(_token), Allowed("16 to 200 letters, digits, dots, _, ~ and -")]


class TraceConfig(Section, frozen=True, kw_only=True):
    """Whether the crawl writes down what each of its workers does, for Perfetto and ``crawler trace``."""

    write: Annotated[bool, About("Whether trace.pftrace is written.")] = False
    max_bytes: Annotated[
        int, About("Bytes of one trace file; then the next one begins.", ge=MIB, le=2 * GIB)
    ] = 240 * MIB


class DashboardConfig(Section, frozen=True, kw_only=True):
    """The live page and the metrics, served while the crawl runs."""

    port: Annotated[
        int | None, About("Port of the live page; 0 is any free one, none is no page.", ge=0, le=65_535)
    ] = None
    host: Annotated[
        str,
        Allowed("an address of this machine, or its name"),
        About("Address that it is served on; one beyond loopback needs a token."),
    ] = "127.0.0.1"
    token: Annotated[
        Token | None,
        About("What viewers must know; beyond loopback one is made where none is given. It is never saved."),
    ] = None

    def __repr__(self) -> str:
        """Without the token."""
        token = None if self.token is None else "***"
        return f"DashboardConfig(port={self.port!r}, host={self.host!r}, token={token!r})"
