"""The types of the keys' values: what each accepts, and how that is told to people.

They are the plain types of their values, annotated: :mod:`crawler.config.conversion` reads the notes.
"""

import ipaddress
import re
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, NamedTuple
from urllib.parse import urlsplit


class Allowed(NamedTuple):
    """What a value may be, in words that end the sentence "allowed: …"."""

    text: str


class Before(NamedTuple):
    """What is done with a value before it is taken for its type; raises ValueError with the reason."""

    change: Callable[[Any], object]


class After(NamedTuple):
    """What is done with a value of the right type; raises ValueError with the reason."""

    change: Callable[[Any], object]


def _web_url(text: str) -> str:
    """Raises ValueError with the reason; it is not normalised here, that is the rules' work."""
    try:
        parts = urlsplit(text.strip())
        host, _port = parts.hostname, parts.port
    except ValueError as error:
        raise ValueError(str(error)) from None
    if not parts.scheme or (parts.scheme not in ("http", "https") and "://" not in text):
        raise ValueError(f"it has no scheme (https://{text.strip().lstrip('/')} ?)")
    if parts.scheme not in ("http", "https"):
        raise ValueError(f"its scheme is {parts.scheme}")
    if not host or re.search(r"[\s<>^|%\\]", host):
        raise ValueError("it names no valid host")
    return text.strip()


def web_origin(text: str) -> str:
    """``text`` if it is an origin. Raises ValueError with the reason."""
    parts = urlsplit(_web_url(text))
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        raise ValueError("it goes on after the host and port")
    return text.strip()


def _regex(text: str) -> str:
    try:
        re.compile(text)
    except (re.error, RecursionError, OverflowError) as error:
        raise ValueError(str(error)) from None
    return text


def _network(text: str) -> str:
    try:
        ipaddress.ip_network(text)
    except ValueError as error:
        raise ValueError(str(error)) from None
    return text


def _matching(pattern: str) -> After:
    def check(text: str) -> str:
        if not re.fullmatch(pattern, text):
            raise ValueError("it has another form")
        return text

    return After(check)


def _some_path(noun: str) -> Before:
    def check(path: object) -> object:
        # pathlib would read an empty string as the working directory, which nobody means.
        if path == "" or "\0" in str(path):
            raise ValueError(f"it names no {noun}")
        str(path).encode()  # a UnicodeEncodeError is a ValueError: the name could not be saved in OUT
        return path

    return Before(check)


def _upper(value: object) -> object:
    return value.upper() if isinstance(value, str) else value


WebUrl = Annotated[str, After(_web_url), Allowed("an absolute http:// or https:// URL")]
WebOrigin = Annotated[
    str,
    After(web_origin),
    Allowed("an origin such as https://example.com or http://127.0.0.1:8000"),
]
Regex = Annotated[str, After(_regex), Allowed("a regular expression of Python's re module")]
Network = Annotated[
    str, After(_network), Allowed("an IP address or a CIDR network such as 10.0.0.0/8 or fd00::/8")
]
MediaPattern = Annotated[
    str,
    _matching(r"[\w!#$&^.+*-]+/[\w!#$&^.+*-]+|\*[\w!#$&^.+*-]*"),
    Allowed("a media type such as text/html, with * for any characters"),
]
HeaderText = Annotated[
    str, _matching(r"[!-~]([ -~]*[!-~])?"), Allowed("printable ASCII text, as it is sent in a header")
]
FunctionName = Annotated[
    str,
    _matching(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*(\.[^\W\d]\w*)*"),
    Allowed("MODULE:FUNCTION, both as in a Python import"),
]
Folder = Annotated[Path, _some_path("folder"), Allowed("the path of a folder")]
FilePath = Annotated[Path, _some_path("file"), Allowed("the path of a file")]
UPPER_CASE = Before(_upper)
ONCE_EACH = After(lambda items: tuple(dict.fromkeys(items)))
"""Of a list: what is named twice counts once."""
