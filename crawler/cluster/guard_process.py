"""The guard of an embedded PostgreSQL: the process between it and its owner, so that it outlives neither.

::

    owner ── stdin: one command a line ──▶ guard ── SIGINT, SIGQUIT, SIGKILL ──▶ postmaster ──▶ its children
          ◀── stdout: one answer each ───

Runs as: one process, from this file alone, as ``python -I -S``: with nothing of ours imported it is ready in
20 ms. The end of its standard input says that the owner is gone, however it died: PostgreSQL is stopped,
and its folder removed where that was a temporary one. If the guard itself is killed, Linux sends the
postmaster SIGQUIT, which is an immediate shutdown. A postmaster's children end by themselves without it.
"""

import ctypes
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

START_TIMEOUT = 60.0
"""Seconds in which PostgreSQL must be ready; it needs less than one, or a few to recover from a kill."""
STOP_TIMEOUT = 10.0
"""Seconds in which PostgreSQL must have ended after each signal; it needs a tenth of one."""
GRACE = 1.0
"""Seconds that a killed postmaster's children have to end by themselves; most need none."""
PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER, IPC_RMID = 1, 36, 0  # <linux/prctl.h>, <sys/ipc.h>
LIBC = ctypes.CDLL(None if os.name == "posix" else "msvcrt")  # this file can be imported anywhere


class Trouble(Exception):
    """Why a command could not be carried out, as a sentence without its full stop."""


class Server:
    """One data folder and the postmaster that runs on it, if one does."""

    def __init__(self, binaries: str, folder: str, settings: dict[str, str], user: list[int] | None) -> None:
        """``user``: numbers of the user and group whose PostgreSQL is to be; it refuses to be root's."""
        self._binaries, self._settings, self._user = Path(binaries), settings, user
        self._folder, self._data, self._log = Path(folder), Path(folder, "data"), Path(folder, "log")
        self._postmaster: subprocess.Popen[bytes] | None = None
        self._pid = 0
        """The last postmaster's."""
        self._alive = -1
        """A pipe whose write end all of PostgreSQL's processes have: its end says that they are gone."""

    def start(self, port: int) -> int:
        """Start PostgreSQL on ``port``, on a new database if there is none yet; the postmaster's pid."""
        if self._postmaster is not None and self._postmaster.poll() is None:
            return self._pid
        self._let_go()
        if not (self._data / "PG_VERSION").exists():
            self._create()
        settings = {"listen_addresses": "127.0.0.1", "port": str(port), **self._settings}
        command = [str(self._binaries / "postgres"), "-D", str(self._data)]
        command += [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        self._alive, theirs = os.pipe()
        with self._log.open("ab") as log, os.fdopen(theirs, "wb"):
            # Standard output stays the guard's: so the owner, too, sees when the last of them is gone.
            self._postmaster = postmaster = subprocess.Popen(  # noqa: S603 - ours
                command, stdin=subprocess.DEVNULL, stderr=log, pass_fds=[theirs],
                preexec_fn=partial(_end_with, os.getpid()), **self._as_user(),
            )  # fmt: skip
        self._pid = postmaster.pid
        self._until_ready(postmaster)
        return self._pid

    def stop(self, first: signal.Signals = signal.SIGINT) -> None:
        """End PostgreSQL: fast (SIGINT: transactions are rolled back, all is saved), else at once."""
        if self._postmaster is None:
            return
        for number in (first, signal.SIGQUIT):
            self._postmaster.send_signal(number)
            with suppress(subprocess.TimeoutExpired):
                self._postmaster.wait(STOP_TIMEOUT)
                break
        else:
            self._postmaster.kill()
        self._let_go()

    def kill(self) -> None:
        """SIGKILL to the postmaster, and wait until its children have ended as well."""
        if self._postmaster is None:
            return
        self._postmaster.send_signal(signal.SIGSTOP)  # no more children from here on
        children = _pidfds_of_children(self._postmaster.pid)
        try:
            self._postmaster.kill()
            self._postmaster.wait()
            if not self._all_gone(GRACE):
                for child in children:  # one that computes does not see that its postmaster is gone
                    with suppress(ProcessLookupError):
                        signal.pidfd_send_signal(child, signal.SIGKILL)
            self._let_go()
        finally:
            for child in children:
                os.close(child)

    def end(self, *, save: bool) -> None:
        """End whatever runs; leave nothing of it in the system. ``save``: the data will be used again."""
        self.stop(signal.SIGINT if save else signal.SIGQUIT)
        state = self._state()
        # The one thing that a killed postmaster leaves outside its folder: some bytes of System V memory.
        if len(state) > 6 and state[0] == str(self._pid):
            LIBC.shmctl(int(state[6].split()[-1]), IPC_RMID, None)

    def _create(self) -> None:
        self._data.mkdir(mode=0o700, exist_ok=True)
        if self._user is not None:
            os.chown(self._data, self._user[0], self._user[1])
        command = [str(self._binaries / "initdb"), "-D", str(self._data), "-U", "crawler", "-E", "UTF8"]
        command += ["--pwfile", str(self._folder / "password"), "-A", "scram-sha-256"]
        command += ["--no-locale", "--no-sync", "--no-instructions"]
        done = subprocess.run(  # noqa: S603 - ours
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, **self._as_user()
        )
        if done.returncode != 0:
            raise Trouble(f"initdb in {self._data} failed: {_last_line(done.stderr)}")

    def _until_ready(self, postmaster: "subprocess.Popen[bytes]") -> None:
        deadline = time.monotonic() + START_TIMEOUT
        while time.monotonic() < deadline:
            state = self._state()
            if len(state) > 7 and state[0] == str(postmaster.pid) and state[7].strip() == "ready":
                return
            if postmaster.poll() is not None:
                self._let_go()
                raise Trouble(f"PostgreSQL did not start: {_last_line(self._log.read_text(), 'FATAL: ')}")
            time.sleep(0.01)
        self.kill()
        raise Trouble(f"PostgreSQL was not ready within {START_TIMEOUT:.0f} seconds")

    def _state(self) -> list[str]:
        """What the postmaster says of itself: pid, …, port, …, its shared memory, whether it is ready."""
        try:
            return (self._data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return []

    def _let_go(self) -> None:
        """Reap the postmaster, and see that its children are gone."""
        if self._postmaster is None:
            return
        self._postmaster.wait(STOP_TIMEOUT)
        if not self._all_gone(STOP_TIMEOUT):
            raise Trouble("Some process of PostgreSQL has not ended after its postmaster")
        with suppress(ChildProcessError):
            while True:  # the killed postmaster's children are the guard's, where it adopts them
                os.wait()
        os.close(self._alive)
        self._postmaster = None

    def _all_gone(self, timeout: float) -> bool:
        return bool(select.select([self._alive], [], [], timeout)[0])

    def _as_user(self) -> dict[str, Any]:
        # Nothing of the owner's environment: PGDATA, PGOPTIONS and the like would be obeyed.
        how: dict[str, Any] = {"cwd": "/", "env": {"LC_ALL": "C", "TZ": "UTC", "PATH": os.defpath}}
        if self._user is not None:
            how |= {"user": self._user[0], "group": self._user[1], "extra_groups": []}
        return how


def _end_with(guard: int) -> None:
    """In the postmaster-to-be: end when the guard does, where the system can see to it."""
    if sys.platform == "linux":
        LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGQUIT)
        if os.getppid() != guard:
            os._exit(1)


def _pidfds_of_children(pid: int) -> list[int]:
    """A pid could be somebody else's a moment later; a pidfd cannot. None of them where there are none."""
    found = []
    with suppress(FileNotFoundError, AttributeError):
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            with suppress(ProcessLookupError):
                found.append(os.pidfd_open(int(child)))
    return found


def _last_line(text: str, mark: str = "error: ") -> str:
    """What follows the last ``mark``, or else the last line."""
    said = text.rpartition(mark)
    return (said[2].splitlines() if said[1] else text.splitlines()[-1:] or ["it did not say why"])[0].strip()


def main() -> None:
    """Carry out the owner's commands until it is gone."""
    plan = json.loads(sys.argv[1])
    folder, temporary = plan["folder"], plan.pop("temporary")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    if sys.platform == "linux":
        LIBC.prctl(PR_SET_CHILD_SUBREAPER, 1)  # not every system's first process reaps what is left to it
    server = Server(**plan)
    try:
        for line in sys.stdin:
            number, name, *arguments = json.loads(line)
            answer: dict[str, Any] = {"number": number}
            try:
                answer["value"] = getattr(server, name)(*arguments)
            except (Trouble, OSError, subprocess.SubprocessError) as error:
                answer["trouble"] = str(error)
            print(json.dumps(answer), flush=True)  # noqa: T201 - said to the owner
    finally:
        server.end(save=not temporary)
        if temporary:
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
