"""A node that is started, killed, paused and started again: its processes, seen from outside."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from crawler.lab.crash.victims import Role, group_of, kill_group, signal_to, victims


class Member:
    """One of the nodes, by its name; from one process to the next. Everything here blocks, but shortly."""

    def __init__(self, name: str, options: Sequence[object], out: Path, environment: dict[str, str]) -> None:
        """``options`` are those of ``crawler node``."""
        self.name, self._out = name, out
        self.log = out.with_name(f"{name}.log")
        """What all of its processes have said."""
        self.is_busy = False
        """Something is being done to it."""
        self.process: subprocess.Popen[bytes] | None = None
        self.leaders: list[int] = []
        """The main processes that it ever had; each led a group of its own."""
        self._command = [sys.executable, "-m", "crawler", "node", *map(str, options), "--node", name]
        self._environment = environment

    def start(self) -> None:
        """Begin a process."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(  # noqa: S603 - ourselves
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self._environment,
                start_new_session=True,
            )
        self.leaders.append(self.process.pid)

    @property
    def pid(self) -> int:
        """The main process."""
        if self.process is None:
            raise RuntimeError(f"{self.name} was not started")
        return self.process.pid

    @property
    def is_running(self) -> bool:
        """Whether its main process is there."""
        return self.process is not None and self.process.poll() is None

    @property
    def code(self) -> int | None:
        """The exit code of the process that was there last."""
        return None if self.process is None else self.process.poll()

    def kill(self, *, group: bool) -> None:
        """SIGKILL to the main process, or to all at once; it is gone afterwards."""
        if group:
            kill_group(self.pid)
        else:
            signal_to(self.pid, signal.SIGKILL)
        if self.process is not None:
            self.process.wait()

    def pause(self) -> None:
        """SIGSTOP to all of its processes."""
        for pid in group_of(self.pid):
            signal_to(pid, signal.SIGSTOP)

    def go_on(self) -> None:
        """SIGCONT to them."""
        for pid in group_of(self.pid):
            signal_to(pid, signal.SIGCONT)

    def ask_to_leave(self) -> None:
        """One Ctrl-C."""
        signal_to(self.pid, signal.SIGINT)

    def kill_child(self, role: Role, node: int) -> bool:
        """SIGKILL to one of its parsers or writers, as incarnation ``node``; whether there was one."""
        for victim in victims(self.pid, self._out / f"{self.name}-{node}"):
            if victim.role == role:
                signal_to(victim.pid, signal.SIGKILL)
                return True
        return False

    def left(self, most_seconds: float) -> list[int]:
        """Processes of those that it ever had which have not ended by then."""
        deadline = time.monotonic() + most_seconds
        while True:
            found = [pid for leader in self.leaders for pid in group_of(leader)]
            if not found or time.monotonic() >= deadline:
                return found
            time.sleep(0.1)

    def end(self) -> None:
        """Leave nothing behind, whatever went wrong."""
        for leader in self.leaders:
            kill_group(leader)
        if self.process is not None:
            self.process.wait()

    def last_words(self, lines: int = 5) -> str:
        """The end of its log."""
        if not self.log.exists():
            return ""
        return " / ".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    @property
    def state(self) -> str:
        """What its main process does now, as Linux says it."""
        try:
            return Path(f"/proc/{self.pid}/wchan").read_text() or "runs"
        except OSError:
            return "is gone"


def environment(password: str) -> dict[str, str]:
    """What a node's process is given."""
    return {**os.environ, "PGPASSWORD": password, "PYTHONUNBUFFERED": "1"}
