"""Who is let in to the live page: each way in that must be shut, tried."""

import socket

import pytest
from aiohttp import ClientSession

from crawler import Config, Crawler
from crawler.config import written
from crawler.config.watching_sections import DashboardConfig
from crawler.engine.lifecycle import saved_settings
from crawler.engine.resuming import settings_of
from crawler.model.errors import ConfigError
from crawler.plumbing.starter_thread import off_loop
from crawler.view.live.guard import HEADERS
from tests.view.watched import SECRET, page_of, served, settings, watched

PATHS = ("/", "/live.js", "/live.css", "/picture", "/events", "/metrics", "/no-such-page", "/?token=x")
WITH_TOKEN = DashboardConfig(port=0, token=SECRET)


async def test_without_the_token_nothing_is_said(tmp_path):
    async with served() as site, watched(settings(site, tmp_path), WITH_TOKEN) as live:
        for path in PATHS:
            for headers in (
                {},
                {"Authorization": "Bearer wrong"},
                {"Authorization": f"Basic {SECRET}"},
                {"Cookie": f"crawler-{live.page.address.split(':')[2].rstrip('/')}=wrong"},
                {"Authorization": "Bearer \xff"},
            ):
                async with live.session.get(path, headers=headers, allow_redirects=False) as answer:
                    told = await answer.text()
                    assert (answer.status, answer.content_type) == (401, "application/json"), path
                    assert answer.headers["WWW-Authenticate"] == "Bearer"
                    assert str(site.url.split("/")[2]) not in told
                    assert SECRET not in told
        assert (await live.post("stop"))[0] == 401
        assert len([record async for record in live.crawl]) == 66


async def test_the_token_in_the_url_becomes_a_cookie(tmp_path):
    async with page_of(WITH_TOKEN) as (page, session):
        assert page.url == f"{page.address}?token={SECRET}"
        async with session.get(f"/?token={SECRET}", allow_redirects=False) as answer:
            assert (answer.status, answer.headers["Location"]) == (303, "/")
            cookie = answer.headers["Set-Cookie"]
            assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= set(cookie.split("; "))
        name_and_value = cookie.split(";")[0]
        assert name_and_value.startswith(f"crawler-{page.address.split(':')[2].rstrip('/')}=")
        for headers in ({"Cookie": name_and_value}, {"Authorization": f"Bearer {SECRET}"}):
            async with ClientSession(page.address) as other, other.get("/", headers=headers) as answer:
                assert answer.status == 200


async def test_beyond_loopback_a_token_is_made():
    name = socket.gethostname()
    async with page_of(DashboardConfig(port=0, host="0.0.0.0")) as (page, _), ClientSession() as session:
        assert page.made_token is not None
        assert len(page.made_token) >= 40
        assert page.address.startswith(f"http://{name}:"), "who reads it elsewhere can use it"
        here = page.address.replace(name, "127.0.0.1")
        async with session.get(here) as answer:
            assert answer.status == 401
        async with session.get(here, headers={"Authorization": f"Bearer {page.made_token}"}) as answer:
            assert answer.status == 200
        with_its_name = {"Authorization": f"Bearer {page.made_token}", "Host": page.address.split("/")[2]}
        async with session.get(here, headers=with_its_name) as answer:
            assert answer.status == 200
        async with session.get(here, headers={"Host": "evil.example"}) as answer:
            assert answer.status == 403


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "192.0.2.1", "localhost.", "[", "", "a b"]
)
async def test_no_other_name_leads_here(host):
    async with page_of() as (_, session):
        for path in PATHS:
            async with session.get(path, headers={"Host": host}) as answer:
                assert answer.status == 403, path


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:8000", "LOCALHOST:1", "[::1]:8000"])
async def test_this_machine_is_called_by_its_names_through_whatever_port(host):
    async with page_of() as (_, session), session.get("/", headers={"Host": host}) as answer:
        assert answer.status == 200


async def test_only_the_page_itself_may_post(tmp_path):
    async with served() as site, watched(settings(site, tmp_path)) as live:
        own = live.page.address.rstrip("/")
        for headers in (
            {},
            {"Origin": "null"},
            {"Origin": "http://evil.example"},
            {"Origin": "http://127.0.0.1:1"},
            {"Origin": own.replace("127.0.0.1", "localhost")},
            {"Origin": f"ftp://{own.split('/')[2]}"},
            {"Origin": own.replace("http:", "https:")},
            {"Authorization": "Bearer "},
            {"Authorization": f"Bearer {SECRET}"},
            {"Origin": own, "Sec-Fetch-Site": "cross-site"},
            {"Origin": own, "Sec-Fetch-Site": "same-site"},
            {"Origin": own, "Sec-Fetch-Site": "none"},
        ):
            async with live.session.post("/do/stop", headers=headers) as answer:
                assert answer.status == 403, headers
        assert (await live.post("resume", **{"Sec-Fetch-Site": "same-origin"}))[0] == 200
        async with live.session.get("/do/stop") as answer:
            assert answer.status == 405
        assert len([record async for record in live.crawl]) == 66
    assert live.crawl.report is not None
    assert live.crawl.report.state == "finished"


async def test_a_program_that_sends_the_token_may_post(tmp_path):
    program = {"Authorization": f"Bearer {SECRET}"}
    async with served() as site, watched(settings(site, tmp_path), WITH_TOKEN) as live:
        for headers, status in (
            (program, 200),
            (program | {"Origin": live.page.address.rstrip("/")}, 200),
            (program | {"Origin": "http://evil.example"}, 403),
            (program | {"Origin": "null"}, 403),
            (program | {"Sec-Fetch-Site": "cross-site"}, 403),
            ({"Cookie": f"crawler-{live.page.address.split(':')[2].rstrip('/')}={SECRET}"}, 403),
        ):
            async with live.session.post("/do/resume", headers=headers) as answer:
                assert answer.status == status, headers
        assert len([record async for record in live.crawl]) == 66


async def test_every_answer_says_what_its_page_may_do(tmp_path):
    assert "script-src 'self'" in HEADERS["Content-Security-Policy"]
    async with served() as site, watched(settings(site, tmp_path)) as live:
        for path in PATHS:
            async with live.session.get(path) as answer:
                assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS, path
                assert not {"Access-Control-Allow-Origin", "Server"} & answer.headers.keys()
        async with live.session.get("/", headers={"Host": "evil.example"}) as answer:
            assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS


async def test_the_token_is_kept_nowhere(tmp_path, caplog):
    caplog.set_level("DEBUG")
    async with served() as site:
        config = settings(site, tmp_path, dashboard={"port": 0, "token": SECRET})
        async with page_of(config.dashboard) as (page, _), Crawler(config, beside=page.beside) as crawl:
            assert len([record async for record in crawl]) == 66
    for path in tmp_path.rglob("*"):
        assert not path.is_file() or SECRET.encode() not in path.read_bytes(), path
    assert page.address in caplog.text
    assert SECRET not in caplog.text + repr(config) + saved_settings(config)
    assert SECRET not in "\n".join(written.effective(config))


async def test_a_page_is_not_served_again_without_its_token(tmp_path):
    page = {"port": 0, "host": "0.0.0.0", "token": SECRET}
    async with served() as site:
        async with Crawler(settings(site, tmp_path, dashboard=page)) as crawl:
            assert len([record async for record in crawl]) == 66
        assert (await off_loop(lambda: settings_of(tmp_path))).dashboard == DashboardConfig()
        async with Crawler(settings(site, tmp_path, dashboard=page, again=True)) as crawl:
            assert len([record async for record in crawl]) == 66
        assert (await off_loop(lambda: settings_of(tmp_path, 2))).dashboard == DashboardConfig()


def test_a_token_that_is_refused_is_not_shown(monkeypatch):
    monkeypatch.setenv("CRAWLER_DASHBOARD__TOKEN", "too short")
    with pytest.raises(ConfigError, match=r"dashboard\.token .*16 to 200 letters") as refused:
        Config()
    assert "too short" not in str(refused.value)
    monkeypatch.setenv("CRAWLER_DASHBOARD__TOKEN", SECRET)
    assert Config().dashboard.token == SECRET
