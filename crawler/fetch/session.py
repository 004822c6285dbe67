"""Sessions: cookies, headers and logins, each sent to the origin that it is for, and nowhere else.

It stands between those who ask and the backend, and looks at the URL of each single request: a
redirect's target, a robots.txt, a page are all the same to it. Where nothing of all this is wanted it
is not there at all: see :func:`crawler.fetch.backend.make_backend`.
"""

import time
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from crawler.config import Config
from crawler.fetch.backend import NO_HEADERS, Answer, Backend
from crawler.fetch.secret import basic, filled_in, login, sendable
from crawler.model.errors import ConfigError
from crawler.plumbing.starter_thread import off_loop
from crawler.rules import urls
from crawler.rules.cookies import Cookie, CookieJar, IsPublicSuffix

MAX_JARS = 1_024
"""Origins whose cookies are kept; the one that was not asked for longest loses its own. 8 MiB at most."""


class Session:
    """What goes along with requests, by origin. Raises ConfigError where a variable is missing.

    ``logins`` are those of the seeds' own URLs, ``user:password`` by origin; ``now`` gives seconds
    since 1970.
    """

    def __init__(
        self, config: Config, logins: Mapping[str, str] = NO_HEADERS, now: Callable[[], float] = time.time
    ) -> None:
        self._now = now
        self.keeps_cookies = config.session.cookies
        self._own = _own_origins(config)
        self._headers = dict(_headers(config))
        self._logins = {origin: basic(pair) for origin, pair in logins.items()} | _auth(config)
        self._given: dict[str, list[Cookie]] = {}
        for line in config.session.send_cookies:
            origin, _, pair = line.rpartition(" ")
            name, _, value = filled_in(pair, "session.send_cookies").partition("=")
            for site in [_canonical(origin)] if origin else self._own:
                self._given.setdefault(site, []).append(Cookie(name, value))
        self._jars: dict[str, CookieJar] = {}
        self._is_public_suffix: IsPublicSuffix | None = None

    def headers(self, url: str, also: Mapping[str, str] = NO_HEADERS) -> dict[str, str]:
        """The headers for a request for the serialised ``url``, with ``also``, the asker's own."""
        origin = urls.origin(url)
        headers = dict(also)
        if origin in self._own:
            headers |= self._headers
        if origin in self._logins:
            headers["Authorization"] = self._logins[origin]
        jar = self._jar(origin)
        cookies = jar.header(url, self._now()) if jar is not None else ""
        if "Cookie" in also and not self.keeps_cookies:
            cookies = "; ".join(filter(None, (cookies, also["Cookie"])))
        if cookies:
            headers["Cookie"] = cookies
        else:
            headers.pop("Cookie", None)
        return headers

    async def learn(self, url: str, set_cookies: Iterable[str]) -> bool:
        """Take in the Set-Cookie headers of an answer from ``url``; True where that changed what is sent."""
        headers = list(set_cookies)
        if self._is_public_suffix is None and any("domain" in header.lower() for header in headers):
            # Reading the list takes some 40 ms, and hardly any crawl needs it.
            self._is_public_suffix = await off_loop(_public_suffixes)
        origin = urls.origin(url)
        jar = self._jar(origin)
        if jar is None:
            jar = self._new_jar(origin)
        before = jar.sent(self._now())
        for header in headers:
            jar.receive(header, url, self._now(), self._is_public_suffix or _is_any)
        return jar.sent(self._now()) != before

    def _jar(self, origin: str) -> CookieJar | None:
        jar = self._jars.pop(origin, None)
        if jar is not None:
            self._jars[origin] = jar  # the last is the one used last
        elif origin in self._given:
            jar = self._new_jar(origin)
        return jar

    def _new_jar(self, origin: str) -> CookieJar:
        if len(self._jars) >= MAX_JARS:
            del self._jars[next(iter(self._jars))]
        jar = self._jars[origin] = CookieJar(f"{origin}/")
        for cookie in self._given.get(origin, ()):
            jar.put(cookie, self._now())
        return jar


class SessionBackend:
    """A backend whose requests belong to a session; see :class:`crawler.fetch.backend.Backend`."""

    def __init__(self, backend: Backend, session: Session) -> None:
        self._backend = backend
        self._session = session

    @asynccontextmanager
    async def _get(self, url: str, headers: Mapping[str, str]) -> AsyncIterator[Answer]:
        sent = self._session.headers(url, headers)
        async with self._backend.get(url, sent) as answer:
            answer.is_outdated = lambda: self._session.headers(url).get("Cookie") != sent.get("Cookie")
            if self._session.keeps_cookies and (set_cookies := answer.values("set-cookie")):
                answer.changes_cookie = await self._session.learn(url, set_cookies)
            yield answer

    def get(self, url: str, headers: Mapping[str, str] = NO_HEADERS) -> AbstractAsyncContextManager[Answer]:
        """One GET of ``url``, with what the session sends there. Raises FetchFailed."""
        return self._get(url, headers)

    def sends(self, url: str) -> bool:
        """Whether a request for ``url`` has anything of the session."""
        return bool(self._session.headers(url))

    async def close(self) -> None:
        """Close all connections."""
        await self._backend.close()


def auth_origins(config: Config) -> set[str]:
    """The origins that ``session.auth`` has a login for."""
    return {_canonical(line.split()[0]) for line in config.session.auth}


def _own_origins(config: Config) -> frozenset[str]:
    found = [urls.resolve(url) for url in (*config.seeds, *config.scope.origins)]
    return frozenset(urls.origin(url) for url in found if url is not None)


def _headers(config: Config) -> Iterable[tuple[str, str]]:
    for line in config.session.headers:
        name, _, value = filled_in(line, "session.headers").partition(": ")
        yield name, value


def _auth(config: Config) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in config.session.auth:
        origin, scheme, name = line.split()
        site = _canonical(origin)
        if site in found:
            raise ConfigError(f"session.auth has two logins for {site}; allowed: one for each origin")
        if scheme == "basic":
            found[site] = basic(login(name, "session.auth"))
        else:
            found[site] = f"Bearer {sendable(name, 'session.auth')}"
    return found


def _canonical(text: str) -> str:
    url = urls.resolve(text)
    if url is None:
        raise ConfigError(f"session: {text} is not an origin that could be asked")
    return urls.origin(url)


def _public_suffixes() -> IsPublicSuffix:
    from publicsuffixlist import PublicSuffixList

    listed: IsPublicSuffix = PublicSuffixList().is_public
    return listed


def _is_any(_domain: str) -> bool:
    return True
