"""The site's answers, asked in process."""

import gzip
import json
import zlib
from collections.abc import AsyncIterator
from typing import Any

import brotli
import pytest
from aiohttp import ClientSession
from aiohttp.test_utils import TestClient, TestServer

from crawler.lab.site import LOG, LOG_PATH, Asked, app_of, fixture_root, make_app
from crawler.lab.site_answers import Site, compressor, encoded
from crawler.lab.site_pages import read_site

Client = TestClient[Any, Any]


@pytest.fixture(scope="module")
def site() -> Site:
    return read_site(fixture_root())


@pytest.fixture
async def client(site: Site) -> AsyncIterator[Client]:
    async with TestClient(TestServer(app_of(site)), auto_decompress=False) as client:
        yield client


async def test_every_address_answers_as_it_was_made(client: Client, site: Site) -> None:
    for path, answer in site.answers.items():
        if answer.delay or answer.flaps or answer.cookie:
            continue
        response = await ask(client, path)
        assert response[0] == answer.status, path
        for name, value in answer.headers:
            assert response[1][name] == value, path
        if not answer.names_host:
            assert response[2] == answer.body, path


async def ask(client: Client, path: str, **headers: str) -> tuple[int, Any, bytes]:
    """Status, headers, body. Addresses are sent as they stand, and without cookies unless given."""
    from yarl import URL

    url = URL(str(client.make_url("/"))[:-1] + path, encoded=True)
    sent = {"Accept-Encoding": "identity"} | {
        name.replace("_", "-"): value for name, value in headers.items()
    }
    async with (
        ClientSession(auto_decompress=False) as session,
        session.get(url, headers=sent, allow_redirects=False) as response,
    ):
        return response.status, response.headers, await response.read()


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
    _, headers, plain = await ask(client, path)
    assert "Content-Encoding" not in headers
    _, headers, coded = await ask(client, path, Accept_Encoding=f"identity, {coding};q=1.0")
    assert headers["Content-Encoding"] == coding
    assert headers["Vary"] == "Accept-Encoding"
    assert len(coded) < len(plain)
    assert inflate(coded, coding) == plain


def inflate(body: bytes, coding: str) -> bytes:
    if coding == "zstd":
        zstd = pytest.importorskip("compression.zstd" if not find("backports.zstd") else "backports.zstd")
        return zstd.decompress(body)
    return {"gzip": gzip.decompress, "deflate": zlib.decompress, "br": brotli.decompress}[coding](body)


def find(module: str) -> bool:
    try:
        __import__(module)
    except ImportError:
        return False
    return True


async def test_a_flapping_address_fails_once_for_each_start(client: Client) -> None:
    status, headers, _ = await ask(client, "/stock/today")
    assert (status, headers["Retry-After"]) == (503, "1")
    assert (await ask(client, "/stock/today"))[0] == 200
    assert (await ask(client, "/stock/today"))[0] == 200
    await client.delete(LOG_PATH)
    assert (await ask(client, "/stock/today"))[0] == 503


async def test_the_greeting_wants_its_cookie_back(client: Client) -> None:
    status, headers, _ = await ask(client, "/workshop/greeting")
    assert (status, headers["Location"], headers["Set-Cookie"]) == (302, "/workshop/greeting", "greeted=yes")
    status, _, body = await ask(client, "/workshop/greeting", Cookie="a=b; greeted=yes")
    assert status == 200
    assert b"brought the cookie back" in body


async def test_the_slow_page_waits(client: Client, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    monkeypatch.setattr("crawler.lab.site.asyncio.sleep", sleep)
    assert (await ask(client, "/stock/slow-count"))[0] == 200
    assert waits == [1.0]


async def test_unknown_addresses_and_methods_are_refused(client: Client) -> None:
    status, headers, body = await ask(client, "/nowhere?at=all")
    assert status == 404
    assert headers["Content-Type"] == "text/html; charset=utf-8"
    assert b"No such page" in body
    async with client.post("/about") as response:
        assert (response.status, response.headers["Allow"]) == (405, "GET, HEAD")
    async with client.head("/about") as response:
        assert response.status == 200
        assert await response.read() == b""


async def test_the_log_holds_what_was_asked(client: Client) -> None:
    await ask(client, "/workshop/odd//two-slashes?a=%20b", User_Agent="somebody/1.0")
    async with client.get(LOG_PATH) as response:
        assert await response.json() == [["GET", "/workshop/odd//two-slashes?a=%20b", "somebody/1.0"]]
    log = client.server.app[LOG]
    assert log == [Asked("GET", "/workshop/odd//two-slashes?a=%20b", "somebody/1.0")]
    await client.delete(LOG_PATH)
    assert log == []


async def test_absolute_addresses_name_the_host_that_was_asked(client: Client) -> None:
    _, _, robots = await ask(client, "/robots.txt", Host="shop.example:81")
    assert b"Sitemap: http://shop.example:81/sitemap.xml" in robots
    _, _, sitemap = await ask(client, "/sitemap.xml", Host="shop.example:81")
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

    monkeypatch.setattr("crawler.lab.site_answers.import_module", nothing)
    assert compressor("br") is None
    assert compressor("zstd") is None
    assert compressor("gzip") is not None


def test_what_a_charset_lacks_becomes_a_reference() -> None:
    assert encoded("Æ 灯", "windows-1252", "header") == (b"\xc6 &#28783;", "text/html; charset=windows-1252")
