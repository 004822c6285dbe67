"""Secrets: read from the environment when they are needed, and kept nowhere else.

The configuration, which is saved in OUT, holds the names of the variables alone.
"""

import base64
import os
import re

from crawler.config.session_values import REFERENCE
from crawler.model.errors import ConfigError

_TYPED = {"COOKIE_": "--cookie", "HEADER_": "--header"}
"""Options whose values the command line keeps in variables that begin so."""
_SENDABLE = re.compile(r"[!-~](?:[ -~]*[!-~])?")


def secret(name: str, key: str) -> str:
    """What the environment variable ``name`` holds, for the configuration's ``key``.

    Raises ConfigError where it is missing, or cannot be sent in a header; its value is never shown.
    """
    value = os.environ.get(name, "")
    if not value:
        typed = next((option for start, option in _TYPED.items() if name.startswith(start)), "")
        again = f"; give {typed} again, since what is typed there is not saved" if typed else ""
        raise ConfigError(f"{key} needs the environment variable {name}, which is not set{again}")
    return value


def sendable(name: str, key: str) -> str:
    """The same, for a secret that is sent as it is. Raises ConfigError."""
    value = secret(name, key)
    if not _SENDABLE.fullmatch(value):
        raise ConfigError(f"{key}: what {name} holds is not printable ASCII, as a header must be")
    return value


def filled_in(text: str, key: str) -> str:
    """``text`` with each ``${NAME}`` replaced. Raises ConfigError."""
    return REFERENCE.sub(lambda found: sendable(found[1], key), text)


def basic(login: str) -> str:
    """The credentials of HTTP's Basic scheme (RFC 7617) for ``user:password``."""
    return f"Basic {base64.b64encode(login.encode()).decode()}"


def login(name: str, key: str) -> str:
    """The ``user:password`` that the variable ``name`` holds. Raises ConfigError."""
    value = secret(name, key)
    if ":" not in value:
        raise ConfigError(f"{key}: what {name} holds is not USER:PASSWORD")
    return value
