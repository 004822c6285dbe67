"""A PostgreSQL that cannot be used: each is refused in one sentence, with the remedy and no password."""

import asyncio
import secrets
import socket
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from crawler.cluster.embedded_process import EmbeddedPostgresql
from crawler.model.errors import CrawlerError, OutputError, StoreFailed
from tests.postgresql import execute, require_asyncpg, with_database

require_asyncpg()

from crawler.frontier.postgresql.connecting import Place, connect  # noqa: E402
from crawler.frontier.postgresql.crawl import create  # noqa: E402


async def refused(dsn: str, kind: type[CrawlerError], *words: str, read_only: bool = False) -> str:
    """What is said, which must be one sentence of that kind with these words."""
    with pytest.raises(kind) as caught:
        await connect(Place(dsn, "books"), read_only=read_only)
    said = str(caught.value)
    assert type(caught.value) is kind
    for word in words:
        assert word in said
    password = urlsplit(dsn).password
    assert password is None or password not in said
    assert "\n" not in said
    return said


def with_login(dsn: str, user: str, password: str | None) -> str:
    parts = urlsplit(dsn)
    login = user if password is None else f"{user}:{password}"
    return parts._replace(netloc=f"{login}@{parts.hostname}:{parts.port}").geturl()


async def test_a_good_one_has_the_crawl_s_tables(database: str) -> None:
    await execute(database, "CREATE SCHEMA crawler_books CREATE TABLE meta (key text)")
    db = await connect(Place(database, "books"))
    try:
        assert await db.fetchval("SELECT count(*) FROM meta") == 0
    finally:
        await db.close()


async def test_no_server() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    await refused(f"postgresql://me@127.0.0.1:{port}/db", StoreFailed, "nothing listens there")


@pytest.mark.parametrize("host", ["no.such.host.invalid", f"{'x' * 70}.invalid"])
async def test_unknown_host(host: str) -> None:
    await refused(f"postgresql://me@{host}/db", StoreFailed, "there is no host", host)


async def test_something_else_listens() -> None:
    async with serving(lambda _: b"HTTP/1.1 400 Bad Request\r\n\r\n") as dsn:
        await refused(dsn, StoreFailed, "cannot be reached")


async def test_a_server_that_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crawler.frontier.postgresql.connecting.CONNECT_TIMEOUT", 0.2)
    async with serving(lambda _: b"") as dsn:
        await refused(dsn, StoreFailed, "has not answered in time")


async def test_wrong_password(database: str) -> None:
    await refused(with_login(database, "crawler", "wrong-one"), OutputError, "password", "PGPASSWORD")


async def test_no_password(database: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("PGPASSWORD", raising=False)
    monkeypatch.setenv("PGPASSFILE", str(tmp_path / "none"))
    await refused(with_login(database, "crawler", None), OutputError, "password", "~/.pgpass")


async def test_a_password_from_a_file(database: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    parts, file = urlsplit(database), tmp_path / "pgpass"
    await asyncio.to_thread(file.write_text, f"{parts.hostname}:{parts.port}:*:crawler:{parts.password}\n")
    await asyncio.to_thread(file.chmod, 0o600)
    monkeypatch.delenv("PGPASSWORD", raising=False)
    monkeypatch.setenv("PGPASSFILE", str(file))
    db = await connect(Place(with_login(database, "crawler", None), "books"))
    await db.close()


@asynccontextmanager
async def guest(database: str, options: str) -> AsyncIterator[str]:
    """The DSN of another role, which is gone afterwards."""
    name = f"guest_{secrets.token_hex(4)}"
    await execute(database, f"CREATE ROLE {name} {options} PASSWORD 'guest-word'")
    try:
        yield with_login(database, name, "guest-word")
    finally:
        await execute(database, f"DROP ROLE {name}")


async def test_a_role_that_may_not_log_in(database: str) -> None:
    async with guest(database, "NOLOGIN") as dsn:
        await refused(dsn, OutputError, "refuses the login")


async def test_too_many_connections(database: str) -> None:
    async with guest(database, "LOGIN CONNECTION LIMIT 0") as dsn:
        await refused(dsn, StoreFailed, "max_connections")


async def test_no_rights_to_make_a_crawl(database: str) -> None:
    async with guest(database, "LOGIN") as dsn:
        place = Place(dsn, "books")
        db = await connect(place)
        try:
            with pytest.raises(OutputError, match=r"permission denied .*GRANT CREATE ON DATABASE") as caught:
                async with db.transaction():
                    await create(db, place, {}, 256)
        finally:
            await db.close()
        assert "\n" not in str(caught.value)


async def test_no_such_database(database: str) -> None:
    await refused(with_database(database, "nowhere"), OutputError, '"nowhere" does not exist', "createdb")


@pytest.mark.parametrize("encoding", ["SQL_ASCII", "LATIN1"])
async def test_wrong_encoding(database: str, encoding: str) -> None:
    name = f"test_{secrets.token_hex(4)}"
    await execute(database, f"CREATE DATABASE {name} ENCODING '{encoding}' LOCALE 'C' TEMPLATE template0")
    try:
        await refused(with_database(database, name), OutputError, encoding, "UTF8")
    finally:
        await execute(database, f"DROP DATABASE {name} WITH (FORCE)")


async def test_one_that_can_only_be_read(database: str) -> None:
    name = urlsplit(database).path[1:]
    await execute(database, f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    await refused(database, OutputError, "can only be read", "default_transaction_read_only = off")
    db = await connect(Place(database, "books"), read_only=True)
    await db.close()


async def test_an_option_that_there_is_not(database: str) -> None:
    await refused(f"{database}?nonsense=1", OutputError, "nonsense")
    await refused(f"{database}?sslmode=perhaps", OutputError, "sslmode")


async def test_an_old_version() -> None:
    async with serving(old_server) as dsn:
        await refused(f"{dsn}?sslmode=disable", OutputError, "is PostgreSQL 12", "14 or newer")


async def test_a_pool_in_transaction_mode(pgbouncer: str) -> None:
    await refused(pgbouncer, OutputError, "pool_mode = session")
    db = await connect(Place(pgbouncer, "books"), read_only=True)  # to look is no harm
    await db.close()


@pytest.mark.parametrize("pgbouncer", ["session"], indirect=True)
async def test_a_pool_in_session_mode_is_as_good_as_none(pgbouncer: str) -> None:
    db = await connect(Place(pgbouncer, "books"))
    await db.close()


async def test_a_pool_in_which_another_crawls(database: str, pgbouncer: str) -> None:
    """Whose prepared statements lie in the sessions that it gives."""
    import asyncpg

    other = await asyncpg.connect(pgbouncer)
    try:
        await other.fetchval("SELECT pg_backend_pid()")
        for _ in range(3):
            await refused(pgbouncer, OutputError, "pool_mode = session")
    finally:
        await other.close()


async def test_one_that_is_starting_up(postgresql: EmbeddedPostgresql, database: str) -> None:
    """It is to be tried again: so it is no OutputError, which ends a node."""
    async with serving(lambda _: error("57P03", "the database system is starting up")) as dsn:
        await refused(f"{dsn}?sslmode=disable", StoreFailed, "is not ready", "starting up")
    await asyncio.to_thread(postgresql.stop)
    await refused(database, StoreFailed, "nothing listens there")


# -- servers that are none -------------------------------------------------------------------------------


@asynccontextmanager
async def serving(answer: Callable[[bytes], bytes]) -> AsyncIterator[str]:
    """The URL of a server that answers the first message with what ``answer`` makes of it."""
    tasks = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.add(asyncio.current_task())
        writer.write(answer(await reader.read(1024)))
        with suppress(asyncio.CancelledError):
            await reader.read()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"postgresql://me:secret-word@127.0.0.1:{server.sockets[0].getsockname()[1]}/db"
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def message(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("!i", len(body) + 4) + body


def error(state: str, words: str) -> bytes:
    return message(b"E", f"SFATAL\0C{state}\0M{words}\0\0".encode())


def old_server(_: bytes) -> bytes:
    said = {"server_version": "12.22", "server_encoding": "UTF8", "client_encoding": "UTF8"}
    statuses = [message(b"S", f"{name}\0{value}\0".encode()) for name, value in said.items()]
    return message(b"R", bytes(4)) + b"".join(statuses) + message(b"K", bytes(8)) + message(b"Z", b"I")
