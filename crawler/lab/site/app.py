"""The fixture site as an aiohttp application: a bookshop whose back room holds all that is odd on the web.

Everything is made before the first request; what is left to do for each is a look-up. Each
application starts anew: its log is empty, and what fails the first time will fail once more.
"""

import asyncio
from collections import Counter
from collections.abc import Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from aiohttp import web

from crawler.lab.site.annex import read_annex
from crawler.lab.site.answers import HOST, ORIGIN, OTHER, Answer, Site
from crawler.lab.site.pages import read_site

LOG_PATH = "/__log__"
"""GET answers the request log as a JSON list; DELETE empties it and starts anew. No page links here."""
FLAP_RETRY_AFTER = 1
"""Seconds that a flapping address asks its clients to wait."""


class Asked(NamedTuple):
    """One request as it came in."""

    method: str
    path: str
    """Path and query, as on the request line."""
    user_agent: str | None


LOG: web.AppKey[list[Asked]] = web.AppKey("log", list)
"""``app[LOG]``: every request so far, in order; those to the log itself left out."""
SITE: web.AppKey[Site] = web.AppKey("site", Site)
LATENCY: web.AppKey[float] = web.AppKey("latency", float)
"""Seconds that every answer takes, beside the delay of its own."""
HEADERS: web.AppKey[Mapping[str, str]] = web.AppKey("headers", Mapping)
"""Sent with every answer."""
NO_HEADERS: Mapping[str, str] = MappingProxyType({})
_FLAPPED: web.AppKey[Counter[str]] = web.AppKey("flapped", Counter)


def fixture_root() -> Traversable:
    """The fixtures: in the package where that came from a wheel, else at the top of the checkout."""
    packaged = files("crawler") / "fixtures"
    return packaged if packaged.is_dir() else Path(__file__).parents[3] / "fixtures"


def make_app(
    root: Traversable | Path,
    latency: float = 0.0,
    headers: Mapping[str, str] = NO_HEADERS,
    *,
    annex: bool = False,
) -> web.Application:
    """The site in the fixtures folder ``root``, or its annex. Reads files: not for a loop's own thread."""
    return app_of(read_annex(root) if annex else read_site(root), latency, headers)


def app_of(site: Site, latency: float = 0.0, headers: Mapping[str, str] = NO_HEADERS) -> web.Application:
    """A site that was read before, with a log of its own."""
    app = web.Application()
    app[SITE], app[LOG], app[_FLAPPED] = site, [], Counter()
    app[LATENCY], app[HEADERS] = latency, headers
    app.router.add_get(LOG_PATH, _tell)
    app.router.add_delete(LOG_PATH, _start_anew)
    app.router.add_route("*", "/{path:.*}", _answer)
    app.on_response_prepare.append(_sign)
    return app


async def _answer(request: web.Request) -> web.Response:
    path = request.raw_path
    request.app[LOG].append(Asked(request.method, path, request.headers.get("User-Agent")))
    if request.method not in ("GET", "HEAD"):
        return web.Response(status=405, headers={"Allow": "GET, HEAD"})
    site = request.app[SITE]
    answer = site.answers.get(path) or site.missing_at.get(request.url.host or "", site.missing)
    if answer.breaks and request.transport is not None:
        request.transport.abort()
    if delay := answer.delay + request.app[LATENCY]:
        await asyncio.sleep(delay)
    flapped = request.app[_FLAPPED]
    if flapped[path] < answer.flaps:
        flapped[path] += 1
        return web.Response(status=503, headers={"Retry-After": str(FLAP_RETRY_AFTER)})
    if answer.cookie and answer.cookie not in request.headers.get("Cookie", ""):
        return web.Response(status=302, headers={"Location": path, "Set-Cookie": answer.cookie})
    return _response(request, answer)


def _response(request: web.Request, answer: Answer) -> web.Response:
    body, headers = answer.body, dict(answer.headers)
    if answer.coding is not None:
        headers["Vary"] = "Accept-Encoding"
        if answer.coding in _accepted(request):
            headers["Content-Encoding"] = answer.coding
            body = answer.coded
    elif answer.names_host:
        names = _names(request)
        headers = {name: _filled(value.encode(), names).decode() for name, value in headers.items()}
        body = _filled(body, names)
    return web.Response(status=answer.status, headers=headers, body=body)


def _names(request: web.Request) -> dict[bytes, bytes]:
    """What the names of the host in a body mean."""
    scheme, host = request.scheme.encode(), request.host.encode()
    name, colon, port = host.rpartition(b":")
    other = b"localhost" if name == b"127.0.0.1" else b"127.0.0.1"
    return {HOST: host, ORIGIN: scheme + b"://" + host, OTHER: scheme + b"://" + other + colon + port}


def _filled(text: bytes, names: Mapping[bytes, bytes]) -> bytes:
    for name, meant in names.items():
        text = text.replace(name, meant)
    return text


def _accepted(request: web.Request) -> set[str]:
    header = request.headers.get("Accept-Encoding", "")
    return {part.partition(";")[0].strip().lower() for part in header.split(",")}


async def _sign(request: web.Request, response: web.StreamResponse) -> None:
    response.headers["Server"] = "lantern"
    response.headers.update(request.app[HEADERS])


async def _tell(request: web.Request) -> web.Response:
    return web.json_response(request.app[LOG])


async def _start_anew(request: web.Request) -> web.Response:
    request.app[LOG].clear()
    request.app[_FLAPPED].clear()
    return web.Response(status=204)
