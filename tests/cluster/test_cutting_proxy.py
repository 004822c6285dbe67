"""The proxy that cuts: with a real PostgreSQL behind it, and on both loops with bare bytes."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import pytest
import uvloop

from crawler.lab.nodes.cutting_proxy_task import CuttingProxy, cutting_proxy
from tests.postgresql import with_port

asyncpg = pytest.importorskip("asyncpg", reason="not installed: asyncpg")
LOST = (ConnectionError, asyncpg.PostgresConnectionError, asyncpg.InterfaceError)
SHORT = 0.2


@pytest.fixture
async def proxy(database: str) -> AsyncIterator[CuttingProxy]:
    async with cutting_proxy("127.0.0.1", urlsplit(database).port or 0) as proxy:
        yield proxy


@asynccontextmanager
async def connected(dsn: str) -> AsyncIterator[Any]:
    connection = await asyncpg.connect(dsn, timeout=10)
    try:
        yield connection
    finally:
        connection.terminate()


async def soon(happens: Callable[[], Coroutine[Any, Any, bool]]) -> bool:
    for _ in range(500):
        if await happens():
            return True
        await asyncio.sleep(0.02)
    return False


def session(direct: Any, pid: int) -> Callable[[], Coroutine[Any, Any, bool]]:
    """Asks whether that session is over."""

    async def is_over() -> bool:
        return await direct.fetchval("SELECT count(*) = 0 FROM pg_stat_activity WHERE pid = $1", pid)

    return is_over


async def test_everything_passes_both_ways(database: str, proxy: CuttingProxy) -> None:
    async with connected(with_port(database, proxy.port)) as connection:
        much = os.urandom(3_000_000)
        same = await connection.fetchval("SELECT $1::bytea || $1", much) == much + much
        assert same
        assert list(proxy.lines) == [1]
        local = connection._transport.get_extra_info("sockname")
        assert proxy.lines[1].client == local, "by this it is known whose connection it is"
        await connection.close()

    async def is_empty() -> bool:
        return not proxy.lines

    assert await soon(is_empty)


@pytest.mark.parametrize("reset", [True, False], ids=["RST", "FIN"])
async def test_a_cut_ends_every_connection_at_both_ends(
    database: str, proxy: CuttingProxy, reset: bool
) -> None:
    through = with_port(database, proxy.port)
    async with connected(database) as direct, connected(through) as one, connected(through) as other:
        pid = one.get_server_pid()
        waiting = asyncio.ensure_future(one.fetchval("SELECT pg_sleep(60)"))
        await asyncio.sleep(SHORT)
        assert proxy.cut(reset=reset) == 2
        with pytest.raises(LOST):
            await waiting
        with pytest.raises(LOST):
            await other.fetchval("SELECT 1")
        # It sleeps on until it looks at its connection; the other had nothing to do.
        assert await soon(session(direct, other.get_server_pid()))
        await direct.execute("SELECT pg_terminate_backend($1)", pid)
        async with connected(through) as again:
            assert await again.fetchval("SELECT 1") == 1


async def test_one_connection_is_cut_and_the_others_go_on(database: str, proxy: CuttingProxy) -> None:
    through = with_port(database, proxy.port)
    async with connected(through) as one, connected(through) as other:
        assert proxy.cut(1) == 1
        with pytest.raises(LOST):
            await one.fetchval("SELECT 1")
        assert await other.fetchval("SELECT 1") == 1
        assert proxy.cut(1) == 0, "it is gone"
        assert list(proxy.lines) == [2]


async def test_a_stall_keeps_everything_back_until_it_heals(database: str, proxy: CuttingProxy) -> None:
    through = with_port(database, proxy.port)
    async with connected(through) as connection:
        proxy.stall()
        asked = asyncio.ensure_future(connection.fetchval("SELECT 1"))
        new = asyncio.ensure_future(asyncpg.connect(through))
        _, waiting = await asyncio.wait({asked, new}, timeout=SHORT)
        assert waiting == {asked, new}
        proxy.heal()
        assert await asked == 1
        (await new).terminate()


async def test_one_connection_hangs_and_the_others_go_on(database: str, proxy: CuttingProxy) -> None:
    through = with_port(database, proxy.port)
    async with connected(through) as one, connected(through) as other:
        proxy.stall(1)
        asked = asyncio.ensure_future(one.fetchval("SELECT 1"))
        assert await other.fetchval("SELECT 2") == 2
        async with connected(through) as new:
            assert await new.fetchval("SELECT 3") == 3
        assert not asked.done()
        proxy.heal()
        assert await asked == 1


async def test_a_commit_is_done_and_its_answer_lost(database: str, proxy: CuttingProxy) -> None:
    async with connected(database) as direct, connected(with_port(database, proxy.port)) as connection:
        await direct.execute("CREATE TABLE numbers (number int)")
        await connection.execute("BEGIN; INSERT INTO numbers VALUES (7)")
        proxy.stall(what="answers")
        committing = asyncio.ensure_future(connection.execute("COMMIT"))

        async def is_there() -> bool:
            return bool(await direct.fetchval("SELECT number FROM numbers") == 7)

        assert await soon(is_there)
        assert not committing.done()
        proxy.cut()
        with pytest.raises(LOST):
            await committing


async def test_a_session_lives_on_whose_client_has_been_cut_off(database: str, proxy: CuttingProxy) -> None:
    """PostgreSQL has not noticed: its locks are still held, until it does."""
    async with connected(database) as direct, connected(with_port(database, proxy.port)) as connection:
        await connection.execute("SELECT pg_advisory_lock(7)")
        proxy.cut(end="near")
        with pytest.raises(LOST):
            await connection.fetchval("SELECT 1")
        await asyncio.sleep(SHORT)
        assert not await direct.fetchval("SELECT pg_try_advisory_lock(7)")
        proxy.heal()

        async def is_free() -> bool:
            return bool(await direct.fetchval("SELECT pg_try_advisory_lock(7)"))

        assert await soon(is_free)


async def test_a_client_hears_nothing_of_its_session_s_end(database: str, proxy: CuttingProxy) -> None:
    async with connected(database) as direct, connected(with_port(database, proxy.port)) as connection:
        proxy.cut(end="far")
        assert await soon(session(direct, connection.get_server_pid()))
        asked = asyncio.ensure_future(connection.fetchval("SELECT 1"))
        await asyncio.wait({asked}, timeout=SHORT)
        assert not asked.done()
        proxy.heal()
        with pytest.raises(LOST):
            await asked


async def test_nobody_there_is_a_reset() -> None:
    with socket.socket() as bound:  # and does not listen
        bound.bind(("127.0.0.1", 0))
        nobody = bound.getsockname()
        async with cutting_proxy(*nobody) as proxy:
            reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
            with pytest.raises(ConnectionResetError):
                await reader.read()
            writer.close()


async def test_what_hangs_ends_with_the_proxy(database: str) -> None:
    async with cutting_proxy("127.0.0.1", urlsplit(database).port or 0) as proxy:
        connection = await asyncpg.connect(with_port(database, proxy.port))
        proxy.stall()
        asked = asyncio.ensure_future(connection.fetchval("SELECT 1"))
        new = asyncio.ensure_future(asyncpg.connect(with_port(database, proxy.port)))
        await asyncio.sleep(SHORT)
    for waiting in (asked, new):
        with pytest.raises(LOST):
            await waiting
    assert not proxy.lines


@pytest.mark.parametrize("run", [asyncio.run, uvloop.run], ids=["asyncio", "uvloop"])
def test_bytes_ends_and_resets_are_the_same_on_both_loops(run: Callable[..., None]) -> None:
    run(echoed())


async def echoed() -> None:
    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65_536):
                writer.write(data)
                await writer.drain()
        except ConnectionError:
            resets.append(True)
        finally:
            writer.close()

    resets: list[bool] = []
    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    async with cutting_proxy("127.0.0.1", server.sockets[0].getsockname()[1]) as proxy:
        much = os.urandom(8_000_000)  # more than all buffers on the way hold: nobody's may grow for ever
        reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
        writer.write(much)
        writer.write_eof()
        await asyncio.sleep(SHORT)
        same = await reader.read() == much  # pytest would compare them line by line
        assert same, "and an end that is told is passed on"
        writer.close()
        for reset in (True, False):
            reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
            writer.write(b"hello")
            assert await reader.readexactly(5) == b"hello"
            assert proxy.cut(reset=reset) == 1
            if reset:
                with pytest.raises(ConnectionResetError):
                    await reader.read()
            else:
                assert await reader.read() == b""
            writer.close()
            await asyncio.sleep(0.05)
            assert resets == [True], "the one that was reset, at its other end too"
    server.close()
    await server.wait_closed()
