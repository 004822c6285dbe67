"""Each way in which a server or a network fails, byte by byte, has its one word; on both event loops."""

import asyncio
import contextlib
import shutil
import socket
import ssl
import struct
import subprocess
from collections.abc import Awaitable, Callable
from pathlib import Path

import aiohttp
import pytest
import uvloop

from crawler.fetch.aiohttp_failures import failure
from crawler.fetch.attempt import Retry
from crawler.fetch.backend import FetchFailed, retryable
from crawler.model.messages import Finished
from crawler.model.outcomes import Kind, Outcome
from tests.stations.fetch_servers import Answer, Served, always, byte_server, ok, rig

LOOPS: dict[str, Callable[[], asyncio.AbstractEventLoop]] = {
    "asyncio": asyncio.new_event_loop,
    "uvloop": uvloop.new_event_loop,
}


@pytest.fixture(params=LOOPS)
def run(request):
    """Runs a coroutine to its end on a loop of this kind."""

    def run(work: Awaitable[None]) -> None:
        with asyncio.Runner(loop_factory=LOOPS[request.param]) as runner:
            runner.run(work)

    return run


def reset(writer: asyncio.StreamWriter) -> None:
    """Close with a TCP reset instead of an end of file."""
    plug = writer.get_extra_info("socket")
    plug.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


def then_reset(first: bytes) -> Answer:
    """Answers with ``first`` and then resets the connection."""

    async def answer(_served: Served, _head: str, writer: asyncio.StreamWriter) -> None:
        writer.write(first)
        await writer.drain()
        # The client most likely reads the first bytes meanwhile; if not, the reset is all it sees.
        await asyncio.sleep(0.02 if first else 0)
        reset(writer)

    return answer


async def silence(_served: Served, _head: str, _writer: asyncio.StreamWriter) -> None:
    await asyncio.Event().wait()


async def drip(_served: Served, _head: str, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
    while True:
        writer.write(b"drop")
        await writer.drain()
        await asyncio.sleep(0.01)


async def close(_served: Served, _head: str, writer: asyncio.StreamWriter) -> None:
    writer.close()


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
BUSY, BROKEN_OFF, NO_HTTP = "the server may have been busy", "the answer broke off", "it is no answer at all"
SERVERS: dict[str, tuple[Answer | bytes, Kind, str | None]] = {
    "nothing comes": (silence, Kind.TIMEOUT, BUSY),
    "the body never ends": (drip, Kind.TIMEOUT, BUSY),
    "reset at once": (then_reset(b""), Kind.RESET, BROKEN_OFF),
    "closed at once": (close, Kind.RESET, BROKEN_OFF),
    "reset within a sized body": (
        then_reset(HEAD + b"Content-Length: 100\r\n\r\nabc"),
        Kind.RESET,
        BROKEN_OFF,
    ),
    "reset within chunks": (
        then_reset(HEAD + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"),
        Kind.RESET,
        BROKEN_OFF,
    ),
    "reset instead of the end": (
        then_reset(HEAD + b"Connection: close\r\n\r\nabc"),
        Kind.RESET,
        BROKEN_OFF,
    ),
    "body too short": (HEAD + b"Content-Length: 100\r\n\r\nabc", Kind.FRAMING, BROKEN_OFF),
    "last chunk missing": (
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
        Kind.FRAMING,
        BROKEN_OFF,
    ),
    "half a chunk": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n9\r\nabc", Kind.FRAMING, BROKEN_OFF),
    "bad chunk size": (HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n", Kind.FRAMING, None),
    "no HTTP": (b"hello there\r\n\r\n", Kind.FRAMING, NO_HTTP),
    "half a status line": (b"HTTP/1.1 2", Kind.FRAMING, BROKEN_OFF),
    "half a head": (b"HTTP/1.1 200 OK\r\nContent-Le", Kind.FRAMING, BROKEN_OFF),
    "a NUL in its charset": (ok(headers="Content-Type: text/html; charset=\0\r\n"), Kind.FRAMING, None),
    "a header without a colon": (ok(headers="no colon\r\n"), Kind.FRAMING, None),
    "endless header": (b"HTTP/1.1 200 OK\r\nX: " + b"a" * 200_000 + b"\r\n\r\n", Kind.FRAMING, None),
    "thousands of headers": (b"HTTP/1.1 200 OK\r\n" + b"X: a\r\n" * 5_000 + b"\r\n", Kind.FRAMING, None),
    "over a thousand headers": (b"HTTP/1.1 200 OK\r\n" + b"X: a\r\n" * 1_001 + b"\r\n", Kind.FRAMING, None),
    "endless interim answers": (b"HTTP/1.1 103 Early Hints\r\n\r\n" * 100_000, Kind.FRAMING, None),
    "a part that nobody asked for": (
        ok(b"<p>part", "Content-Range: bytes 0-6/1000\r\n", status="206 Partial Content"),
        Kind.FRAMING,
        None,
    ),
    "negative length": (HEAD + b"Content-Length: -5\r\n\r\nabc", Kind.FRAMING, None),
    "two lengths": (HEAD + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\nabc", Kind.FRAMING, None),
    "length and chunks": (
        HEAD + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
        Kind.FRAMING,
        None,
    ),
    "more than its length": (
        HEAD + b"Connection: close\r\nContent-Length: 3\r\n\r\nabcdef",
        Kind.FRAMING,
        None,
    ),
    "not gzip": (ok(b"<p>plain", "Content-Encoding: gzip\r\n"), Kind.ENCODING, None),
    "unknown coding": (ok(b"<p>plain", "Content-Encoding: sdch\r\n"), Kind.ENCODING, None),
}
"""What comes, the word for it, and why it is worth a further attempt, if it is."""


@pytest.mark.parametrize("name", SERVERS)
def test_the_word_for_it_and_whether_it_is_asked_for_again(name, run, tmp_path):
    answer, kind, again = SERVERS[name]

    async def case() -> None:
        timeout = 0.3 if kind is Kind.TIMEOUT else 20
        async with (
            byte_server(answer) as served,
            rig(tmp_path, served.url, timeout=timeout, retries=1) as fetching,
        ):
            exchange = await fetching.fetch(f"{served.url}/")
            assert isinstance(exchange.result, Retry if again else Finished), again
            assert exchange.result.kind is kind
            assert exchange.feedback.failed
            assert fetching.counters.requests == len(served.heads) == 1
            line = await fetching.ended(f"{served.url}/", attempt=2)
            assert (line.outcome, line.kind) == (Outcome.ERROR, kind)

    run(case())


@pytest.mark.parametrize(
    "answer",
    [
        ok(b"<p>hello"),
        HEAD + b"\r\n<p>hello",  # ends where the connection does
        b"HTTP/1.0 200 OK\r\n\r\n<p>hello",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n8\r\n<p>hello\r\n0\r\n\r\n",
        b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + ok(b"<p>hello"),
        b"HTTP/1.1 103 Early Hints\r\n\r\n" * 60 + ok(b"<p>hello"),
        b"HTTP/1.1 200\nContent-Length: 8\n\n<p>hello",
    ],
)
def test_what_is_odd_but_whole(answer, run, tmp_path):
    async def case() -> None:
        async with byte_server(answer) as served, rig(tmp_path, served.url, timeout=20) as fetching:
            page = await fetching.page(f"{served.url}/")
            assert (page.status, page.body, page.size) == (200, b"<p>hello", 8)

    run(case())


def test_nobody_listens(run, tmp_path):
    async def case() -> None:
        with socket.socket() as plug:
            plug.bind(("127.0.0.1", 0))
            url = f"http://127.0.0.1:{plug.getsockname()[1]}/"
            async with rig(tmp_path, url) as fetching:
                line = await fetching.ended(url)
                assert (line.outcome, line.kind, line.status) == (Outcome.ERROR, Kind.CONNECT, None)
                assert line.message == "No connection could be made: Connection refused."
                assert fetching.counters.requests == 0

    run(case())


NAMES: dict[str, tuple[str, int, bool]] = {
    "there is no such name": ("no-such-host.invalid", socket.EAI_NONAME, False),
    "the name cannot be one": ("a" * 70 + ".invalid", socket.EAI_NONAME, False),
    "the resolver has no answer now": ("some-host.invalid", socket.EAI_AGAIN, True),
    "the resolver failed": ("some-host.invalid", socket.EAI_FAIL, True),
    "it has no address": ("some-host.invalid", 0, False),
}


@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_does_not_resolve(name, run, tmp_path):
    host, code, again = NAMES[name]

    async def no_name(host, port):
        host.encode("idna")
        if code:
            raise socket.gaierror(code, "the system's own words")
        return []

    async def case() -> None:
        async with rig(tmp_path, look_up=no_name, retries=1) as fetching:
            result = (await fetching.fetch(f"http://{host}/")).result
            assert isinstance(result, Retry if again else Finished)
            line = await fetching.ended(f"http://{host}/", attempt=2)
            assert (line.outcome, line.kind) == (Outcome.ERROR, Kind.DNS)

    run(case())


def test_a_robots_txt_that_cannot_be_had_for_good_is_not_asked_for_again(run, tmp_path):
    async def no_name(host, port):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    async def case() -> None:
        async with rig(tmp_path, look_up=no_name, retries=1, obey=True) as fetching:
            line = await fetching.ended("http://no-such-host.invalid/")
            assert (line.outcome, line.kind, line.attempts) == (Outcome.ERROR, Kind.DNS, 1)

    run(case())


def test_a_request_that_cannot_be_sent_is_not_tried_again(run, tmp_path, monkeypatch):
    async def case() -> None:
        async with byte_server(always(ok())) as served, rig(tmp_path, served.url, retries=3) as fetching:
            get = fetching.backend.get
            monkeypatch.setattr(fetching.backend, "get", lambda url, _: get(url, {"Cookie": "a=b\nc"}))
            line = await fetching.ended(f"{served.url}/")
            assert (line.outcome, line.kind) == (Outcome.ERROR, Kind.CONNECT)
            assert "request cannot be sent" in str(line.message)
            assert served.heads == []

    run(case())


def test_a_server_that_does_not_speak_tls(run, tmp_path):
    gone = asyncio.Event()

    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example ESMTP\r\n")
        with contextlib.suppress(ConnectionError):
            await reader.read()
        writer.close()
        gone.set()

    async def case() -> None:
        async with await asyncio.start_server(greet, "127.0.0.1", 0) as server:
            url = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
            async with rig(tmp_path, url, timeout=20, retries=1) as fetching:
                line = await fetching.ended(url)
                assert (line.outcome, line.kind) == (Outcome.ERROR, Kind.TLS)
                assert fetching.counters.requests == 0
                await gone.wait()

    run(case())


@pytest.mark.parametrize("sent", [b"", b"\x16\x03\x03\x00\x7a\x02"])
def test_a_handshake_that_broke_off_is_tried_again(sent, run, tmp_path):
    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(sent)
        writer.close()

    async def case() -> None:
        async with await asyncio.start_server(hang_up, "127.0.0.1", 0) as server:
            url = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
            async with rig(tmp_path, url, timeout=20, retries=1) as fetching:
                result = (await fetching.fetch(url)).result
                assert isinstance(result, Retry)
                assert result.kind in (Kind.TLS, Kind.RESET)

    run(case())


@pytest.fixture(scope="module")
def certificate(tmp_path_factory) -> Path:
    """A certificate for 127.0.0.1 that nobody vouches for, with its key, in one file."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("no openssl command here to make a certificate with")
    path = tmp_path_factory.mktemp("tls") / "own.pem"
    command = f"{openssl} req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 -keyout {path} -out -"
    made = subprocess.run(command.split(), check=True, capture_output=True)
    path.write_bytes(path.read_bytes() + made.stdout)
    return path


def test_a_certificate_that_nobody_vouches_for(certificate, run, tmp_path):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)

    async def case() -> None:
        async with (
            byte_server(ok(), ssl=context) as served,
            rig(tmp_path, served.url, timeout=20, retries=1) as fetching,
        ):
            line = await fetching.ended(f"{served.url}/")
            assert (line.outcome, line.kind) == (Outcome.ERROR, Kind.TLS)
            assert "certificate is not valid: self-signed certificate (fetch.ca_file" in str(line.message)
            assert served.heads == []

    run(case())


@pytest.mark.parametrize("how", ["reset", "closed", "closed before"])
@pytest.mark.parametrize("idle", [1, 3])
def test_a_kept_connection_that_goes_away_is_no_failure_of_the_next_page(how, idle, run, tmp_path, kept):
    """All that are idle may have gone the same way; so it is a new one that is asked, and that once."""
    together = asyncio.Event()

    async def once_then_close(served: Served, head: str, writer: asyncio.StreamWriter) -> None:
        if "/first" in head:
            if len(served.heads) == idle:
                together.set()
            await together.wait()
            writer.write(ok())
            await writer.drain()
            if how == "closed before":
                writer.close()
        elif served.connections == idle:
            reset(writer) if how == "reset" else writer.close()
        else:
            writer.write(ok(b"<p>after all"))

    async def case() -> None:
        async with (
            byte_server(once_then_close) as served,
            rig(tmp_path, served.url, retries=0) as fetching,
        ):
            await asyncio.gather(*(fetching.page(f"{served.url}/first") for _ in range(idle)))
            page = await fetching.page(f"{served.url}/next")
            assert page.body == b"<p>after all"
            assert served.targets.count("/next") <= 2
            assert served.connections == idle + 1

    if kept:
        run(case())


def test_a_new_connection_that_goes_away_is_not_asked_again(run, tmp_path, kept):
    async def one_page_each(served: Served, head: str, writer: asyncio.StreamWriter) -> None:
        if head.startswith("GET /first"):
            writer.write(ok())
            await writer.drain()
        else:
            reset(writer)

    async def case() -> None:
        async with byte_server(one_page_each) as served, rig(tmp_path, served.url, retries=1) as fetching:
            await fetching.page(f"{served.url}/first")
            result = (await fetching.fetch(f"{served.url}/next")).result
            assert isinstance(result, Retry)
            assert result.kind is Kind.RESET
            asked = 2 if kept else 1
            assert served.targets.count("/next") == asked
            assert fetching.counters.requests == 1 + asked

    run(case())


def test_an_answer_that_had_begun_on_a_kept_connection_is_not_asked_again(run, tmp_path):
    async def half(_served: Served, head: str, writer: asyncio.StreamWriter) -> None:
        writer.write(ok() if "/first" in head else b"HTTP/1.1 20")
        await writer.drain()
        if "/next" in head:
            await asyncio.sleep(0.02)
            writer.close()

    async def case() -> None:
        async with byte_server(half) as served, rig(tmp_path, served.url, retries=1) as fetching:
            await fetching.page(f"{served.url}/first")
            assert isinstance((await fetching.fetch(f"{served.url}/next")).result, Retry)
            assert served.targets.count("/next") == 1

    run(case())


def test_every_error_of_the_library_has_a_row():
    key = aiohttp.client_reqrep.ConnectionKey("h", 1, False, True, None, None, None)
    assert failure(aiohttp.ClientConnectorError(key, OSError(111, "x"))).kind is Kind.CONNECT
    assert failure(aiohttp.ClientConnectorError(key, ConnectionResetError(104, "x"))).kind is Kind.RESET
    assert failure(aiohttp.SocketTimeoutError()).kind is Kind.TIMEOUT
    assert failure(aiohttp.InvalidURL("x")).kind is Kind.CONNECT
    assert failure(aiohttp.ClientConnectionError("Connector is closed.")).kind is Kind.RESET
    assert failure(BrokenPipeError(32, "Broken pipe")).kind is Kind.RESET
    known = FetchFailed(Kind.FORBIDDEN_ADDRESS, "no")
    assert failure(known) is known


def test_what_the_system_says_passes_or_stays():
    assert retryable(ssl.SSLEOFError(8, "EOF occurred in violation of protocol")) is True
    assert retryable(ssl.SSLCertVerificationError(1, "self-signed")) is None  # as TLS mostly is
    assert retryable(ConnectionRefusedError(111, "x")) is None


def test_an_error_that_nobody_foresaw_is_logged_and_costs_one_page(caplog):
    assert failure(ZeroDivisionError("oops")).kind is Kind.FRAMING
    assert "should not" in caplog.text


def test_bytes_quoted_by_the_library_do_not_spoil_the_record():
    # Would catch a lone surrogate in the message: encoding it raises.
    str(failure(aiohttp.ClientPayloadError("message='\udce9'"))).encode()
