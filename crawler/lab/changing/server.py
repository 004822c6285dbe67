"""The site that changes, as a server that notes what it was asked and what it sent."""

from collections.abc import Mapping
from typing import NamedTuple

from aiohttp import web

from crawler.lab.changing.answering import Reply, reply
from crawler.lab.changing.script import script
from crawler.lab.changing.stage import LOG_PATH, STAGE_PATH, STAGES

NOTED = ("if-none-match", "if-modified-since", "accept-encoding")
"""Headers of a request that are kept in the log."""
ROBOTS_PATH, ROBOTS = "/robots.txt", b"User-agent: *\nAllow: /\n"


class Asked(NamedTuple):
    """One request, and what was answered."""

    method: str
    path: str
    headers: Mapping[str, str]
    """Those of :data:`NOTED` that it had."""
    status: int
    sent: int
    """Bytes of the body."""


class ChangingSite:
    """The five stages that are made from ``seed``, and the one of them that is served now."""

    def __init__(self, seed: int) -> None:
        self.stages = script(seed)
        self.stage = 1
        """May be set, to serve another one."""
        self.log: list[Asked] = []
        """Every request so far."""

    def app(self) -> web.Application:
        """What serves it."""
        app = web.Application()
        app.router.add_put(STAGE_PATH, self._set_stage)
        app.router.add_get(LOG_PATH, self._tell)
        app.router.add_route("*", "/{path:.*}", self._answer)
        return app

    def taken_log(self) -> list[Asked]:
        """The log, which is empty from now on."""
        log, self.log = self.log, []
        return log

    async def _answer(self, request: web.Request) -> web.Response:
        if request.method not in ("GET", "HEAD"):
            return web.Response(status=405, headers={"Allow": "GET, HEAD"})
        path, headers = request.raw_path, {name.lower(): value for name, value in request.headers.items()}
        if path == ROBOTS_PATH:
            status, told, body = Reply(200, {"Content-Type": "text/plain"}, ROBOTS)
        else:
            status, told, body = reply(self.stages[self.stage - 1].pages.get(path), headers, self.stage)
        noted = {name: headers[name] for name in NOTED if name in headers}
        sent = len(body) if request.method == "GET" else 0
        self.log.append(Asked(request.method, path, noted, status, sent))
        return web.Response(status=status, headers=told, body=body)

    async def _set_stage(self, request: web.Request) -> web.Response:
        text = await request.text()
        if text not in {str(number) for number in range(1, STAGES + 1)}:
            return web.Response(status=400, text=f"There are the stages 1 to {STAGES}.\n")
        self.stage = int(text)
        return web.Response(text=f"This is stage {text} from now on.\n")

    async def _tell(self, _request: web.Request) -> web.Response:
        return web.json_response([asked._asdict() for asked in self.taken_log()])
