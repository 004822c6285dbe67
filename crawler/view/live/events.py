"""What a viewer of the live page is sent: a whole picture, then what has changed, as server-sent events.

Nothing waits for a viewer. Each takes the newest picture whenever it has taken the one before, and is sent
what differs from that; so a slow one sees fewer of them, and there is no line that could grow.
"""

import asyncio
import json
import time
from contextlib import suppress
from http import HTTPStatus
from socket import SO_SNDBUF, SOL_SOCKET
from typing import Any

from aiohttp import web

from crawler.view.live.shown import Shown
from crawler.watch.picture import as_dict

MAX_VIEWERS = 32
INTERVAL = 0.5
"""Seconds between two pictures."""
KEEP_ALIVE = 15.0
"""Seconds without a change after which something is said all the same."""
PATIENCE = 30.0
"""Seconds for which a viewer may take nothing."""
SEND_BUFFER = 128 * 1024
"""Bytes that the system keeps for one viewer."""


class Viewers:
    """All who look at one crawl; in the event loop of the page."""

    def __init__(self, shown: Shown) -> None:
        self._shown = shown
        self._ended = asyncio.Event()
        self._looking = 0
        self._taken = float("-inf")
        self._picture: dict[str, Any] | None = None

    def end(self) -> None:
        """The crawl is over: each viewer gets the last picture, and is told so."""
        self._ended.set()

    async def events(self, request: web.Request) -> web.StreamResponse:
        """``GET /events``."""
        if self._looking >= MAX_VIEWERS:
            error = f"{MAX_VIEWERS} viewers look at this crawl already"
            return web.json_response({"ok": False, "error": error}, status=HTTPStatus.SERVICE_UNAVAILABLE)
        self._looking += 1
        try:
            response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
            await response.prepare(request)
            if request.transport is not None:
                request.transport.get_extra_info("socket").setsockopt(SOL_SOCKET, SO_SNDBUF, SEND_BUFFER)
            with suppress(ConnectionError, TimeoutError):  # it has gone away, or takes nothing
                await self._send_all(response)
            if request.transport is not None and not self._ended.is_set():
                request.transport.abort()
            return response
        finally:
            self._looking -= 1

    async def _send_all(self, response: web.StreamResponse) -> None:
        seen: dict[str, Any] | None = None
        spoke = float("-inf")
        while True:
            is_over = self._ended.is_set()
            now = self._now(is_fresh=is_over)
            text = _event("snapshot", now) if now is not None and (seen is None or is_over) else ""
            if not text and now is not None and seen is not None and (patch := changes(seen, now)):
                text = _event("change", patch)
            if not text and time.monotonic() - spoke >= KEEP_ALIVE:
                text = ": keep-alive\n\n"
            if is_over:
                text += _event("end", {})
            if text:
                async with asyncio.timeout(PATIENCE):
                    await response.write(text.encode())
                seen, spoke = now, time.monotonic()
            if is_over:
                return
            with suppress(TimeoutError):
                async with asyncio.timeout(INTERVAL):
                    await self._ended.wait()

    def _now(self, *, is_fresh: bool) -> dict[str, Any] | None:
        """The newest picture, one for all viewers; none is taken where nobody looks."""
        if is_fresh or time.monotonic() - self._taken >= INTERVAL * 0.9:
            picture = self._shown.picture()
            self._picture = None if picture is None else as_dict(picture)
            self._taken = time.monotonic()
        return self._picture


def changes(before: dict[str, Any], now: dict[str, Any]) -> dict[str, Any]:
    """A merge patch (RFC 7396) from one picture to the next: the keys that changed, arrays whole."""
    found = {}
    for key, value in now.items():
        old = before[key]
        if old == value:
            continue
        if isinstance(value, dict):
            gone = dict.fromkeys(old.keys() - value.keys())
            found[key] = gone | {name: inner for name, inner in value.items() if old.get(name) != inner}
        else:
            found[key] = value
    return found


def _event(name: str, data: dict[str, Any]) -> str:
    return f"event: {name}\ndata: {json.dumps(data, separators=(',', ':'), ensure_ascii=False)}\n\n"
