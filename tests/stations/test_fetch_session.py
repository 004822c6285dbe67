"""Cookies, headers and logins reach the origin they are for, judged from what the servers saw."""

import asyncio
import base64
from contextlib import AsyncExitStack

import pytest

from crawler.config import Config
from crawler.fetch import session as sessions
from crawler.fetch.session import Session
from crawler.model.errors import ConfigError
from crawler.model.outcomes import Kind, Outcome
from crawler.rules.scope import Scope
from tests.stations.fetch_servers import Served, always, by_target, byte_server, ok, rig

PAIR = "me:päss:word"
BASIC = f"Authorization: Basic {base64.b64encode(PAIR.encode()).decode()}\r\n"


@pytest.fixture(autouse=True)
def _variables(monkeypatch):
    monkeypatch.setenv("SITE_LOGIN", PAIR)
    monkeypatch.setenv("SITE_TOKEN", "t0ken~1==")
    monkeypatch.setenv("SITE_SESSION", "s3cret")


async def test_everything_goes_to_its_own_origin_and_to_no_other(tmp_path):
    """Another port is another origin, and a redirect from the first to the second changes nothing."""
    async with byte_server(always(ok(headers="Set-Cookie: theirs=1\r\n"))) as other:
        moved = ok(b"", f"Location: {other.url}/robots.txt\r\nSet-Cookie: kept=1; Path=/\r\n", "302 Found")
        async with byte_server(by_target({"/robots.txt": moved, "/a": moved, "/b": ok()})) as served:
            session = {
                "cookies": True,
                "headers": ["X-Env: staging", "X-Key: k-${SITE_SESSION}"],
                "auth": [f"{served.url} basic SITE_LOGIN"],
                "send_cookies": [f"{served.url} sid=${{SITE_SESSION}}"],
            }
            scope = Scope(frozenset({served.url, other.url}))
            async with rig(
                tmp_path, served.url, session=session, scope=scope, obey=True, allow_addresses=["127.0.0.1"]
            ) as fetching:
                line = await fetching.ended(f"{served.url}/a")
                assert line.kind is Kind.REDIRECTED
                await fetching.page(f"{served.url}/b")
                await fetching.page(f"{other.url}/c")
        assert served.targets == ["/robots.txt", "/a", "/b"]
        for head in served.heads:
            assert BASIC in head
            assert "X-Env: staging\r\n" in head
            assert "X-Key: k-s3cret\r\n" in head
        assert ["sid=s3cret" in head for head in served.heads] == [True] * 3
        assert ["kept=1" in head for head in served.heads] == [False, True, True]
        assert len(other.heads) == 3  # robots.txt for both origins, and a page
        for head in other.heads:
            for name in ("Authorization", "X-Env", "X-Key", "s3cret", "kept"):
                assert name not in head


async def test_a_bearer_token_is_sent_as_it_is(tmp_path):
    async with byte_server(always(ok())) as served:
        session = {"auth": [f"{served.url}/ bearer SITE_TOKEN"]}
        async with rig(tmp_path, served.url, session=session) as fetching:
            await fetching.page(f"{served.url}/")
        assert "Authorization: Bearer t0ken~1==\r\n" in served.heads[0]


async def test_a_seed_s_own_login_is_sent_to_its_origin(tmp_path):
    async with byte_server(always(ok())) as served, byte_server(always(ok())) as other:
        async with rig(tmp_path, served.url, other.url, logins={served.url: PAIR}) as fetching:
            for site in (served, other):
                await fetching.page(f"{site.url}/")
        assert BASIC in served.heads[0]
        assert "Authorization" not in other.heads[0]


async def test_a_header_of_one_s_own_takes_the_place_of_the_crawler_s(tmp_path):
    async with byte_server(always(ok())) as served:
        session = {"headers": ["accept: text/x-mine"]}
        async with rig(tmp_path, served.url, session=session) as fetching:
            await fetching.page(f"{served.url}/")
        assert served.heads[0].lower().count("\r\naccept: ") == 1
        assert "text/x-mine" in served.heads[0]


async def test_cookies_last_from_page_to_page_only_where_wanted(tmp_path):
    site = by_target({"/": ok(headers="Set-Cookie: a=1; Domain=127.0.0.1\r\nSet-Cookie: b=2; Path=/x\r\n")})
    for wanted, sent in ((True, "Cookie: a=1\r\n"), (False, None)):
        async with byte_server(site) as served:
            session = {"cookies": wanted, "headers": ["X-A: 1"]}
            async with rig(tmp_path, served.url, session=session) as fetching:
                for _ in range(2):
                    await fetching.page(f"{served.url}/")
            assert "Cookie" not in served.heads[0]
            assert ("Cookie" in served.heads[1]) is wanted
            assert sent is None or sent in served.heads[1]


@pytest.mark.parametrize("cookies", [True, False])
async def test_a_redirect_to_itself_is_followed_in_place_with_all_cookies(tmp_path, cookies):
    async def wall(_served: Served, head: str, writer: asyncio.StreamWriter) -> None:
        asked = "Cookie: mine=1; a=1\r\n" in head
        writer.write(ok() if asked else ok(b"", "Location: /wall\r\nSet-Cookie: a=1\r\n", "302 Found"))
        await writer.drain()

    async with byte_server(wall) as served:
        session = {"cookies": cookies, "send_cookies": [f"{served.url} mine=1"]}
        async with rig(tmp_path, served.url, session=session) as fetching:
            for _ in range(2):
                await fetching.page(f"{served.url}/wall")
        # What is kept need not be asked for again.
        assert len(served.heads) == (3 if cookies else 4)


async def test_a_wall_whose_cookie_is_refused_is_a_loop(tmp_path):
    answer = ok(b"", "Location: /\r\nSet-Cookie: n=1; Domain=com\r\n", "302 Found")
    async with byte_server(by_target({"/": answer})) as served:
        async with rig(tmp_path, served.url, session={"cookies": True}) as fetching:
            line = await fetching.ended(f"{served.url}/")
        assert (line.outcome, line.kind) == (Outcome.ERROR, Kind.REDIRECT_LOOP)
        assert len(served.heads) == 1  # there is nothing new to come with


async def test_a_redirect_cannot_choose_a_login(tmp_path):
    async with AsyncExitStack() as stack:
        site: dict[str, bytes] = {"/there": ok()}
        served = await stack.enter_async_context(byte_server(by_target(site)))
        target = served.url.replace("//", "//u:p@") + "/there"
        site["/"] = ok(b"", f"Location: {target}\r\n", "302 Found")
        fetching = await stack.enter_async_context(rig(tmp_path, served.url))
        assert (await fetching.ended(f"{served.url}/")).final_url == f"{served.url}/there"


async def test_cookies_of_many_origins_fill_no_memory(monkeypatch):
    monkeypatch.setattr(sessions, "MAX_JARS", 3)
    session = Session(Config(session={"cookies": True}), now=lambda: 0.0)
    for number in range(10):
        await session.learn(f"http://{number}.test/", ["a=1"])
    sent = ["Cookie" in session.headers(f"http://{number}.test/") for number in range(10)]
    assert sent == [False] * 7 + [True] * 3


@pytest.mark.parametrize(
    ("settings", "variable", "value", "reason"),
    [
        ({"auth": ["http://a.test basic SITE_LOGIN"]}, "SITE_LOGIN", None, "SITE_LOGIN, which is not set"),
        ({"auth": ["http://a.test basic SITE_LOGIN"]}, "SITE_LOGIN", "h1dden", "not USER:PASSWORD"),
        ({"auth": ["http://a.test bearer SITE_TOKEN"]}, "SITE_TOKEN", "h1dden\r\nX: y", "printable ASCII"),
        ({"headers": ["X-A: ${SITE_TOKEN}"]}, "SITE_TOKEN", "h1dden\n", "printable ASCII"),
        ({"send_cookies": ["http://a.test a=${SITE_TOKEN}"]}, "SITE_TOKEN", None, "SITE_TOKEN, which"),
        ({"auth": ["http://a.test basic SITE_LOGIN", "http://A.test:80/ basic SITE_LOGIN"]}, "X", "y", "two"),
    ],
)
def test_a_secret_that_cannot_be_used_is_named_and_not_shown(monkeypatch, settings, variable, value, reason):
    if value is None:
        monkeypatch.delenv(variable)
    else:
        monkeypatch.setenv(variable, value)
    with pytest.raises(ConfigError, match=reason) as caught:
        Session(Config(session=settings))
    assert "h1dden" not in str(caught.value)
