"""What the URL standard changes about a URL as somebody has typed it, in words."""

import re

from crawler.rules.urls import login, normalised, resolve

_PARTS = re.compile(
    r"(?P<scheme>[A-Za-z][\w+.-]*):[/\\]*(?:(?P<login>[^/\\?#]*)@)?(?P<host>\[[^\]]*\]|[^/\\?#:]*)"
    r"(?::(?P<port>\d*))?(?P<path>[^?#]*)(?P<query>\?[^#]*)?(?P<fragment>#.*)?",
    re.DOTALL,
)
_DOTS = re.compile(r"(?:^|[/\\])(?:\.|%2e){1,2}(?=[/\\]|$)", re.IGNORECASE)
_BLANK = "".join(map(chr, range(33)))


def changes(text: str, *, as_rfc3986: bool = False) -> list[str]:
    """Each thing that is other in the URL that ``text`` means; nothing where it is no http(s) URL.

    ``as_rfc3986``: the crawl tells URLs apart by the normal form of that standard. A password is not told.
    """
    url = resolve(text)
    typed = _PARTS.fullmatch(text.strip(_BLANK).translate(str.maketrans("", "", "\t\r\n")))
    if url is None or typed is None:
        return []
    bare, pair = login(url)
    serialised = _PARTS.fullmatch(bare)
    if serialised is None:  # nothing that the standard has serialised
        return []
    found: list[str] = []
    if text.strip(_BLANK).translate(str.maketrans("", "", "\t\r\n")) != text:
        found.append("white space is left out")
    if typed["fragment"] is not None:
        found.append(f"the fragment {typed['fragment'][:80]} is left out: it is never sent")
    if pair is not None:
        found.append("the login is left out: it goes with requests to this origin, and is shown nowhere")
    if "\\" in text.partition("?")[0].partition("#")[0]:
        found.append("backslashes become slashes")
    if typed["scheme"] != serialised["scheme"]:
        found.append("the scheme is written in lower case")
    if typed["host"] != serialised["host"]:
        is_case = typed["host"].lower() == serialised["host"]
        how = "in lower case" if is_case else f"as {serialised['host']}"
        found.append(f"the host is written {how}")
    if typed["port"] is not None and serialised["port"] is None:
        found.append(f"the port {typed['port']} is left out: it is the scheme's own")
    found += _of_path(typed["path"], serialised["path"])
    if (typed["query"] or "") != (serialised["query"] or ""):
        found.append("characters of the query are percent-encoded")
    if as_rfc3986 and normalised(bare) != bare:
        found.append("it is told apart by RFC 3986's normal form (scope.normalise)")
    return found


def _of_path(typed: str, serialised: str) -> list[str]:
    found = []
    if not typed:
        found.append("the path is /")
    elif _DOTS.search(typed):
        found.append("dot segments are resolved")
    elif typed.replace("\\", "/") != serialised:
        found.append("characters of the path are percent-encoded")
    return found
