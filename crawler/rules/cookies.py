"""Cookies as RFC 6265 and its revision (RFC 6265bis) keep them, in one jar for each origin.

That is stricter than a browser, which shares the cookies of a host among its ports and schemes, and
those with a Domain attribute among hosts. Here none ever crosses an origin: Domain merely decides whether
a cookie is taken at all. SameSite and Partitioned say nothing to a client that has no pages inside others.
"""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import msgspec

from crawler.rules import urls
from crawler.rules.guard import literal_address

MAX_COOKIES = 50
"""Cookies that one origin may have; RFC 6265 section 6.1 wants as many."""
MAX_BYTES = 8_192
"""Characters of all cookies of one origin: a longer header is refused by many servers."""
MAX_COOKIE = 4_096
"""Characters of name and value together (RFC 6265bis section 5.6)."""
_MAX_ATTRIBUTE = 1_024
_MAX_LIFE = 400 * 86_400.0
"""Seconds (RFC 6265bis section 5.5)."""
_CONTROLS = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_SPACE = " \t"
_DOMAIN = re.compile(r"[^/\\?#@:\[\]]+|\[[^\]]*\]")
_SECONDS = re.compile(r"-?\d+", re.ASCII)
# Dates in cookies (RFC 6265 section 5.1.1).
_TOKENS = re.compile(r"[^\t\x20-\x2f\x3b-\x40\x5b-\x60\x7b-\x7e]+")
_TIME = re.compile(r"(\d{1,2}):(\d{1,2}):(\d{1,2})(?:\D.*)?", re.ASCII | re.DOTALL)
_DAY = re.compile(r"(\d{1,2})(?:\D.*)?", re.ASCII | re.DOTALL)
_YEAR = re.compile(r"(\d{2,4})(?:\D.*)?", re.ASCII | re.DOTALL)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_FIRST_YEAR = 1601

IsPublicSuffix = Callable[[str], bool]


class Cookie(msgspec.Struct, frozen=True):
    """One cookie, and where within its origin it is sent."""

    name: str
    value: str
    path: str = "/"
    expires: float | None = None
    """Seconds since 1970; None is until the crawl ends."""

    @property
    def pair(self) -> str:
        """As the Cookie header has it."""
        return f"{self.name}={self.value}" if self.name else self.value


class CookieJar:
    """The cookies of one origin, which the serialised ``url`` is of."""

    def __init__(self, url: str) -> None:
        self._host = urls.host_port(url)[0]
        # What is said on this machine cannot be overheard: browsers, too, take loopback for secure.
        self._secure = url.startswith("https:") or urls.is_loopback(url)
        self._cookies: dict[tuple[str, str], Cookie] = {}

    def __len__(self) -> int:
        return len(self._cookies)

    def receive(self, header: str, url: str, now: float, is_public_suffix: IsPublicSuffix) -> bool:
        """Take one Set-Cookie header of an answer from ``url`` in; False where it is refused.

        ``now`` is in seconds since 1970; ``is_public_suffix`` is asked only where there is a Domain.
        """
        parsed = _parse(header)
        if parsed is None:
            return False
        name, value, attributes = parsed
        path = attributes.get("path", "")
        if not path.startswith("/"):
            path = _default_path(url)
        if not self._permits(name, attributes, is_public_suffix):
            return False
        expires = _expires(attributes, now)
        if expires is not None and expires <= now:
            self._cookies.pop((name, path), None)
        else:
            self.put(Cookie(name, value, path, expires), now)
        return True

    def put(self, cookie: Cookie, now: float) -> None:
        """Keep ``cookie``, in place of one with its name and path; the oldest go where it gets too much."""
        key = (cookie.name, cookie.path)
        kept = self._cookies
        kept[key] = cookie  # the place of the earlier one is kept, as RFC 6265 section 5.3 has it
        size = sum(len(one.pair) for one in kept.values())
        if len(kept) > MAX_COOKIES or size > MAX_BYTES:
            for old in [old for old, one in kept.items() if one.expires is not None and one.expires <= now]:
                size -= len(kept.pop(old).pair)
        while len(kept) > MAX_COOKIES or size > MAX_BYTES:
            size -= len(kept.pop(next(old for old in kept if old != key)).pair)

    def header(self, url: str, now: float) -> str:
        """The Cookie header for a request for ``url``; empty where there is none to send."""
        path = _path(url)
        live = [one for one in self._cookies.values() if one.expires is None or one.expires > now]
        # Longer paths first, then the order of their making (RFC 6265 section 5.4).
        sent = sorted((one for one in live if _covers(one.path, path)), key=lambda one: -len(one.path))
        return "; ".join(one.pair for one in sent)

    def sent(self, now: float) -> frozenset[tuple[str, str]]:
        """Path and pair of each cookie that is sent somewhere; when they end is left out."""
        live = (one for one in self._cookies.values() if one.expires is None or one.expires > now)
        return frozenset((one.path, one.pair) for one in live)

    def _permits(self, name: str, attributes: dict[str, str], is_public_suffix: IsPublicSuffix) -> bool:
        secure = "secure" in attributes
        if secure and not self._secure:
            return False
        domain = attributes.get("domain", "").removeprefix(".")
        lowered = name.lower()
        if lowered.startswith("__secure-") and not secure:
            return False
        if lowered.startswith("__host-") and not (secure and not domain and attributes.get("path") == "/"):
            return False
        return not domain or self._is_of(domain, is_public_suffix)

    def _is_of(self, domain: str, is_public_suffix: IsPublicSuffix) -> bool:
        """Whether a cookie of this host may have this Domain (RFC 6265bis section 5.7, steps 8 to 10)."""
        url = urls.resolve(f"http://{domain}/") if _DOMAIN.fullmatch(domain) else None
        if url is None:
            return False
        name = urls.host_port(url)[0]
        if name == self._host:
            return True
        if literal_address(self._host) or not self._host.endswith(f".{name}"):
            return False
        return not is_public_suffix(name)


def _parse(header: str) -> tuple[str, str, dict[str, str]] | None:
    """Name, value and attributes (the last of each, names in lower case); None for what is no cookie."""
    if _CONTROLS.search(header):
        return None
    pair, _, rest = header.partition(";")
    name, equals, value = pair.partition("=")
    if not equals:
        name, value = "", name
    name, value = name.strip(_SPACE), value.strip(_SPACE)
    if not (name or value) or len(name) + len(value) > MAX_COOKIE:
        return None
    if not name and value.lower().startswith(("__secure-", "__host-")):
        return None  # it would pass for one that has such a name
    return name, value, dict(_attributes(rest))


def _attributes(text: str) -> Iterator[tuple[str, str]]:
    for part in text.split(";"):
        name, _, value = part.partition("=")
        value = value.strip(_SPACE)
        if len(value) <= _MAX_ATTRIBUTE:
            yield name.strip(_SPACE).lower(), value


def _expires(attributes: dict[str, str], now: float) -> float | None:
    """When it ends, in seconds since 1970; None where nothing valid is said."""
    seconds = attributes.get("max-age", "")
    if _SECONDS.fullmatch(seconds):
        negative = seconds.startswith("-")
        # Its length is up to the server, and so is the work of reading it.
        life = 0.0 if negative else float(min(int(seconds.lstrip("0")[:12] or 0), int(_MAX_LIFE)))
        return now + life
    date = cookie_date(attributes.get("expires", ""))
    return None if date is None else min(date, now + _MAX_LIFE)


def _path(url: str) -> str:
    """The path of a serialised URL."""
    start = url.find("/", 8)
    return "/" if start < 0 else url[start:].partition("?")[0]


def _default_path(url: str) -> str:
    """RFC 6265 section 5.1.4: up to the last slash, which is left out."""
    return _path(url).rpartition("/")[0] or "/"


def _covers(cookie_path: str, path: str) -> bool:
    """RFC 6265 section 5.1.4, path-match."""
    if not path.startswith(cookie_path):
        return False
    return len(path) == len(cookie_path) or cookie_path.endswith("/") or path[len(cookie_path)] == "/"


def cookie_date(text: str) -> float | None:
    """Seconds since 1970; None where it is no date. Anything with a time, a day, a month, a year is one."""
    time: tuple[int, int, int] | None = None
    day = month = year = None
    for token in _TOKENS.findall(text):
        # The first token of each kind counts, and a token is of the first kind that is still wanted.
        if time is None and (found := _TIME.fullmatch(token)):
            time = int(found[1]), int(found[2]), int(found[3])
        elif day is None and (found := _DAY.fullmatch(token)):
            day = int(found[1])
        elif month is None and token[:3].lower() in _MONTHS:
            month = _MONTHS.index(token[:3].lower()) + 1
        elif year is None and (found := _YEAR.fullmatch(token)):
            year = int(found[1])
    if time is None or day is None or month is None or year is None:
        return None
    if year < 100:
        year += 1900 if year >= 70 else 2000
    if year < _FIRST_YEAR:
        return None
    try:
        return datetime(year, month, day, *time, tzinfo=UTC).timestamp()
    except ValueError:
        return None
