"""A real PostgreSQL for whichever test wants one, and PgBouncer before it: one of each for a test process.

They are started when the first test asks for them. A test that needs what is not installed is skipped, and
says so.
"""

import asyncio
import ctypes
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from crawler.cluster.embedded_process import EmbeddedPostgresql
from crawler.model.errors import UsageError

PGBOUNCER = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")


def require_asyncpg() -> None:
    pytest.importorskip("asyncpg", reason="not installed: asyncpg")


@pytest.fixture(scope="session")
def postgresql() -> Iterator[EmbeddedPostgresql]:
    """The server. A test that stops or kills it starts it again."""
    require_asyncpg()
    server = EmbeddedPostgresql()
    try:
        server.__enter__()
    except UsageError as error:
        pytest.skip(str(error))
    try:
        yield server
    finally:
        server.__exit__(None, None, None)


@pytest.fixture
async def database(postgresql: EmbeddedPostgresql) -> AsyncIterator[str]:
    """The DSN of a fresh database, which is gone after the test with all who are still connected."""
    name = f"test_{secrets.token_hex(4)}"
    await asyncio.to_thread(restarted, postgresql)
    await execute(postgresql.dsn, f"CREATE DATABASE {name}")
    yield with_database(postgresql.dsn, name)
    await asyncio.to_thread(restarted, postgresql)
    await execute(postgresql.dsn, f"DROP DATABASE {name} WITH (FORCE)")


def restarted(server: EmbeddedPostgresql) -> None:
    """A test that failed may have left it stopped."""
    server.start()


async def execute(dsn: str, statement: str) -> None:
    import asyncpg

    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


def with_database(dsn: str, name: str) -> str:
    return urlsplit(dsn)._replace(path=f"/{name}").geturl()


def with_port(dsn: str, port: int) -> str:
    parts = urlsplit(dsn)
    login = parts.netloc.rpartition("@")[0]
    return parts._replace(netloc=f"{login}@127.0.0.1:{port}").geturl()


@pytest.fixture
def pgbouncer(database: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """The DSN of the test's database through PgBouncer, which gives each *transaction* any connection.

    Its parameter is another pool_mode.
    """
    if PGBOUNCER is None:
        pytest.skip("not installed: pgbouncer")
    server = urlsplit(database)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings = tmp_path / "pgbouncer.ini"
    settings.write_text(
        f"""[databases]
* = host=127.0.0.1 port={server.port} user={server.username} password={server.password}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = {getattr(request, "param", "transaction")}
ignore_startup_parameters = extra_float_digits
"""
    )
    command: list[str | Path] = [PGBOUNCER, "-q", settings]
    as_nobody = {"user": "nobody", "group": "nogroup", "extra_groups": []} if os.geteuid() == 0 else {}
    if as_nobody:  # PgBouncer does not run as root, and nobody may not look into this folder
        command[-1] = "/dev/stdin"
    with settings.open() as stdin, (tmp_path / "pgbouncer.log").open("wb") as log:
        process = subprocess.Popen(
            command, stdin=stdin, stdout=log, stderr=log, preexec_fn=end_with_parent, **as_nobody
        )
    try:
        until_listening(process, port, tmp_path / "pgbouncer.log")
        yield with_port(database, port)
    finally:
        process.kill()
        process.wait()


def end_with_parent() -> None:
    """Where the system can see to it: a test process that is killed leaves nothing behind."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def until_listening(process: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    deadline = time.monotonic() + 10
    while True:
        assert process.poll() is None, log.read_text()
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.02)
