"""Through a proxy: what the proxy sees, what the server sees, and what a failure is called."""

import asyncio
import base64
import importlib.util
import socket
import ssl
from contextlib import suppress

import pytest

from crawler.config import Config
from crawler.fetch.address_guard import AddressGuard
from crawler.fetch.attempt import Retry
from crawler.fetch.proxy import proxy_of
from crawler.model.errors import ConfigError
from crawler.model.outcomes import Kind
from tests.proxies import Names, http_proxy, socks_proxy
from tests.stations.fetch_servers import always, byte_server, ok, rig

for package in ("python_socks", "trustme"):
    if importlib.util.find_spec(package) is None:
        pytest.skip(f"not installed: {package}", allow_module_level=True)

import trustme  # noqa: E402

BASIC = f"Basic {base64.b64encode(b'me:s3cret').decode()}"


def names(url: str) -> Names:
    """The proxy finds site.test at ``url``; nobody else does."""
    return {"site.test": ("127.0.0.1", int(url.rpartition(":")[2]))}


@pytest.fixture(scope="module")
def paper(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tls")
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "ca.pem")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("site.test").configure_cert(context)
    return str(folder / "ca.pem"), context


@pytest.fixture
def free_port() -> int:
    with socket.socket() as plug:
        plug.bind(("127.0.0.1", 0))
        return int(plug.getsockname()[1])


@pytest.mark.parametrize("target", ["/", "/?", "/a%2Fb?c=%zz|d", "//x"])
async def test_a_page_is_forwarded_by_an_http_proxy(tmp_path, monkeypatch, target):
    monkeypatch.setenv("PROXY_LOGIN", "me:s3cret")
    async with (
        byte_server(always(ok())) as served,
        http_proxy(names(served.url), BASIC) as proxy,
        rig(tmp_path, proxy=proxy.url, proxy_login="PROXY_LOGIN") as fetching,
    ):
        for _ in range(2):
            assert (await fetching.page(f"http://site.test{target}")).body == b"<p>hello"
        assert proxy.heads[0].startswith(f"GET http://site.test{target} HTTP/1.1\r\n")
        assert "\r\nHost: site.test\r\n" in proxy.heads[0]
        assert served.targets == [target] * 2
        assert "Proxy-Authorization" not in served.heads[0]
        assert fetching.counters.requests == 2


@pytest.mark.parametrize("make", [http_proxy, socks_proxy])
async def test_tls_goes_through_a_tunnel_and_is_verified(tmp_path, paper, make, kept):
    ca_file, context = paper
    async with byte_server(always(ok()), ssl=context) as served, make(names(served.url)) as proxy:
        async with rig(tmp_path, proxy=proxy.url, ca_file=ca_file) as fetching:
            for _ in range(2):
                assert (await fetching.page("https://site.test/x")).body == b"<p>hello"
        assert proxy.targets == ["site.test:443"] * (1 if kept else 2)
        assert served.targets == ["/x", "/x"]
        async with rig(tmp_path, proxy=proxy.url) as fetching:
            assert (await fetching.ended("https://site.test/x")).kind is Kind.TLS


async def test_a_page_comes_through_socks_and_its_name_is_looked_up_there(tmp_path, monkeypatch, kept):
    monkeypatch.setenv("PROXY_LOGIN", "me:s3cret")
    async with (
        byte_server(always(ok())) as served,
        socks_proxy(names(served.url), "me:s3cret") as proxy,
        rig(tmp_path, proxy=proxy.url, proxy_login="PROXY_LOGIN") as fetching,
    ):
        for _ in range(2):
            await fetching.page("http://site.test:81/?a")
        made = 1 if kept else 2
        assert (proxy.targets, proxy.logins) == (["site.test:81"] * made, ["me:s3cret"] * made)
        assert (served.targets, served.connections) == (["/?a"] * 2, made)


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("login", [None, "PROXY_LOGIN"])
async def test_a_proxy_that_wants_another_login_is_named_and_not_asked_again(
    tmp_path, monkeypatch, scheme, login
):
    monkeypatch.setenv("PROXY_LOGIN", "me:s3cret")
    async with (
        http_proxy({}, "Basic other") as proxy,
        rig(tmp_path, proxy=proxy.url, proxy_login=login, retries=1) as at,
    ):
        line = await at.ended(f"{scheme}://site.test/")
        assert (line.kind, line.status) == (Kind.CONNECT, None)
        assert f"proxy {proxy.url} {'refused its' if login else 'wants a'} login" in str(line.message)
        assert "s3cret" not in str(line.message)
    if login is None:
        return
    async with (
        socks_proxy({}, "o:ther") as proxy,
        rig(tmp_path, proxy=proxy.url, proxy_login=login, retries=1) as at,
    ):
        line = await at.ended(f"{scheme}://site.test/")
        assert line.kind is Kind.CONNECT
        assert proxy.url in str(line.message)
        assert "s3cret" not in str(line.message)


@pytest.mark.parametrize("kind", ["http", "socks5"])
@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_a_proxy_that_is_not_there_is_named(tmp_path, free_port, kind, scheme):
    url = f"{kind}://127.0.0.1:{free_port}"
    async with rig(tmp_path, proxy=url) as fetching:
        line = await fetching.ended(f"{scheme}://site.test/")
        assert line.kind is Kind.CONNECT
        assert f"The proxy {url} cannot be reached" in str(line.message)


@pytest.mark.parametrize(
    "reply",
    [
        b"HTTP/1.1 502 Bad Gateway\r\n\r\n",
        b"SSH-2.0-x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\nmore",
        b"HTTP/1.1 200",
    ],
)
async def test_a_tunnel_that_is_refused_or_odd_is_no_connection(tmp_path, reply):
    async with http_proxy({}, reply=reply) as proxy, rig(tmp_path, proxy=proxy.url) as fetching:
        line = await fetching.ended("https://site.test/")
        assert line.kind is Kind.CONNECT
        assert f"{proxy.url} made no connection to site.test:443" in str(line.message)


async def test_a_socks_proxy_that_finds_nobody_is_no_connection(tmp_path):
    async with socks_proxy({}) as proxy, rig(tmp_path, proxy=proxy.url) as fetching:
        line = await fetching.ended("http://nobody.test/")
        assert line.kind is Kind.CONNECT
        assert f"{proxy.url} made no connection to nobody.test:80" in str(line.message)


async def test_a_proxy_that_makes_no_connection_now_is_asked_again(tmp_path, free_port):
    async with socks_proxy({}) as socks, http_proxy({}, reply=b"HTTP/1.1 502 Bad Gateway\r\n\r\n") as http:
        for url in (socks.url, http.url, f"http://127.0.0.1:{free_port}"):
            async with rig(tmp_path, proxy=url, retries=1) as fetching:
                assert isinstance((await fetching.fetch("https://nobody.test/")).result, Retry)


@pytest.mark.parametrize("make", [http_proxy, socks_proxy])
@pytest.mark.parametrize("host", ["127.0.0.1", "2130706433", "[::1]", "localhost", "a.localhost", "10.0.0.1"])
async def test_no_page_sends_the_proxy_to_forbidden_addresses(tmp_path, make, host):
    async with make({}) as proxy, rig(tmp_path, proxy=proxy.url) as fetching:
        for url in (f"http://{host}/", f"https://{host}/", proxy.url.replace("socks5", "http") + "/"):
            assert (await fetching.ended(url)).kind is Kind.FORBIDDEN_ADDRESS
        assert (proxy.heads, proxy.targets) == ([], [])


async def test_the_session_s_secrets_are_not_for_the_proxy(tmp_path, monkeypatch, paper):
    monkeypatch.setenv("SITE_LOGIN", "you:h1dden")
    ca_file, context = paper
    async with byte_server(always(ok()), ssl=context) as served, http_proxy(names(served.url)) as proxy:
        session = {"auth": ["https://site.test basic SITE_LOGIN"]}
        async with rig(tmp_path, proxy=proxy.url, ca_file=ca_file, session=session) as fetching:
            await fetching.page("https://site.test/")
        assert "Authorization" in served.heads[0]
        assert "Authorization" not in proxy.heads[0]


@pytest.mark.parametrize("through", [None, "socks"])
async def test_a_fast_server_is_held_back_while_nobody_reads(tmp_path, through):
    """This one does not even wait for the request, and sends as long as anybody takes it."""
    sent = 0

    async def pour(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
        with suppress(ConnectionError):
            while sent < 100_000_000:
                writer.write(b"x" * 65_536)
                await writer.drain()
                sent += 65_536
                await asyncio.sleep(0)
        writer.close()

    async with await asyncio.start_server(pour, "127.0.0.1", 0) as server:
        at = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with socks_proxy(names(at)) as proxy:
            settings = {"proxy": proxy.url} if through else {}
            async with (
                rig(tmp_path, at, timeout=20, **settings) as fetching,
                fetching.backend.get("http://site.test/" if through else f"{at}/") as answer,
            ):
                await answer.read()
                before = -1
                while sent > before:
                    before = sent
                    await asyncio.sleep(0.2)
                assert await answer.read()
    assert sent < 50_000_000


def test_what_is_missing_is_named(monkeypatch):
    with pytest.raises(ConfigError, match=r"fetch\.proxy is not"):
        proxy_of(Config(fetch={"proxy_login": "A"}), AddressGuard((), ()))
    with pytest.raises(ConfigError, match="NOT_THERE, which is not set"):
        proxy_of(Config(fetch={"proxy": "http://p.test:1", "proxy_login": "NOT_THERE"}), AddressGuard((), ()))
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    monkeypatch.setattr("crawler.fetch.proxy.find_spec", lambda _name: None)
    with pytest.raises(ConfigError, match=r"pip install 'crawler\[socks\]'"):
        proxy_of(Config(fetch={"proxy": "socks5://p.test:1"}), AddressGuard((), ()))
