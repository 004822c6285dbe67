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


_FILE = re.compile(r"[.~/\\]|[A-Za-z]:[\\/]|[^/:?#]+\.html?$", re.IGNORECASE)
"""What begins like the path of a file, or looks like the name of one: no host is called that."""
_LOOPBACK = re.compile(
    r"(?:(?:[^/?#:]+\.)?localhost\.?|127\.[\d.]+|0\.0\.0\.0|\[::1\])(?:[:/?#]|$)", re.IGNORECASE
)
"""Servers of one's own, which rarely speak TLS."""


def _web_url(text: str) -> str:
    """Raises ValueError with the reason; it is not normalised here, that is the rules' work."""
    text = text.strip()
    try:
        parts = urlsplit(text)
        host, _port = parts.hostname, parts.port
    except ValueError as error:
        raise ValueError(str(error)) from None
    if parts.scheme not in ("http", "https"):
        raise ValueError(_without_scheme(text, parts.scheme))
    if not host or not host.strip(".") or re.search(r"[\s<>^|%\\]", host):
        raise ValueError("it names no valid host")
    return text


def _without_scheme(text: str, scheme: str) -> str:
    """What is wrong with a ``text`` that is not http or https, with what was probably meant."""
    if not text:
        return "it has no scheme: it is empty"
    if _FILE.match(text) and not text.startswith("//"):
        return "it has no scheme: it is the path of a file, not a URL"
    rest = text[len(scheme) + 1 :]
    if scheme and not re.match(r"\d+(?:[/?#]|$)", rest):  # a host is followed by a port
        return f"its scheme is {scheme}"
    text = text.lstrip("/")
    meant = f"{'http' if _LOOPBACK.match(text) else 'https'}://{text}"
    try:
        return f"it has no scheme ({_web_url(meant)} ?)"
    except ValueError as error:
        return f"it has no scheme, and with one: {error}"


def web_origin(text: str) -> str:
    """``text`` if it is an origin. Raises ValueError with the reason."""
    parts = urlsplit(_web_url(text))
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        raise ValueError("it goes on after the host and port")
    return text.strip()


def regex(text: str) -> str:
    """``text`` if it is a regular expression. Raises ValueError with the reason."""
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
Regex = Annotated[str, After(regex), Allowed("a regular expression of Python's re module")]
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


def _words(items: Any) -> list[object]:
    words = (item.split(",") if isinstance(item, str) else [item] for item in items)
    return [word.strip() if isinstance(word, str) else word for some in words for word in some]


def _never_alone(items: tuple[str, ...]) -> tuple[str, ...]:
    if "never" in items and len(items) > 1:
        raise ValueError("never goes with nothing else")
    return tuple(dict.fromkeys(item for item in items if item != "never"))


COMMAS = Before(_words)
"""Of a list: one text may hold several items."""
NEVER_ALONE = After(_never_alone)
"""Of a list: the word for none of it."""
ONCE_EACH = After(lambda items: tuple(dict.fromkeys(items)))
"""Of a list: what is named twice counts once."""
