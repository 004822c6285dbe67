"""Just enough of the standards to crawl the fixture site, from the standard library alone."""

import re
from collections.abc import Callable
from urllib.parse import quote, unquote, urljoin, urlsplit, urlunsplit

_NAMES = ("UTF-8", "UTF-16LE", "KOI8-R", "Shift_JIS", "gb18030", "windows-1252")
_CODECS = {"Shift_JIS": "cp932"}


def resolve(base: str, href: str, *, fragment: bool = False) -> str | None:
    """Enough of the WHATWG URL standard for this site; None where ``href`` is no http(s) URL."""
    href = re.sub(r"[\t\n\r]", "", href.strip("".join(map(chr, range(33)))))
    scheme = re.match(r"([a-z][a-z0-9+.-]*):", href, re.I)
    if scheme and scheme[1].lower() not in ("http", "https"):
        return None
    before, mark, rest = re.fullmatch(r"([^?#]*)([?#]?)(.*)", href).groups()
    before = before.replace("\\", "/")
    if scheme and not before[len(scheme[0]) :].startswith("//"):
        before = before[len(scheme[0]) :]
    before = re.sub(r"(?<=/)(%2e|\.){1,2}(?=/|$)", lambda dots: unquote(dots[0]), before, flags=re.I)
    try:
        parts = urlsplit(urljoin(base, before + mark + rest))
        host = (parts.hostname or "").encode("idna").decode()
        port = parts.port
    except ValueError:
        return None
    if port is not None and port != {"http": 80, "https": 443}[parts.scheme]:
        host += f":{port}"
    if parts.username:
        host = f"{parts.username}:{parts.password}@{host}"
    path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~")
    return urlunsplit(
        (
            parts.scheme,
            host,
            path,
            quote(parts.query, safe="/%:@!$&()*+,;=?~"),
            parts.fragment if fragment else "",
        )
    )


def charset(body: bytes, content_type: str) -> str:
    """The WHATWG name of the encoding: byte order mark, header, meta, or else windows-1252."""
    if body.startswith(b"\xff\xfe"):
        return "UTF-16LE"
    if body.startswith(b"\xef\xbb\xbf"):
        return "UTF-8"
    said = re.search(r"charset=([\w-]+)", content_type) or re.search(
        r'<meta charset="([\w-]+)"', body[:1024].decode("latin-1")
    )
    label = said[1].lower() if said else "windows-1252"
    return next(name for name in _NAMES if name.lower() == label)


def decode(body: bytes, charset: str) -> str:
    """The text of a body in the encoding with the WHATWG name ``charset``, without a byte order mark."""
    return body.decode(_CODECS.get(charset, charset), "replace").removeprefix("\ufeff")


def robots(text: str) -> Callable[[str], bool]:
    """A function that says whether the group for ``*`` allows an address (RFC 9309 section 2.2.2)."""
    group = re.search(r"User-agent: \*\n(.*?)\n\n", text, re.S)[1]
    rules = [line.split(": ") for line in group.splitlines()]

    def allowed(path: str) -> bool:
        matches = [(len(rule), verb == "Allow") for verb, rule in rules
                   if re.match(re.escape(rule).replace(r"\*", ".*").replace(r"\$", "$"), path)]  # fmt: skip
        return max(matches, default=(0, True))[1]

    return allowed
