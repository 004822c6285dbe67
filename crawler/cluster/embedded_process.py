"""A PostgreSQL of one's own, for the demo, the tests and the chaos run: nothing to install but with pip.

Runs as: a guard process (:mod:`crawler.cluster.guard_process`) with a postmaster below it. Where the
binaries come from, and whose they are, is in :mod:`crawler.cluster.postgresql_files`.
"""

import json
import os
import random
import select
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

from crawler.cluster import guard_process
from crawler.cluster.postgresql_files import (
    User,
    binaries,
    copied,
    is_open_to_all,
    password_in,
    unprivileged_user,
)
from crawler.model.errors import ChildFailed

HOST = "127.0.0.1"
ANSWER_TIMEOUT = 2 * guard_process.START_TIMEOUT
"""Seconds in which the guard must have answered; its own time-outs are shorter."""
PORTS = range(20_000, 30_000)
"""Below those that systems give to outgoing connections: none of these takes the port during a restart."""
ATTEMPTS = 5
"""Ports that are tried: between our look and PostgreSQL's start, somebody else may take one."""
SETTINGS = {
    # A killed process loses nothing that it has written; only a machine without power would.
    "fsync": "off",
    "full_page_writes": "off",
    "shared_buffers": "64MB",
    # All shared memory in the folder, so that it is gone with it.
    "dynamic_shared_memory_type": "mmap",
    "unix_socket_directories": "",
    "jit": "off",
}
"""Made for data that is soon thrown away, on a machine with other things to do."""


class EmbeddedPostgresql:
    """A PostgreSQL on the loopback while the ``with`` block lasts; for one thread at a time.

    Every method blocks, the start for a second or two: none is for an event loop's own thread. Entering
    raises UsageError where the package is missing and ChildFailed where PostgreSQL does not start.
    Its processes are gone when the block ends, and also when this process is killed.
    """

    def __init__(self, folder: Path | None = None, settings: Mapping[str, str] | None = None) -> None:
        """``folder``: where its data stay; by default a temporary one, removed at the end.

        ``settings``: PostgreSQL's own, by name, over :data:`SETTINGS`.
        """
        self._given = folder
        self._settings = {**SETTINGS, **(settings or {})}
        self._guard: subprocess.Popen[bytes] | None = None
        self._said = b""
        self._number = 0
        self.port = 0
        """Where it listens: the same one after each start."""
        self.pid: int | None = None
        """The postmaster's process, while it runs."""

    @property
    def dsn(self) -> str:
        """How to connect, as the user who may do everything: ``postgresql://USER:PASSWORD@HOST:PORT/DATABASE``."""
        return f"postgresql://crawler:{self._password}@{HOST}:{self.port}/postgres"

    def __enter__(self) -> Self:
        installed = binaries()
        user = unprivileged_user()
        self.folder = self._make_folder(user)
        try:
            self._password = password_in(self.folder, user)
            if user is not None and not is_open_to_all(installed / "bin" / "postgres"):
                installed = copied(installed, self.folder / "installed", user)
            self._begin_guard(installed, user)
            self._start_somewhere()
        except BaseException:
            self._close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    def start(self) -> None:
        """Start it again, after :meth:`stop` or :meth:`kill`; it recovers what was committed."""
        self.pid = self._ask("start", self.port)

    def stop(self) -> None:
        """End it as an administrator does: connections are closed, open transactions rolled back."""
        self.pid = self._ask("stop")

    def restart(self) -> None:
        """Stop it, and start it again."""
        self.stop()
        self.start()

    def kill(self) -> None:
        """SIGKILL to its postmaster; returns when all of its processes are gone."""
        self.pid = self._ask("kill")

    def _make_folder(self, user: User | None) -> Path:
        if self._given is not None and self._given.exists():
            return self._given.absolute()
        if self._given is None:
            folder = Path(tempfile.mkdtemp(prefix="crawler-postgresql-"))
        else:
            folder = self._given.absolute()
            folder.mkdir(mode=0o700, parents=True)
        if user is not None:
            os.chown(folder, *user)
        return folder

    def _begin_guard(self, installed: Path, user: User | None) -> None:
        plan = {
            "binaries": str(installed / "bin"), "folder": str(self.folder), "settings": self._settings,
            "user": user, "temporary": self._given is None,
        }  # fmt: skip
        self._said = b""
        self._guard = subprocess.Popen(  # noqa: S603 - ours
            [sys.executable, "-I", "-S", guard_process.__file__, json.dumps(plan)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C is for those who use the database: they want to save
        )

    def _start_somewhere(self) -> None:
        for attempt in range(ATTEMPTS):
            self.port = _free_port()
            try:
                self.start()
            except ChildFailed:
                if attempt == ATTEMPTS - 1 or _is_free(self.port):
                    raise
            else:
                return

    def _ask(self, *command: object) -> Any:
        """Have the guard do something; what it returns. Raises ChildFailed with what it could not do."""
        guard = self._guard
        if guard is None or guard.stdin is None:
            raise ChildFailed("The embedded PostgreSQL is used outside its with block.")
        self._number += 1
        with suppress(BrokenPipeError):
            guard.stdin.write(json.dumps([self._number, *command]).encode() + b"\n")
            guard.stdin.flush()
        deadline = time.monotonic() + ANSWER_TIMEOUT
        while True:
            line, end, rest = self._said.partition(b"\n")
            if end:
                self._said, answer = rest, json.loads(line)
                # An older one's asker was interrupted while it waited.
                if answer["number"] == self._number:
                    if "trouble" in answer:
                        raise ChildFailed(f"{answer['trouble']}.")
                    return answer["value"]
            elif not self._hear(deadline):
                raise ChildFailed("The guard of the embedded PostgreSQL does not answer, or has died.")

    def _hear(self, deadline: float) -> bool:
        """Read what the guard says next; False at the end, and when nothing comes before ``deadline``."""
        if self._guard is None or self._guard.stdout is None:
            return False
        stdout = self._guard.stdout.fileno()
        if not select.select([stdout], [], [], max(0.0, deadline - time.monotonic()))[0]:
            return False
        said = os.read(stdout, 65_536)
        self._said += said
        return bool(said)

    def _close(self) -> None:
        guard, self.pid = self._guard, None
        if guard is not None and guard.stdin is not None and guard.stdout is not None:
            with suppress(BrokenPipeError):
                guard.stdin.close()
            # The end comes when the last of them is gone, the guard and all of PostgreSQL.
            deadline = time.monotonic() + ANSWER_TIMEOUT
            while self._hear(deadline):
                pass
            guard.kill()
            guard.wait()
            guard.stdout.close()
            self._guard = None
        if self._given is None:
            shutil.rmtree(self.folder, ignore_errors=True)  # where the guard was killed, or not yet there


def _free_port() -> int:
    """A port on which nobody listens. Raises ChildFailed where there is none."""
    for port in random.sample(PORTS, 100):
        if _is_free(port):
            return port
    raise ChildFailed(f"No port of {HOST} between {PORTS.start} and {PORTS.stop} is free for PostgreSQL.")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as PostgreSQL does
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True
