"""A crawl with its live page, in one process, and a site that knows how it was asked."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

from aiohttp import ClientSession, web

from crawler import Config, Crawler
from crawler.config.watching_sections import DashboardConfig
from crawler.plumbing.starter_thread import block_off_loop, off_loop
from crawler.view.live.live_thread import LivePage

ANY_PORT = DashboardConfig(port=0)
SECRET = "a-token-that-nobody-guesses"
WITHIN = 10.0
"""Seconds that anything may take."""


class Site:
    """Pages ``/0`` to ``/N-1``; every tenth link leads to nothing."""

    def __init__(self, pages: int, delay: float) -> None:
        self.pages, self.delay = pages, delay
        self.asked = self.in_flight = self.peak = 0
        self.url = ""

    async def answer(self, request: web.Request) -> web.Response:
        self.asked += 1
        self.in_flight += 1
        self.peak = max(self.peak, self.in_flight)
        await asyncio.sleep(self.delay)
        self.in_flight -= 1
        number = int(request.match_info["number"])
        if number >= self.pages:
            raise web.HTTPNotFound
        further = [n for n in range(5 * number + 1, 5 * number + 6) if n < self.pages]
        if number % 10 == 3:
            further.append(self.pages + number)
        links = "".join(f'<a href="/{n}">{n}</a>' for n in further)
        return web.Response(text=f"<title>page {number}</title>{links}", content_type="text/html")


@asynccontextmanager
async def served(pages: int = 60, delay: float = 0.0) -> AsyncIterator[Site]:
    site = Site(pages, delay)
    app = web.Application()
    app.router.add_get(r"/{number:\d+}", site.answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        site.url = f"http://127.0.0.1:{runner.addresses[0][1]}/0"
        yield site
    finally:
        await runner.cleanup()


class Watched(NamedTuple):
    page: LivePage
    session: ClientSession
    crawl: Crawler

    async def picture(self) -> dict[str, Any]:
        async with self.session.get("/picture") as answer:
            assert answer.status == 200, await answer.text()
            return await answer.json()

    async def until(self, **wanted: Any) -> dict[str, Any]:
        async with asyncio.timeout(WITHIN):
            while True:
                found = await self.picture()
                if all(found[key] == value for key, value in wanted.items()):
                    return found
                await asyncio.sleep(0.01)

    async def post(self, verb: str, **headers: str) -> tuple[int, dict[str, Any]]:
        headers = {"Origin": self.page.address.rstrip("/"), **headers}
        async with self.session.post(f"/do/{verb}", headers=headers) as answer:
            return answer.status, await answer.json()


def settings(site: Site, out: Path, **keys: Any) -> Config:
    quick = {"parse": {"executor": "inline"}, "write": {"sinks": []}, "robots": {"obey": False}}
    return Config(seeds=[site.url], out=out, **(quick | keys))


@asynccontextmanager
async def page_of(dashboard: DashboardConfig = ANY_PORT) -> AsyncIterator[tuple[LivePage, ClientSession]]:
    page = await off_loop(lambda: LivePage(dashboard))
    async with block_off_loop(page), ClientSession(page.address, read_bufsize=2**22) as session:
        yield page, session


@asynccontextmanager
async def watched(config: Config, dashboard: DashboardConfig = ANY_PORT) -> AsyncIterator[Watched]:
    async with (
        page_of(dashboard) as (page, session),
        Crawler(config, beside=page.beside) as crawl,
    ):
        yield Watched(page, session, crawl)


async def seen_by(session: ClientSession, address: str) -> list[tuple[str, dict[str, Any]]]:
    """What a viewer is sent, as (event, data), to the end."""
    found = []
    async with session.get(f"{address}events") as answer:
        assert (answer.status, answer.content_type) == (200, "text/event-stream")
        name = ""
        while line := await answer.content.readuntil(b"\n"):
            word, _, rest = line.decode().rstrip("\n").partition(": ")
            if word == "event":
                name = rest
            elif word == "data":
                found.append((name, json.loads(rest)))
    return found


def merged(target: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    """RFC 7396."""
    found = dict(target)
    for key, value in patch.items():
        if value is None:
            found.pop(key, None)
        elif isinstance(value, dict):
            old = found.get(key)
            found[key] = merged(old if isinstance(old, dict) else {}, value)
        else:
            found[key] = value
    return found
