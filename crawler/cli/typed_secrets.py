"""Secrets typed on the command line: sent, and saved nowhere.

The settings of a crawl are saved in OUT. So the value of a typed cookie, and of a header whose name says
that it is a secret, is moved into an environment variable of this process, and the settings name that
variable, as they would if it had been exported. Whoever goes on with the crawl gives the option again, or
exports the variable.
"""

import os
import re

_SECRET_NAME = re.compile(r"auth|credential|key|passw|secret|session|signature|token", re.IGNORECASE)


def cookie(text: str) -> str:
    """``NAME=VALUE``, or an origin and that, with a reference in the place of the value."""
    before, equals, value = text.partition("=")
    name = before.rpartition(" ")[2]
    return f"{before}={_kept('COOKIE', name, value)}" if equals and name else text


def header(text: str) -> str:
    """``NAME: VALUE`` with a reference in the place of the value, where the name is that of a secret."""
    name, colon, value = text.partition(":")
    if not colon or not _SECRET_NAME.search(name) or name.lower() in ("authorization", "proxy-authorization"):
        return text  # those two have a key of their own, as the configuration will say
    return f"{name}: {_kept('HEADER', name, value.strip())}"


def _kept(what: str, name: str, value: str) -> str:
    if not value or "${" in value:
        return value
    variable = f"{what}_{re.sub(r'[^A-Za-z0-9]', '_', name).upper()}"
    os.environ[variable] = value
    return f"${{{variable}}}"
