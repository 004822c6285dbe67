"""The second backend: what each of its library's errors means, and how it is chosen."""

import asyncio
import importlib.util
import socket
import ssl
import subprocess
import sys

import pytest

from crawler.config import Config
from crawler.fetch import backend as port
from crawler.fetch.backend import FetchFailed
from crawler.model.errors import ConfigError
from crawler.model.outcomes import Kind
from crawler.trace.counters import Counters

httpx = pytest.importorskip("httpx", reason="not installed: httpx")
httpcore = pytest.importorskip("httpcore", reason="not installed: httpx")
respx = pytest.importorskip("respx", reason="not installed: respx")

from crawler.fetch.httpx_backend import READS_AT_ONCE, HttpxBackend  # noqa: E402
from crawler.fetch.httpx_failures import failure  # noqa: E402
from tests.stations.fetch_servers import byte_server  # noqa: E402

URL = "http://site.test/"
TLS = ssl.create_default_context()


ERRORS = {
    "connect": (httpx.ConnectError("x"), Kind.CONNECT),
    "refused": (httpcore.ConnectError(ConnectionRefusedError(111, "x")), Kind.CONNECT),
    "reset while connecting": (httpcore.ConnectError(ConnectionResetError(104, "x")), Kind.RESET),
    "certificate": (ssl.SSLCertVerificationError("x"), Kind.TLS),
    "tls": (ssl.SSLError("x"), Kind.TLS),
    "name": (socket.gaierror(-2, "Name or service not known"), Kind.DNS),
    "odd name": (UnicodeError("x"), Kind.DNS),
    "connect time-out": (httpx.ConnectTimeout("x"), Kind.TIMEOUT),
    "read time-out": (httpx.ReadTimeout("x"), Kind.TIMEOUT),
    "pool time-out": (httpx.PoolTimeout("x"), Kind.TIMEOUT),
    "read": (httpx.ReadError("x"), Kind.RESET),
    "write": (httpx.WriteError("x"), Kind.RESET),
    "reset": (ConnectionResetError(104, "x"), Kind.RESET),
    "protocol": (httpx.RemoteProtocolError("x"), Kind.FRAMING),
    "own protocol": (httpx.LocalProtocolError("x"), Kind.FRAMING),
    "scheme": (httpx.UnsupportedProtocol("x"), Kind.CONNECT),
    "url": (httpx.InvalidURL("x"), Kind.CONNECT),
    "ours": (FetchFailed(Kind.FORBIDDEN_ADDRESS, "no"), Kind.FORBIDDEN_ADDRESS),
}


@pytest.mark.parametrize("name", ERRORS)
async def test_the_word_for_each_error_of_the_library(name):
    error, kind = ERRORS[name]
    counters = Counters()
    backend = HttpxBackend(Config(), frozenset(), counters, TLS)
    with respx.mock() as mocked:
        mocked.get(URL).mock(side_effect=error)
        with pytest.raises(FetchFailed) as caught:
            async with backend.get(URL):
                raise AssertionError
    assert caught.value.kind is kind
    assert (counters.requests, dict(counters.statuses)) == (0, {})
    await backend.close()


async def test_an_answer_is_handed_on_as_it_is():
    counters = Counters()
    backend = HttpxBackend(Config(), frozenset(), counters, TLS)
    with respx.mock() as mocked:
        answer = httpx.Response(
            302, headers=[("Location", "/a"), ("Set-Cookie", "a=1"), ("set-cookie", "b=2")]
        )
        route = mocked.get(URL).mock(return_value=answer)
        for _ in range(2):
            async with backend.get(URL, {"X-A": "ü"}) as got:
                assert (got.status, got.header("location")) == (302, "/a")
                assert got.values("set-cookie") == ["a=1", "b=2"]
        assert [call.request.headers.get("cookie") for call in route.calls] == [None, None]
        assert route.calls[0].request.headers.raw[-1] == (b"X-A", "ü".encode())
    assert dict(counters.statuses) == {302: 2}
    await backend.close()


async def test_the_total_time_is_bounded():
    async def never(_request: object) -> None:
        await asyncio.Event().wait()

    backend = HttpxBackend(Config(fetch={"timeout": 0.05}), frozenset(), Counters(), TLS)
    with respx.mock(assert_all_called=False) as mocked:
        mocked.get(URL).mock(side_effect=never)
        with pytest.raises(FetchFailed) as caught:
            async with backend.get(URL):
                raise AssertionError
    assert (caught.value.kind, str(caught.value)) == (Kind.TIMEOUT, "the time-out of 0.05 s was over")
    await backend.close()


@pytest.mark.parametrize("code", [0, 8, 11])
def test_breaking_off_has_a_word_of_its_own_in_http2(code):
    class Event:
        error_code = code

    error = httpx.RemoteProtocolError("x")
    error.__cause__ = httpcore.RemoteProtocolError(Event())
    assert failure(error).kind is Kind.RESET
    assert str(failure(error)) == f"the server broke off: HTTP/2 error {code}"


def test_an_error_that_nobody_foresaw_is_logged_and_costs_one_page(caplog):
    assert failure(ZeroDivisionError("oops")).kind is Kind.FRAMING
    assert "should not" in caplog.text
    str(failure(httpx.RemoteProtocolError("\udce9"))).encode()


# -- how it is chosen ------------------------------------------------------------------------


@pytest.mark.skipif(importlib.util.find_spec("h2") is None, reason="not installed: h2")
@pytest.mark.parametrize(("name", "made"), [("aiohttp", "AiohttpBackend"), ("httpx", "HttpxBackend")])
async def test_the_configuration_names_it(name, made):
    backend = await port.make_backend(Config(fetch={"backend": name}), frozenset(), Counters())
    assert type(backend).__name__ == made
    await backend.close()


@pytest.mark.parametrize("absent", ["httpx", "h2"])
def test_what_is_not_installed_is_named_in_one_sentence(absent, monkeypatch):
    present = importlib.util.find_spec
    monkeypatch.setattr(port, "find_spec", lambda name: None if name == absent else present("sys"))
    port.require_backend(Config())
    with pytest.raises(ConfigError) as caught:
        port.require_backend(Config(fetch={"backend": "httpx"}))
    assert str(caught.value) == (
        'fetch.backend = "httpx" (Config()) needs packages that are not installed: '
        "pip install 'crawler[http2]'"
    )


def test_another_name_is_refused():
    with pytest.raises(ConfigError, match="allowed: one of aiohttp, httpx"):
        Config(fetch={"backend": "curl"})


def test_it_is_not_imported_before_it_is_chosen():
    code = "import sys, crawler.fetch.backend, crawler.engine.stations; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"httpx", "httpcore", "h2"} & set(done.stdout.split())


async def test_many_small_chunks_leave_the_loop_its_turns():
    chunks, turns = 20_000, 0
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"

    async def count() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    async with byte_server(head + b"1\r\nx\r\n" * chunks + b"0\r\n\r\n") as served:
        backend = HttpxBackend(Config(), frozenset([served.url]), Counters(), TLS)
        counting, read = asyncio.ensure_future(count()), 0
        async with backend.get(f"{served.url}/") as answer:
            while chunk := await answer.read():
                read += len(chunk)
        counting.cancel()
        await backend.close()
    assert read == chunks
    assert turns >= chunks / READS_AT_ONCE
