"""What is kept of what is said on the wire: as it was, in order; no secret, and no file left over."""

import asyncio
import gzip
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from crawler.fetch.archiving import ArchivingBackend
from crawler.fetch.attempt import Deferred, Retry
from crawler.model.errors import CrawlFailed
from crawler.model.exchange import Exchange
from crawler.model.messages import Finished, Page
from crawler.model.outcomes import Kind, Purpose
from crawler.rules.scope import Scope
from tests.proxies import http_proxy
from tests.stations.fetch_servers import Answer, Rig, Served, always, by_target, byte_server, ok, rig

TEXT = b"".join(b"<p>%d" % n for n in range(40_000))


def payload(exchange: Exchange) -> bytes:
    """The bytes that are there, which must be as many as it says, in one place."""
    kept = b"".join(exchange.payload)
    if exchange.path is not None:
        assert not exchange.payload
        kept = Path(exchange.path).read_bytes()
    assert len(kept) == exchange.size
    return kept


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@asynccontextmanager
async def site(tmp_path: Path, answer: Answer | bytes, **settings: Any) -> AsyncIterator[tuple[Served, Rig]]:
    """A server that answers so, and a fetcher that keeps what is said."""
    async with (
        byte_server(answer) as served,
        rig(tmp_path, served.url, archives=True, **settings) as fetching,
    ):
        yield served, fetching


async def told(fetching: Rig, url: str, **ticket: Any) -> tuple[Exchange, ...]:
    """What was said for ``url``, whatever it ends as."""
    result = (await fetching.fetch(url, **ticket)).result
    assert isinstance(result, Page | Finished), result
    return result.exchanges


async def only(tmp_path: Path, answer: Answer | bytes, **settings: Any) -> Exchange:
    """The one exchange in which a server answered so."""
    async with (
        byte_server(answer) as served,
        rig(tmp_path, served.url, archives=True, **settings) as fetching,
    ):
        (exchange,) = await told(fetching, f"{served.url}/a?b=%zz")
    return exchange


async def test_both_heads_are_kept_as_they_were_sent(tmp_path):
    head = (
        b"HTTP/1.1 200 Tr\xc3\xa8s bien\r\nSERVER: x\r\ncontent-Type: text/html\r\nX-B: 2\r\nX-a:\t1 \r\n"
        b"Set-Cookie: a=1\r\nX-B: 1\r\nset-cookie: b=2\r\nX-8: \xe9\xff\r\nX-Empty:\r\n"
        b"Content-Length: 5\r\n\r\n"
    )
    async with site(tmp_path, always(head + b"<p>he")) as (served, fetching):
        (exchange,) = await told(fetching, f"{served.url}/a?b=%zz")
    assert exchange.head == head.replace(b":\t1 \r", b": 1\r").replace(b"Empty:\r", b"Empty: \r")
    assert exchange.request.decode() == served.heads[0]
    assert exchange.url == f"{served.url}/a?b=%zz"
    assert (exchange.protocol, exchange.address, exchange.cut) == ("HTTP/1.1", "127.0.0.1", None)
    assert payload(exchange) == b"<p>he"


async def test_the_time_is_that_of_the_request(tmp_path):
    async def slow(_served: Served, _head: str, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.3)
        writer.write(ok())

    async with site(tmp_path, slow) as (served, fetching):
        page = await fetching.page(f"{served.url}/")
    assert 0 <= page.exchanges[0].at - page.fetched_at < 0.2


async def test_an_old_server_and_one_without_a_reason_are_told_as_they_speak(tmp_path):
    exchange = await only(tmp_path, b"HTTP/1.0 200\r\nContent-Type: text/html\r\n\r\n<p>old")
    assert exchange.head == b"HTTP/1.0 200 \r\nContent-Type: text/html\r\n\r\n"
    assert (exchange.protocol, payload(exchange), exchange.cut) == ("HTTP/1.0", b"<p>old", None)


async def test_an_interim_answer_is_not_the_answer(tmp_path):
    exchange = await only(tmp_path, always(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + ok()))
    assert exchange.head.startswith(b"HTTP/1.1 200 OK\r\nContent-Type")
    assert b"103" not in exchange.head


async def test_a_folded_field_is_on_one_line(tmp_path):
    answer = (
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nX-Long: one\r\n  two\r\nContent-Length: 0\r\n\r\n"
    )
    exchange = await only(tmp_path, answer)
    lines = [line for line in exchange.head.split(b"\r\n") if line.startswith(b"X-Long")]
    assert [line.split() for line in lines] == [[b"X-Long:", b"one", b"two"]]
    assert exchange.head.count(b"\r\n") == 5  # three fields, the status line, the empty line


async def test_chunks_are_undone_and_codings_are_not(tmp_path):
    coded = gzip.compress(TEXT)
    chunks = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in (coded[:9], coded[9:])) + b"0\r\n\r\n"
    head = (
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: gzip\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n"
    )
    exchange = await only(tmp_path, head + chunks)
    assert exchange.head == head
    assert payload(exchange) == coded
    assert exchange.cut is None


async def test_pieces_are_the_page_s_own_where_nothing_is_coded(tmp_path):
    async with site(tmp_path, always(ok(TEXT))) as (served, fetching):
        page = await fetching.page(f"{served.url}/")
    assert [id(piece) for piece in page.exchanges[0].payload] == [id(piece) for piece in page.pieces]


@pytest.mark.parametrize("status", ["404 Not Found", "500 Oops", "301 Moved"])
async def test_answers_that_are_no_pages_are_kept_with_their_bodies(tmp_path, status):
    exchange = await only(tmp_path, always(ok(b"<p>sorry", "Location: /b\r\n", status)))
    assert exchange.head.startswith(f"HTTP/1.1 {status}\r\n".encode())
    assert (payload(exchange), exchange.cut) == (b"<p>sorry", None)


@pytest.mark.parametrize("status", ["200 OK", "204 No Content", "404 Not Found", "302 Found"])
@pytest.mark.parametrize("length", ["", "Content-Length: 0\r\n"])
async def test_an_answer_without_a_body_is_whole(tmp_path, status, length):
    answer = f"HTTP/1.1 {status}\r\nContent-Type: image/png\r\n{length}\r\n".encode()
    exchange = await only(tmp_path, answer)
    # Without a length only the connection's end tells, and of what is not read nobody waits for that.
    unread = status == "200 OK" and not length
    assert (payload(exchange), exchange.cut) == (b"", "unspecified" if unread else None)


async def test_a_304_is_whole(tmp_path):
    exchange = await only(tmp_path, always(b"HTTP/1.1 304 Not Modified\r\nContent-Length: 99\r\n\r\n"))
    assert (payload(exchange), exchange.cut) == (b"", None)


# -- cut ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("above", [1_000_000, 100])
@pytest.mark.parametrize("limit", [1, 5_000, 100_000])
async def test_no_more_is_kept_than_the_limit_allows(tmp_path, limit, above):
    exchange = await only(tmp_path, ok(TEXT), max_body=limit, spool_above=above)
    assert payload(exchange) == TEXT[:limit]
    assert exchange.cut == "length"
    assert (exchange.path is not None) is (above == 100)


async def test_a_body_that_just_fits_is_whole(tmp_path):
    exchange = await only(tmp_path, ok(TEXT), max_body=len(TEXT))
    assert (payload(exchange), exchange.cut) == (TEXT, None)


async def test_of_a_coded_body_what_was_sent_counts(tmp_path):
    """It is read to its end, though it is cut when it is inflated; one that is longer is not."""
    small = gzip.compress(bytes(100_000))
    exchange = await only(tmp_path, ok(small, "Content-Encoding: gzip\r\n"), max_body=1_000)
    assert (payload(exchange), exchange.cut) == (small, None)
    long = gzip.compress(bytes(1_000) + b"".join(zlib.crc32(b"%d" % n).to_bytes(4) for n in range(200_000)))
    exchange = await only(tmp_path, ok(long, "Content-Encoding: gzip\r\n"), max_body=1_000)
    kept = payload(exchange)
    assert exchange.cut == "length"
    assert long.startswith(kept)
    assert len(kept) < len(long)


@pytest.mark.parametrize("length", [b"Content-Length: 100\r\n", b"Transfer-Encoding: chunked\r\n"])
async def test_a_body_that_breaks_off_is_kept_as_far_as_it_came(tmp_path, length):
    start = b"64\r\n" if length.startswith(b"T") else b""
    answer = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n%b\r\n%b<p>half" % (length, start)

    async def half(_served: Served, _head: str, writer: asyncio.StreamWriter) -> None:
        writer.write(answer)
        await writer.drain()
        await asyncio.sleep(0.2)  # in which the half is read
        writer.close()

    async with site(tmp_path, half) as (served, fetching):
        result = (await fetching.fetch(f"{served.url}/")).result
    assert isinstance(result, Finished)
    assert result.kind in (Kind.FRAMING, Kind.RESET)
    (exchange,) = result.exchanges
    assert (payload(exchange), exchange.cut) == (b"<p>half", "disconnect")


@pytest.mark.parametrize("timeout", [{"read_timeout": 0.3}, {"timeout": 0.6}])
@pytest.mark.parametrize("above", [1_000_000, 1])
async def test_a_body_that_takes_too_long_is_kept_as_far_as_it_came(tmp_path, timeout, above):
    async def stuck(_served: Served, _head: str, writer: asyncio.StreamWriter) -> None:
        writer.write(ok(TEXT)[:1_000])
        await asyncio.Event().wait()

    exchange = await only(tmp_path, stuck, spool_above=above, **timeout)
    assert (payload(exchange), exchange.cut) == (TEXT[: exchange.size], "time")
    assert exchange.size > 900
    assert files(tmp_path) == (["7-0.payload"] if above == 1 else [])


async def test_an_error_page_that_nobody_waits_for_is_cut(tmp_path):
    async def slow(_served: Served, _head: str, writer: asyncio.StreamWriter) -> None:
        writer.write(ok(b"<p>sorry, and more", status="404 Not Found")[:-10])
        await asyncio.Event().wait()

    exchange = await only(tmp_path, slow)
    assert (payload(exchange), exchange.cut) == (b"<p>sorry", "time")


async def test_no_more_of_an_error_page_is_read_than_its_connection_is_worth(tmp_path):
    exchange = await only(tmp_path, always(ok(TEXT, status="404 Not Found")))
    assert (payload(exchange), exchange.cut) == (b"", "length")
    chunked = b"HTTP/1.1 404 No\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n0\r\n\r\n" % (
        len(TEXT),
        TEXT,
    )
    exchange = await only(tmp_path, always(chunked))
    assert exchange.cut == "length"
    assert TEXT.startswith(payload(exchange))
    assert 65_536 < exchange.size < len(TEXT)


async def test_what_is_not_read_because_of_its_type_is_not_there(tmp_path):
    exchange = await only(tmp_path, ok(TEXT, "Content-Type: image/png\r\n"))
    assert (payload(exchange), exchange.cut) == (b"", "unspecified")
    exchange = await only(tmp_path, ok(b"\x89PNG\r\n\x1a\n" * 500_000, "Content-Type: text/plain\r\n"))
    assert exchange.cut == "unspecified"
    assert exchange.size < 4_000_000


async def test_a_body_that_cannot_be_decoded_is_kept(tmp_path):
    exchange = await only(tmp_path, ok(b"<p>not coded at all", "Content-Encoding: gzip\r\n"))
    assert (payload(exchange), exchange.cut) == (b"<p>not coded at all", None)


async def test_where_there_was_no_answer_nothing_is_kept(tmp_path):
    async with site(tmp_path, b"") as (served, fetching):
        assert await told(fetching, f"{served.url}/") == ()


# -- of one ticket --------------------------------------------------------------------------------


@pytest.mark.parametrize("cookies", [True, False])
async def test_redirects_in_place_are_all_kept_in_order(tmp_path, cookies):
    async def wall(_served: Served, head: str, writer: asyncio.StreamWriter) -> None:
        again = ok(b"go", "Location: /wall\r\nSet-Cookie: a=1\r\n", "302 Found")
        writer.write(ok() if "a=1" in head else again)

    async with site(tmp_path, wall, session={"cookies": cookies}) as (served, fetching):
        first, second = await told(fetching, f"{served.url}/wall")
    assert len(served.heads) == 2
    assert "a=1" in served.heads[1]
    assert [payload(first), payload(second)] == [b"go", b"<p>hello"]
    assert b"\r\nSet-Cookie: a=1\r\n" in first.head
    assert first.request == second.request  # but for the cookie, which is left out


async def test_robots_txt_is_not_kept(tmp_path):
    pages = by_target({"/robots.txt": ok(b"User-agent: x", "Content-Type: text/plain\r\n"), "/": ok()})
    async with site(tmp_path, pages, obey=True) as (served, fetching):
        assert isinstance((await fetching.fetch_once(f"{served.url}/")).result, Deferred)
        assert [said.url for said in await told(fetching, f"{served.url}/")] == [f"{served.url}/"]
    assert served.targets == ["/robots.txt", "/"]


@pytest.mark.parametrize("purpose", [Purpose.ASSET, Purpose.EXTERNAL])
async def test_what_only_the_head_is_wanted_of_has_its_head(tmp_path, purpose):
    async with site(tmp_path, always(ok(TEXT, "Content-Type: image/png\r\n"))) as (served, fetching):
        (exchange,) = await told(fetching, f"{served.url}/", purpose=purpose)
    assert b"image/png" in exchange.head
    assert (payload(exchange), exchange.cut) == (b"", "unspecified")


async def test_of_what_is_tried_again_nothing_stays(tmp_path):
    answer = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 300000\r\n\r\n" + TEXT[:200_000]
    async with site(tmp_path, answer, retries=1, spool_above=1_000) as (served, fetching):
        assert isinstance((await fetching.fetch(f"{served.url}/")).result, Retry)
        assert files(tmp_path) == []
        (exchange,) = await told(fetching, f"{served.url}/", attempt=2)
    assert TEXT.startswith(payload(exchange))
    assert exchange.cut == "disconnect"
    assert files(tmp_path) == ["7-0.payload"]


async def test_two_workers_keep_their_own(tmp_path):
    async def named(_served: Served, head: str, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.05)
        writer.write(ok(head.split(" ", 2)[1].encode()))

    async with site(tmp_path, named) as (served, fetching):
        results = await asyncio.gather(*[told(fetching, f"{served.url}/{n}") for n in range(8)])
    assert [[payload(said) for said in result] for result in results] == [[b"/%d" % n] for n in range(8)]


# -- files ----------------------------------------------------------------------------------------


async def test_a_long_payload_is_in_a_file_of_its_own(tmp_path):
    coded = gzip.compress(TEXT, 1)
    async with site(tmp_path, always(ok(coded, "Content-Encoding: gzip\r\n")), spool_above=50_000) as (
        served,
        fetching,
    ):
        page = await fetching.page(f"{served.url}/")
    (exchange,) = page.exchanges
    assert payload(exchange) == coded
    assert files(tmp_path) == ["7-0.payload", "7.body"]
    assert page.weight > len(coded)


@pytest.mark.parametrize("above", [1, 100_000])
async def test_a_fetch_that_is_cancelled_leaves_no_file(tmp_path, above):
    begun = asyncio.Event()

    async def stuck(_served: Served, _head: str, writer: asyncio.StreamWriter) -> None:
        writer.write(ok(TEXT)[:-10])
        await writer.drain()
        await asyncio.sleep(0.2)
        begun.set()
        await asyncio.Event().wait()

    async with site(tmp_path, stuck, spool_above=above) as (served, fetching):
        task = asyncio.ensure_future(fetching.fetch(f"{served.url}/"))
        await begun.wait()
        assert "7-0.payload" in files(tmp_path)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert files(tmp_path) == []


@pytest.mark.parametrize("status", ["200 OK", "404 Not Found"])
async def test_a_file_that_cannot_be_written_ends_the_crawl(tmp_path, status):
    async with site(tmp_path / "none", always(ok(TEXT[:5_000], status=status)), spool_above=10) as (
        served,
        fetching,
    ):
        with pytest.raises(CrawlFailed, match=r"7-0\.payload: No such file"):
            await fetching.fetch(f"{served.url}/")


# -- secrets --------------------------------------------------------------------------------------


async def test_nothing_that_is_secret_is_in_a_request(tmp_path, monkeypatch):
    monkeypatch.setenv("LOGIN", "me:s3cret")
    async with byte_server(always(ok(headers="Set-Cookie: theirs=1\r\n"))) as served:
        session = {
            "cookies": True,
            "headers": ["X-Key: s3cret", "accept-LANGUAGE: de"],
            "auth": [f"{served.url} basic LOGIN"],
            "send_cookies": ["sid=s3cret"],
        }
        async with rig(tmp_path, served.url, archives=True, session=session) as fetching:
            for _ in range(2):
                (exchange,) = await told(fetching, f"{served.url}/")
    secret = ("Authorization: ", "Cookie: ", "X-Key: ", "accept-LANGUAGE: ")
    sent = served.heads[-1].split("\r\n")
    assert "Cookie: sid=s3cret; theirs=1" in sent
    assert len([line for line in sent if line.startswith(secret)]) == 4
    assert exchange.request.decode().split("\r\n") == [line for line in sent if not line.startswith(secret)]
    assert b"\r\nSet-Cookie: theirs=1\r\n" in exchange.head  # that is what was observed


async def test_a_proxy_has_its_secret_and_no_address(tmp_path, monkeypatch):
    monkeypatch.setenv("PROXY_LOGIN", "me:s3cret")
    async with byte_server(always(ok())) as served:
        port = int(served.url.rpartition(":")[2])
        async with (
            http_proxy({"site.test": ("127.0.0.1", port)}, "Basic bWU6czNjcmV0") as proxy,
            rig(tmp_path, archives=True, proxy=proxy.url, proxy_login="PROXY_LOGIN",
                scope=Scope(frozenset({"http://site.test"}))) as fetching,
        ):  # fmt: skip
            (exchange,) = await told(fetching, "http://site.test/")
    assert exchange.address is None
    assert b"roxy-" not in exchange.request
    assert exchange.request.startswith(b"GET http://site.test/ HTTP/1.1\r\nHost: site.test\r\n")


async def test_without_a_sink_that_asks_nothing_is_kept(tmp_path):
    async with byte_server(always(ok())) as served, rig(tmp_path, served.url) as fetching:
        assert await told(fetching, f"{served.url}/") == ()
        assert not isinstance(fetching.fetcher._backend, ArchivingBackend)  # type: ignore[attr-defined]
