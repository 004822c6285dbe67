"""What the live page answers: itself, pictures of the crawl, metrics, and four verbs."""

from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from typing import NamedTuple

from aiohttp import web

from crawler.plumbing.starter_thread import off_loop
from crawler.view.live.events import Viewers
from crawler.view.live.guard import Guard, Handler
from crawler.view.live.shown import Shown
from crawler.watch.picture import encode

_FOLDER = Path(__file__).parent
_TYPES = {".html": "text/html", ".js": "text/javascript", ".css": "text/css"}


class PageFile(NamedTuple):
    """One file of the page."""

    path: str
    text: str
    content_type: str


def page_files(mode: str = "live") -> list[PageFile]:
    """The page, as it is when a crawl runs, or with ``history`` afterwards. Blocks."""
    return [
        PageFile(
            "/" if file.name == "index.html" else f"/{file.name}",
            file.read_text(encoding="utf-8").replace("{{mode}}", mode),
            _TYPES[file.suffix],
        )
        for file in sorted(_FOLDER.iterdir())
        if file.suffix in _TYPES
    ]


def application(shown: Shown, viewers: Viewers, guard: Guard, files: list[PageFile]) -> web.Application:
    """Everything that is served."""
    app = web.Application(middlewares=[guard.middleware()], client_max_size=1)
    app.on_response_prepare.append(guard.on_response)
    for file in files:
        app.router.add_get(file.path, file_answer(file))
    app.router.add_get("/picture", _picture(shown))
    app.router.add_get("/events", viewers.events)
    app.router.add_get("/metrics", _metrics(shown))
    app.router.add_post("/do/{verb}", _verbs(shown))
    return app


def file_answer(file: PageFile) -> Handler:
    """What answers with that file."""

    async def answer(_: web.Request) -> web.Response:
        return web.Response(text=file.text, content_type=file.content_type, charset="utf-8")

    return answer


def _picture(shown: Shown) -> Handler:
    async def answer(_: web.Request) -> web.Response:
        picture = shown.picture()
        if picture is None:
            return _refused(HTTPStatus.SERVICE_UNAVAILABLE, "the crawl has not begun yet")
        return web.Response(body=encode(picture), content_type="application/json")

    return answer


def _metrics(shown: Shown) -> Handler:
    async def answer(_: web.Request) -> web.Response:
        try:
            from crawler.view.live.metrics import CONTENT_TYPE, exposition
        except ModuleNotFoundError:
            sentence = "metrics need prometheus-client: pip install 'crawler[metrics]'\n"
            return web.Response(status=HTTPStatus.NOT_IMPLEMENTED, text=sentence)
        picture = shown.picture()
        if picture is None:
            return _refused(HTTPStatus.SERVICE_UNAVAILABLE, "the crawl has not begun yet")
        body = await off_loop(lambda: exposition(picture))
        return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE})

    return answer


def _verbs(shown: Shown) -> Handler:
    async def answer(request: web.Request) -> web.Response:
        handle = shown.handle
        if handle is None:
            return _refused(HTTPStatus.CONFLICT, "no crawl runs here now")
        verb, most = request.match_info["verb"], request.query.get("n", "")
        verbs: dict[str, Callable[[], None]] = {
            "pause": handle.pause, "resume": handle.resume, "stop": handle.stop,
        }  # fmt: skip
        if verb == "concurrency":
            if not (most.isascii() and most.isdigit() and 1 <= int(most[:6]) <= handle.max_concurrency):
                sentence = f"n is the number of requests at once, 1 to {handle.max_concurrency}"
                return _refused(HTTPStatus.BAD_REQUEST, sentence)
            handle.set_concurrency(int(most[:6]))
        elif verb in verbs:
            verbs[verb]()
        else:
            return _refused(HTTPStatus.NOT_FOUND, f"there are {', '.join(verbs)} and concurrency")
        return web.json_response({"ok": True})

    return answer


def _refused(status: HTTPStatus, sentence: str) -> web.Response:
    return web.json_response({"ok": False, "error": sentence}, status=status)
