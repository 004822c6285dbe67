"""The page of a crawl that is over: what is served, and to whom."""

import json
import webbrowser
from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web

from crawler.view.live.history_server import application, show_in_browser
from crawler.view.live.server import page_files
from tests.view.feeder import PAGE
from tests.watch.pictures import picture

FILES = page_files("history")


@pytest.fixture
async def url() -> AsyncIterator[str]:
    runner = web.AppRunner(application(lambda: [picture(second) for second in range(3)], FILES))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}/"
    await runner.cleanup()


async def test_the_pictures(url: str) -> None:
    async with aiohttp.ClientSession() as session, session.get(f"{url}history") as answer:
        assert answer.content_type == "application/json"
        pictures = json.loads(await answer.read())["pictures"]
    assert [shown["elapsed"] for shown in pictures] == [0, 1, 2]


async def test_the_page_knows_that_it_shows_the_past(url: str) -> None:
    async with aiohttp.ClientSession() as session:
        async with session.get(url) as answer:
            text = await answer.text()
            assert (answer.status, answer.content_type) == (200, "text/html")
            assert '<meta name="mode" content="history">' in text
            assert "{{" not in text
        scripts = [(file.name, "text/javascript") for file in PAGE.glob("*.js")]
        for name, kind in (*scripts, ("live.css", "text/css")):
            async with session.get(f"{url}{name}") as answer:
                assert (answer.status, answer.content_type) == (200, kind)


@pytest.mark.parametrize("path", ["", "history", "nothing"])
async def test_nothing_may_be_loaded_from_elsewhere(url: str, path: str) -> None:
    async with aiohttp.ClientSession() as session, session.get(f"{url}{path}") as answer:
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'; script-src 'self';")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example:80", "[::2]"])
async def test_a_name_that_somebody_else_has_led_here_is_refused(url: str, host: str) -> None:
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{url}history", headers={"Host": host}) as answer,
    ):
        assert answer.status == 403
        assert "pictures" not in await answer.text()


async def test_there_is_nothing_to_be_changed(url: str) -> None:
    async with aiohttp.ClientSession() as session:
        for path in ("do/stop", "history", ""):
            async with session.post(f"{url}{path}") as answer:
                assert answer.status in (403, 404, 405)


class Browser:
    def __init__(self) -> None:
        self.shown: list[str] = []

    def open(self, url: str) -> None:
        self.shown.append(url)


def test_the_browser_is_opened_where_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    browser = Browser()
    monkeypatch.setattr(webbrowser, "get", lambda: browser)
    show_in_browser("http://127.0.0.1:1/")
    assert browser.shown == ["http://127.0.0.1:1/"]

    def there_is_none() -> None:
        raise webbrowser.Error("could not locate runnable browser")

    monkeypatch.setattr(webbrowser, "get", there_is_none)
    show_in_browser("http://127.0.0.1:1/")


@pytest.mark.parametrize("is_wished", [True, False])
def test_one_that_runs_in_the_terminal_is_opened_where_it_is_wished_for(
    monkeypatch: pytest.MonkeyPatch, is_wished: bool
) -> None:
    shown = []
    lynx = webbrowser.GenericBrowser("lynx")
    monkeypatch.setattr(lynx, "open", shown.append, raising=False)
    monkeypatch.setattr(webbrowser, "get", lambda: lynx)
    monkeypatch.delenv("BROWSER", raising=False)
    if is_wished:
        monkeypatch.setenv("BROWSER", "lynx")
    show_in_browser("http://127.0.0.1:1/")
    assert bool(shown) is is_wished
