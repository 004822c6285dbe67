"""Secrets typed on the command line: sent, and saved nowhere.

The settings of a crawl are saved in OUT. So the value of a typed cookie, and of a header whose name says
that it is a secret, is moved into an environment variable of this process, and the settings name that
variable, as they would if it had been exported. Whoever goes on with the crawl gives the option again, or
exports the variable.
"""

import os
import re
from collections.abc import Iterable, Iterator
from urllib.parse import unquote

_SECRET_NAME = re.compile(r"auth|credential|key|passw|secret|session|signature|token", re.IGNORECASE)
_COOKIES = re.compile(r"(?P<origin>[^\s=]+://\S+\s+)?(?P<pairs>.*)", re.DOTALL)


def cookies(texts: Iterable[str]) -> tuple[str, ...]:
    """Each ``NAME=VALUE``, or an origin and that, with a reference in the place of the value.

    One text may hold several pairs, with semicolons between (RFC 6265, section 4.2.1).
    """
    return tuple(_kept("COOKIE", "=", (each for text in texts for each in _single(text))))


def headers(texts: Iterable[str]) -> tuple[str, ...]:
    """Each ``NAME: VALUE``, with a reference in the place of the value where the name is that of a secret."""
    return tuple(_kept("HEADER", ": ", texts))


def database(text: str) -> str:
    """The URL of a database without its password, which PGPASSWORD holds from now on."""
    found = re.fullmatch(r"(?P<scheme>\w+://[^:/@?#]*):(?P<password>[^/@?#]*)@(?P<rest>.*)", text, re.DOTALL)
    if found is None:
        return text
    os.environ["PGPASSWORD"] = unquote(found["password"])
    return f"{found['scheme']}@{found['rest']}"


def _single(text: str) -> Iterator[str]:
    found = _COOKIES.match(text)
    origin, pairs = (found["origin"] or "", found["pairs"]) if found else ("", text)
    for pair in re.split(r";\s*", pairs.strip().rstrip(";")):
        yield f"{origin}{pair}"


def _kept(what: str, mark: str, texts: Iterable[str]) -> Iterator[str]:
    used: dict[str, str] = {}
    for text in texts:
        name, found, value = text.partition(mark.strip())
        value = value.strip()
        if not found or not value or "${" in value or (what == "HEADER" and not _is_secret(name)):
            yield text  # what is wrong with it, if anything, the configuration will say
            continue
        variable = start = re.sub(r"[^A-Za-z0-9]+", "_", f"{what} {name}").upper()
        number = 1
        while used.setdefault(variable, value) != value:
            number += 1
            variable = f"{start}_{number}"
        os.environ[variable] = value
        yield f"{name}{mark}${{{variable}}}"


def _is_secret(name: str) -> bool:
    # Those two have keys of their own: they are refused, and it is said where they belong.
    return bool(_SECRET_NAME.search(name)) and name.lower() not in ("authorization", "proxy-authorization")
