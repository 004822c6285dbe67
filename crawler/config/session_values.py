"""The types of the keys that have to do with secrets: each names an environment variable, none holds one."""

import re
from typing import Annotated

from crawler.config.values import After, Allowed, web_origin

ENV_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
REFERENCE = re.compile(r"\$\{([^}]*)\}")
"""``${NAME}`` in the value of a header or a cookie: what the environment variable NAME holds."""

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_FIELD_VALUE = re.compile(r"(?:[!-~](?:[ -~\t]*[!-~])?)?")
_COOKIE_VALUE = re.compile(r"[!-:<-~]*")  # visible ASCII without the semicolon
_ELSEWHERE = {
    "authorization": "logins belong into session.auth, such as https://example.com bearer API_TOKEN",
    "cookie": "cookies belong into session.send_cookies (--cookie)",
    "user-agent": "its place is fetch.user_agent (--user-agent)",
    "proxy-authorization": "its place is fetch.proxy_login",
}
_CONNECTION = {
    "host", "content-length", "transfer-encoding", "connection", "keep-alive", "proxy-connection", "te",
    "trailer", "upgrade", "http2-settings", "expect", "accept-encoding",
}  # fmt: skip
_PARTIAL = {"range", "if-range", "if-match", "if-none-match", "if-modified-since", "if-unmodified-since"}


def _env_name(name: str) -> str:
    if not ENV_NAME.fullmatch(name):
        raise ValueError("it does not name an environment variable")
    if name.upper().startswith("CRAWLER_"):
        raise ValueError("variables that start with CRAWLER_ are settings, which are saved")
    return name


def _references(value: str) -> None:
    for name in REFERENCE.findall(value):
        _env_name(name)


def _header(text: str) -> str:
    name, colon, value = text.partition(":")
    lowered, value = name.lower(), value.strip(" \t")
    if not colon or not _TOKEN.fullmatch(name):
        raise ValueError("it does not begin with a header's name and a colon")
    if lowered in _ELSEWHERE:
        raise ValueError(_ELSEWHERE[lowered])
    if lowered in _CONNECTION:
        raise ValueError(f"{name} is the HTTP library's own, as the connection needs it")
    if lowered in _PARTIAL:
        raise ValueError(f"with {name} a server would not send whole pages")
    if not _FIELD_VALUE.fullmatch(value):
        raise ValueError("its value is not printable ASCII on one line")
    _references(value)
    return f"{name}: {value}"


def _auth(text: str) -> str:
    words = text.split()
    if len(words) != 3 or words[1].lower() not in ("basic", "bearer"):
        raise ValueError("it is not an origin, basic or bearer, and a variable's name")
    return f"{_origin(words[0])} {words[1].lower()} {_env_name(words[2])}"


def _cookie(text: str) -> str:
    origin, _, pair = text.strip().partition(" ") if "://" in text.partition("=")[0] else ("", "", text)
    name, equals, value = pair.strip().partition("=")
    if not equals or not _TOKEN.fullmatch(name):
        raise ValueError("it is not an origin and NAME=VALUE, nor NAME=VALUE alone")
    if not _COOKIE_VALUE.fullmatch(value):
        raise ValueError("its value is not visible ASCII without a semicolon")
    _references(value)
    return f"{_origin(origin)} {name}={value}" if origin else f"{name}={value}"


def _origin(text: str) -> str:
    if "@" in text:
        raise ValueError("its origin holds a login")
    return web_origin(text)


def _proxy(text: str) -> str:
    if "@" in text:
        raise ValueError("the login belongs into a variable that fetch.proxy_login names")
    if not re.fullmatch(r"(http|socks5h?)://([\w.-]+|\[[0-9a-fA-F:.]+\]):\d{1,5}/?", text):
        raise ValueError("it is not a scheme, a host and a port")
    if not 0 < int(text.rstrip("/").rpartition(":")[2]) < 65_536:
        raise ValueError("there is no such port")
    return text.rstrip("/")


EnvName = Annotated[
    str,
    After(_env_name),
    Allowed("the name of an environment variable that does not start with CRAWLER_"),
]
HeaderLine = Annotated[
    str,
    After(_header),
    Allowed("a header such as X-Env: staging or X-Key: ${API_KEY}, with the variable's value"),
]
AuthLine = Annotated[
    str,
    After(_auth),
    Allowed(
        "an origin, basic or bearer, and the environment variable with user:password or the token, such as"
        " https://example.com basic SITE_LOGIN"
    ),
]
CookieLine = Annotated[
    str,
    After(_cookie),
    Allowed("a cookie such as consent=yes or sid=${SITE_SESSION}, after an origin if it is for that one"),
]
ProxyUrl = Annotated[
    str,
    After(_proxy),
    Allowed("http://HOST:PORT or socks5://HOST:PORT"),
]
