"""URLs as the WHATWG URL standard reads and writes them, by way of ada-url.

Everywhere else in the program a URL is text that :func:`resolve` returned: absolute, http or
https, serialised, without a fragment. Two such texts are equal exactly when they are the same
URL, and functions here that say "serialised" may therefore cut them with string searches.
"""

import functools
import re
from collections.abc import Iterable
from ipaddress import IPv6Address, ip_address
from urllib.parse import unquote

import ada_url
import xxhash

_SCHEMES = ("http://", "https://")
_PLAIN = re.compile(r"/?(?:[\w~-][\w.~+@=-]*+/)*[\w~-][\w.~+@=-]*+/?(?:\?[\w.~+@=&%/:;,-]*+)?", re.ASCII)
"""Relative hrefs without a scheme, a dot segment or anything to encode: appended to the base as they are."""
_MAX_UP = 8
"""Leading "../" that are taken off without a parser; a hostile page has a million of them."""
_LONGEST_KEPT = 1024
"""Characters of a href whose meaning is remembered."""
_OWN = ""
_CODED = re.compile(r"(?<!%)(?<!%[0-9A-Fa-f])%[0-9A-Fa-f]{2}")
"""A percent-code that cannot become part of another when it is decoded."""
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_DEFAULT_PORTS = {"http": 80, "https": 443}
_WORD = r"(?:log|sign)[-_]?(?:in|on)|sso|auth|oauth2?|saml2?|idp|cas|openid|authenticat(?:e|ion)|authori[sz]e"
_LOGIN = re.compile(
    rf"https?://(?:(?:{_WORD}|accounts)\.|[^/?#]*/(?:[^?#]*/)?(?:wp-)?(?:{_WORD})(?:\.\w+)?(?:[/?#]|$))",
    re.IGNORECASE,
)
"""The words by which login pages go."""


def resolve(href: str, base: str | None = None, *, keep_fragment: bool = False) -> str | None:
    """The absolute http(s) URL that ``href`` means on a page at ``base``; None where it is not one.

    Serialised as the WHATWG URL standard says, without its fragment unless that is to be kept.
    """
    try:
        url = _parse(href, base)
    except ValueError:
        return None
    if not url.startswith(_SCHEMES):
        return None
    return url if keep_fragment else url.partition("#")[0]


def _parse(href: str, base: str | None) -> str:
    """Raises ValueError where the standard's parser fails."""
    try:
        return ada_url.normalize_url(href) if base is None else ada_url.join_url(base, href)
    except ValueError:
        whole = scalar_values(href)
        if whole == href:
            raise
        return _parse(whole, base)


def scalar_values(text: str) -> str:
    """Lone surrogates become U+FFFD, as the standard's USVString has it; UTF-8 cannot hold them."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def distinct_links(hrefs: Iterable[str], base: str) -> list[str]:
    """Every http(s) URL that ``hrefs`` lead to from ``base``, once, in document order.

    The same as :func:`resolve` on each with the repeats left out. Most links of a page differ
    from another only in their fragment, so those are cut and the repeats dropped before anything
    is parsed; and most of what remains stands on other pages of the same folder too.
    """
    cut: dict[str, None] = {}
    for raw in dict.fromkeys(hrefs):
        href, mark, _ = raw.partition("#")
        # White space before a fragment belongs to the URL; at the end it would be stripped.
        cut[f"{href}#" if mark and href[-1:] <= " " else href] = None
    return list(dict.fromkeys(url for url in resolve_each(cut, base).values() if url is not None))


def resolve_each(hrefs: Iterable[str], base: str) -> dict[str, str | None]:
    """What each of ``hrefs``, of which none has a fragment, leads to from ``base``, as :func:`resolve`."""
    here = resolve("", base)
    if here is None:
        return {href: resolve(href, base) for href in hrefs}
    folder = here[: here.partition("?")[0].rindex("/") + 1]
    urls: dict[str, str | None] = {}
    for href in hrefs:
        url = _in_folder(folder, href) if len(href) <= _LONGEST_KEPT else _OWN
        urls[href] = resolve(href, here) if url == _OWN else url
    return urls


@functools.lru_cache(maxsize=8192)
def _in_folder(folder: str, href: str) -> str | None:
    """What ``href`` means on every page that lies in the serialised ``folder``, which ends with a slash.

    :data:`_OWN` where it means something else on each: "", "?q", "http:?q" keep the page's own path.
    """
    up = 0
    while href.startswith("../", 3 * up) and up < _MAX_UP:
        up += 1
    root = folder.index("/", folder.index("://") + 3)
    if not _PLAIN.fullmatch(href, 3 * up):
        if href.startswith(_SCHEMES):
            is_serialised = href.startswith(folder[: root + 1]) and _PLAIN.fullmatch(href, root + 1)
            return href if is_serialised else resolve(href)
        url = resolve(href, folder)
        return url if url == resolve(href, f"{folder}page?query") else _OWN
    if href[0] == "/":
        return folder[:root] + href
    for _ in range(up):
        # The folder above, a slash behind it; above the root there is none.
        folder = folder[: max(folder.rfind("/", 0, -1), root) + 1]
    return folder + href[3 * up :]


def normalised(url: str) -> str:
    """A serialised URL in the normal form of RFC 3986 § 6.2.2 and § 6.2.3.

    ``%70`` becomes ``p`` and ``%2f`` ``%2F``; an empty query goes. Servers may tell these apart, and few do.
    """
    if "%" in url:
        url = _CODED.sub(_decoded_if_unreserved, url)
    return url.removesuffix("?") if url.find("?") == len(url) - 1 else url


def _decoded_if_unreserved(code: re.Match[str]) -> str:
    character = chr(int(code[0][1:], 16))
    return character if character in _UNRESERVED else code[0].upper()


def origin(url: str) -> str:
    """``scheme://host:port`` of a serialised URL: no default port, no credentials."""
    end = url.find("/", 8)
    whole = url if end < 0 else url[:end]
    if "@" not in whole:
        return whole
    scheme, _, authority = whole.partition("://")
    return f"{scheme}://{authority.rpartition('@')[2]}"


def login(url: str) -> tuple[str, str | None]:
    """A serialised URL without its user and password, and these as ``user:password``; None where it has none.

    The password may be empty; percent-codings are undone.
    """
    if "@" not in url:
        return url, None
    scheme, _, rest = url.partition("://")
    end = min((at for mark in "/?#" if (at := rest.find(mark)) >= 0), default=len(rest))
    info, at_sign, host = rest[:end].rpartition("@")
    if not at_sign:
        return url, None
    user, _, password = info.partition(":")
    return f"{scheme}://{host}{rest[end:]}", f"{unquote(user)}:{unquote(password)}"


def host_port(url: str) -> tuple[str, int]:
    """Host (an IPv6 address without its brackets) and port of a serialised URL."""
    scheme, _, authority = origin(url).partition("://")
    host, colon, port = authority.rpartition(":")
    if not colon or port.endswith("]"):
        host, port = authority, ""
    return host.strip("[]"), int(port) if port else _DEFAULT_PORTS[scheme]


def is_loopback(url: str) -> bool:
    """True where a serialised URL's host is a loopback address or a name of localhost (RFC 6761 §6.3)."""
    host = host_port(url)[0]
    try:
        address = ip_address(host)
    except ValueError:
        name = host.removesuffix(".")
        return name == "localhost" or name.endswith(".localhost")
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        return address.ipv4_mapped.is_loopback
    return address.is_loopback


def is_login_url(url: str) -> bool:
    """Whether a URL is that of a login page: a segment of its path, or its host's first name, is such a word.

    As in ``/users/sign_in``, ``/wp-login.php``, ``https://accounts.example.com/``. A guess, but one that can
    be explained: it only gives a name to what every page of a crawl leads to.
    """
    return _LOGIN.match(url) is not None


def partition(origin: str, partitions: int) -> int:
    """The part of a shared-out crawl, 0 to ``partitions - 1``, that ``origin`` is in: the same everywhere."""
    return xxhash.xxh3_64_intdigest(origin.encode(), 0) % partitions
