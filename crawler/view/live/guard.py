"""Who may see a crawl's page, and who may press its buttons: what is refused, and why.

A page on loopback is within reach of every site that is open in the user's browser. So no other name may
lead here (DNS rebinding), nothing may be posted from elsewhere, and the page itself may load nothing from
elsewhere. Beyond loopback whoever looks must also know a token.
"""

import hmac
import ipaddress
import socket
from collections.abc import Awaitable, Callable
from contextlib import suppress
from http import HTTPStatus
from typing import Final
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Middleware

from crawler.rules.urls import is_loopback

HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:;"
        " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
"""Of every answer."""
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_ANY = frozenset({"0.0.0.0", "::"})  # noqa: S104 - compared with, never bound to
_SIX_MONTHS = 180 * 24 * 3600
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Guard:
    """Looks at each request before anybody else does."""

    def __init__(self, host: str, port: int, token: str | None) -> None:
        """``host`` is what the page is served on; without a ``token`` nobody needs one."""
        self._names = _LOOPBACK | {host.strip("[]").lower()}
        self._is_any = host in _ANY
        if self._is_any:
            self._names |= {name_of(host).lower()}
        self._token = token
        self._cookie = f"crawler-{port}"  # cookies know no ports: each crawl of a host has its own

    async def on_response(self, _: web.Request, response: web.StreamResponse) -> None:
        """Give every answer its headers, and none that tells what it is served with."""
        response.headers.update(HEADERS)
        response.headers.pop("Server", None)

    def middleware(self) -> Middleware:
        """For the application."""

        @web.middleware
        async def guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
            return self._refusal(request) or await handler(request)

        return guarded

    def _refusal(self, request: web.Request) -> web.Response | None:
        """The answer to a request that goes no further."""
        host = request.headers.get("Host", "")
        if not self._is_ours(host):
            return _said(HTTPStatus.FORBIDDEN, "this page is not served under that name")
        if self._token is not None:
            if request.path == "/" and self._is_token(request.query.get("token")):
                return self._let_in()
            if not self._knows_token(request):
                refusal = _said(HTTPStatus.UNAUTHORIZED, "a token is needed: open the URL that was printed")
                refusal.headers["WWW-Authenticate"] = "Bearer"
                return refusal
        if request.method == "POST" and not self._may_post(request, host):
            return _said(
                HTTPStatus.FORBIDDEN, "only the page itself may do this, or a program with the token"
            )
        return None

    def _is_ours(self, host: str) -> bool:
        try:
            name = urlsplit(f"//{host}").hostname or ""
        except ValueError:
            return False
        if name in self._names:
            return True
        if self._is_any:
            with suppress(ValueError):  # an address is no name that somebody could make lead here
                return bool(ipaddress.ip_address(name))
        return False

    def _is_token(self, given: str | None) -> bool:
        token = self._token or ""
        return given is not None and hmac.compare_digest(given.encode("utf-8", "replace"), token.encode())

    def _knows_token(self, request: web.Request) -> bool:
        return self._is_token(request.cookies.get(self._cookie)) or self._bears_token(request)

    def _bears_token(self, request: web.Request) -> bool:
        kind, _, bearer = request.headers.get("Authorization", "").partition(" ")
        return self._token is not None and kind.lower() == "bearer" and self._is_token(bearer.strip())

    def _may_post(self, request: web.Request, host: str) -> bool:
        if request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
            return False
        if (origin := request.headers.get("Origin")) is not None:
            return origin == f"{request.scheme}://{host}"
        # A program: a browser says where a post comes from, and sends this header nowhere else unasked.
        return self._bears_token(request)

    def _let_in(self) -> web.Response:
        """The token becomes a cookie, so that it does not stay in the address that is shown."""
        response = web.Response(status=HTTPStatus.SEE_OTHER, headers={"Location": "/"})
        response.set_cookie(
            self._cookie, self._token or "", httponly=True, samesite="Strict", path="/", max_age=_SIX_MONTHS
        )
        return response


def name_of(host: str) -> str:
    """What leads to what is served on ``host``: where that is all addresses, the machine's name."""
    return socket.gethostname() if host in _ANY else host


def is_local(host: str) -> bool:
    """Whether only this machine reaches what is served on ``host``."""
    return is_loopback(f"http://{f'[{host}]' if ':' in host else host}/")


def _said(status: HTTPStatus, sentence: str) -> web.Response:
    return web.json_response({"ok": False, "error": sentence}, status=status)
