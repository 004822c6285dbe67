"""The site's answers, asked in process."""

import json
import sys
from collections.abc import AsyncIterator
from importlib import import_module
from typing import Any

import pytest
from aiohttp import ClientSession, DummyCookieJar, TCPConnector, ThreadedResolver
from aiohttp.test_utils import TestServer
from yarl import URL

from crawler.lab.site.answers import Site, compressor, encoded
from crawler.lab.site.app import LOG, LOG_PATH, Asked, app_of, fixture_root, make_app
from crawler.lab.site.pages import read_site


class Client:
    """Sends addresses as they stand, follows no redirect, inflates nothing, keeps no cookie."""

    def __init__(self, server: TestServer, session: ClientSession) -> None:
        self.server = server
        self._session = session

    async def ask(self, path: str, method: str = "GET", **headers: str) -> tuple[int, Any, bytes]:
        """Status, headers, body."""
        url = URL(str(self.server.make_url("/"))[:-1] + path, encoded=True)
        sent = {"Accept-Encoding": "identity"} | {
            name.replace("_", "-"): text for name, text in headers.items()
        }
        async with self._session.request(method, url, headers=sent, allow_redirects=False) as response:
            return response.status, response.headers, await response.read()


@pytest.fixture(scope="module")
def site() -> Site:
    return read_site(fixture_root())


@pytest.fixture
async def client(site: Site) -> AsyncIterator[Client]:
    connector = TCPConnector(resolver=ThreadedResolver())  # the default one leaves a thread behind
    async with (
        TestServer(app_of(site)) as server,
        ClientSession(connector=connector, auto_decompress=False, cookie_jar=DummyCookieJar()) as session,
    ):
        yield Client(server, session)


async def test_every_address_answers_as_it_was_made(client: Client, site: Site) -> None:
    for path, answer in site.answers.items():
        if answer.delay or answer.flaps or answer.cookie:
            continue
        response = await client.ask(path)
        assert response[0] == answer.status, path
        for name, value in answer.headers:
            assert response[1][name] == value, path
        if not answer.names_host:
            assert response[2] == answer.body, path


@pytest.mark.parametrize(
    ("path", "coding"),
    [
        ("/docs/ordering", "gzip"),
        ("/docs/delivery", "deflate"),
        ("/docs/returns", "br"),
        ("/docs/gift-cards", "zstd"),
        ("/books/everything", "gzip"),
    ],
)
async def test_codings_are_for_those_who_accept_them(client: Client, path: str, coding: str) -> None:
    _, headers, plain = await client.ask(path)
    assert "Content-Encoding" not in headers
    _, headers, coded = await client.ask(path, Accept_Encoding=f"identity, {coding};q=1.0")
    assert headers["Content-Encoding"] == coding
    assert headers["Vary"] == "Accept-Encoding"
    assert len(coded) < len(plain)
    assert inflate(coded, coding) == plain


def inflate(body: bytes, coding: str) -> bytes:
    zstd = "compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd"
    inflater = import_module({"gzip": "gzip", "deflate": "zlib", "br": "brotli", "zstd": zstd}[coding])
    return inflater.decompress(body)


async def test_a_flapping_address_fails_once_for_each_start(client: Client) -> None:
    status, headers, _ = await client.ask("/stock/today")
    assert (status, headers["Retry-After"]) == (503, "1")
    assert (await client.ask("/stock/today"))[0] == 200
    assert (await client.ask("/stock/today"))[0] == 200
    await client.ask(LOG_PATH, "DELETE")
    assert (await client.ask("/stock/today"))[0] == 503


async def test_the_greeting_wants_its_cookie_back(client: Client) -> None:
    status, headers, _ = await client.ask("/workshop/greeting")
    assert (status, headers["Location"], headers["Set-Cookie"]) == (302, "/workshop/greeting", "greeted=yes")
    status, _, body = await client.ask("/workshop/greeting", Cookie="a=b; greeted=yes")
    assert status == 200
    assert b"brought the cookie back" in body


async def test_the_slow_page_waits(client: Client, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    monkeypatch.setattr("crawler.lab.site.app.asyncio.sleep", sleep)
    assert (await client.ask("/stock/slow-count"))[0] == 200
    assert waits == [1.0]


async def test_unknown_addresses_and_methods_are_refused(client: Client) -> None:
    status, headers, body = await client.ask("/nowhere?at=all")
    assert status == 404
    assert headers["Content-Type"] == "text/html; charset=utf-8"
    assert b"No such page" in body
    status, headers, _ = await client.ask("/about", "POST")
    assert (status, headers["Allow"]) == (405, "GET, HEAD")
    status, headers, body = await client.ask("/about", "HEAD")
    assert (status, body) == (200, b"")
    assert int(headers["Content-Length"]) > 1000


async def test_the_log_holds_what_was_asked(client: Client) -> None:
    await client.ask("/workshop/odd//two-slashes?a=%20b", User_Agent="somebody/1.0")
    _, _, told = await client.ask(LOG_PATH)
    assert json.loads(told) == [["GET", "/workshop/odd//two-slashes?a=%20b", "somebody/1.0"]]
    log = client.server.app[LOG]
    assert log == [Asked("GET", "/workshop/odd//two-slashes?a=%20b", "somebody/1.0")]
    await client.ask(LOG_PATH, "DELETE")
    assert log == []


async def test_absolute_addresses_name_the_host_that_was_asked(client: Client) -> None:
    _, _, robots = await client.ask("/robots.txt", Host="shop.example:81")
    assert b"Sitemap: http://shop.example:81/sitemap.xml" in robots
    _, _, sitemap = await client.ask("/sitemap.xml", Host="shop.example:81")
    assert b"<loc>http://shop.example:81/books/the-salt-ledger</loc>" in sitemap


def test_the_sitemap_lists_pages_only(site: Site) -> None:
    paths = [
        line.partition("{host}")[2] for line in site.answers["/sitemap.xml"].body.decode().split("</loc>")
    ][:-1]
    assert len(paths) == len(set(paths)) > 80
    for path in paths:
        assert site.answers[path].status == 200
        assert dict(site.answers[path].headers)["Content-Type"].startswith("text/html")
    assert not [path for path in paths if path.startswith(("/workshop", "/admin", "/never"))]


def test_some_answers_are_what_makes_them_odd(site: Site) -> None:
    assert len(site.answers["/books/everything"].body) > 1.1 * 1024 * 1024
    assert site.answers["/workshop/empty"].body == b""
    assert site.answers["/workshop/twin"].body == site.answers["/workshop/twin-copy"].body
    third_key = site.answers["/books/the-third-key"].body
    assert third_key == site.answers["/books/the-third-key?ref=newsletter"].body
    assert b'<link rel="canonical" href="/books/the-third-key">' in third_key
    assert site.answers["/static/shopfront.png"].body.startswith(b"\x89PNG")
    assert site.answers["/static/price-list.pdf"].body.startswith(b"%PDF-")
    assert site.answers["/letters/athens"].body.startswith(b"\xff\xfe")
    assert site.answers["/letters/zurich"].body.startswith(b"\xef\xbb\xbf")
    assert "雨の日に本が届きました".encode("cp932") in site.answers["/letters/kanazawa"].body
    assert len(json.loads(site.answers["/api/books.json"].body)) == 45


def test_every_trap_is_laid(site: Site) -> None:
    """What must not be requested answers, and stands in some page; so a wrong crawler is found out."""
    bodies = b"\n".join(
        answer.body for answer in site.answers.values() if b"Nothing that may be followed" not in answer.body
    )
    for reason, paths in site.never.items():
        for path in paths:
            assert site.answers[path].status == 200
            if reason in ("nofollow", "not_a_link"):
                assert path.encode() in bodies, path


def test_no_page_links_to_the_log(site: Site) -> None:
    assert not [path for path, answer in site.answers.items() if LOG_PATH.encode() in answer.body]


def test_an_application_is_made_from_a_folder() -> None:
    first, second = make_app(fixture_root()), make_app(fixture_root())
    assert first[LOG] is not second[LOG]


def test_a_coding_without_its_module_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(name: str) -> None:
        raise ImportError(name)

    monkeypatch.setattr("crawler.lab.site.answers.import_module", nothing)
    assert compressor("br") is None
    assert compressor("zstd") is None
    assert compressor("gzip") is not None


def test_what_a_charset_lacks_becomes_a_reference() -> None:
    assert encoded("Æ 灯", "windows-1252", "header") == (b"\xc6 &#28783;", "text/html; charset=windows-1252")
