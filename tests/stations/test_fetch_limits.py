"""Time-outs of one part of an exchange, and certificates that are trusted on request."""

import asyncio
import importlib.util
import os
import ssl
import subprocess
import sys
from contextlib import suppress

import pytest

from crawler.config import Config
from crawler.fetch.backend import make_backend, require_backend
from crawler.model.errors import ConfigError
from crawler.model.outcomes import Kind
from crawler.trace.counters import Counters
from tests.stations.fetch_servers import Served, always, byte_server, ok, rig

if importlib.util.find_spec("trustme") is None:
    pytest.skip("not installed: trustme", allow_module_level=True)

import trustme


async def test_a_server_that_says_nothing_runs_into_the_read_time_out(tmp_path):
    async def silent(_served: Served, _head: str, _writer: asyncio.StreamWriter) -> None:
        await asyncio.Event().wait()

    async with byte_server(silent) as served, rig(tmp_path, served.url, read_timeout=0.1) as fetching:
        line = await fetching.ended(f"{served.url}/")
        assert line.kind is Kind.TIMEOUT
        assert "fetch.read_timeout" in str(line.message)


async def test_a_body_that_pauses_too_long_runs_into_the_read_time_out_and_a_slow_one_does_not(tmp_path):
    async def slow(_served: Served, head: str, writer: asyncio.StreamWriter) -> None:
        writer.write(ok(b"1234567890")[:-10])
        for _ in range(10):
            await asyncio.sleep(60 if "/stuck" in head else 0.15)
            writer.write(b"x")

    async with byte_server(slow) as served, rig(tmp_path, served.url, read_timeout=1.0) as fetching:
        assert (await fetching.page(f"{served.url}/slow")).size == 10  # 1.5 s in all
        line = await fetching.ended(f"{served.url}/stuck")
        assert line.kind is Kind.TIMEOUT
        assert "fetch.read_timeout" in str(line.message)


async def test_a_handshake_that_gets_nowhere_runs_into_the_connect_time_out(tmp_path):
    gone = asyncio.Event()

    async def deaf(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            await reader.read()
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()
        gone.set()

    async with await asyncio.start_server(deaf, "127.0.0.1", 0) as server:
        url = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with rig(tmp_path, url, connect_timeout=0.5) as fetching:
            # Long enough to read the certificates first, on a busy machine too.
            line = await fetching.ended(f"{url}/")
            assert line.kind is Kind.TIMEOUT
            assert "fetch.connect_timeout" in str(line.message)
        await gone.wait()  # nobody is left waiting for a handshake


async def test_the_connect_time_out_ends_with_the_connection(tmp_path):
    async def slow(_served: Served, _head: str, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(1.5)
        writer.write(ok())

    async with byte_server(slow) as served, rig(tmp_path, served.url, connect_timeout=1.0) as fetching:
        # Would catch a time-out that also counts the wait for the answer: then this is no page.
        await fetching.page(f"{served.url}/")


@pytest.fixture(scope="module")
def paper(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tls")
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "ca.pem")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return folder / "ca.pem", context


async def test_a_certificate_is_verified_unless_it_is_told_otherwise(tmp_path, paper):
    ca_file, context = paper
    async with byte_server(always(ok()), ssl=context) as served:
        async with rig(tmp_path, served.url) as fetching:
            line = await fetching.ended(f"{served.url}/")
            assert line.kind is Kind.TLS
            assert "certificate is not valid" in str(line.message)
            assert "(fetch.ca_file names certificates to trust)" in str(line.message)
        assert served.heads == []
        for settings in ({"ca_file": ca_file}, {"verify_tls": False}):
            async with rig(tmp_path, served.url, **settings) as fetching:
                await fetching.page(f"{served.url}/")


async def test_the_system_s_certificates_are_trusted(tmp_path, paper, monkeypatch):
    ca_file, context = paper
    monkeypatch.setenv("SSL_CERT_FILE", str(ca_file))  # where OpenSSL looks for the system's
    async with byte_server(always(ok()), ssl=context) as served, rig(tmp_path, served.url) as fetching:
        # Would catch a context that does not load them: then this is a TLS error, and no page.
        await fetching.page(f"{served.url}/")


FETCH = """
import asyncio, sys
from crawler.config import Config
from crawler.fetch.backend import make_backend
from crawler.trace.counters import Counters

async def fetch(url):
    backend = await make_backend(Config(), frozenset({url}), Counters())
    async with backend.get(f"{url}/") as answer:
        print(answer.status)
    await backend.close()

asyncio.run(fetch(sys.argv[1]))
"""


async def test_a_crawl_with_the_usual_settings_trusts_the_system_s_certificates(paper):
    """It has no context of its own, but that of its library, which reads them when it is imported."""
    ca_file, context = paper
    async with byte_server(always(ok()), ssl=context) as served:
        for trusted, status in ((str(ca_file), b"200\n"), ("/dev/null", b"")):
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-c", FETCH, served.url,
                env=os.environ | {"SSL_CERT_FILE": trusted, "SSL_CERT_DIR": "/nowhere"},
                stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            )  # fmt: skip
            said, failed = await process.communicate()
            assert said == status, failed.decode()


async def test_no_verification_is_warned_of_once(caplog):
    backend = await make_backend(Config(fetch={"verify_tls": False}), frozenset(), Counters())
    await backend.close()
    assert [record.message for record in caplog.records if "not verified" in record.message]


@pytest.mark.parametrize(("content", "reason"), [(None, "No such file"), ("x", "no PEM certificate")])
def test_a_file_without_certificates_is_refused(tmp_path, content, reason):
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_text(content)
    with pytest.raises(ConfigError, match=reason):
        require_backend(Config(fetch={"ca_file": path}))
