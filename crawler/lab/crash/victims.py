"""The processes of a running crawl, by what they do; read from ``/proc``, so this is for Linux."""

import os
import signal
import time
from contextlib import suppress
from pathlib import Path
from typing import Literal, NamedTuple

from crawler.plumbing.file_lock import owner_pid
from crawler.sinks import SINKS

Role = Literal["main", "fork server", "resource tracker", "parser", "writer"]


class Victim(NamedTuple):
    """One process that may be killed."""

    pid: int
    role: Role
    sink: str | None = None
    """Which sink a writer writes."""


def group_of(leader: int) -> list[int]:
    """The pids of the live processes of a process group."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        fields = _stat(stat)
        if fields and int(fields[2]) == leader and fields[0] != "Z":
            found.append(int(stat.parent.name))
    return found


def victims(leader: int, out: Path, generation: int = 1) -> list[Victim]:
    """The processes of the crawl whose main process is ``leader``, by pid.

    A writer is known by its lock; one that has none yet counts as a parser.
    """
    writers = {owner_pid(out / f".{sink.file_of(generation)}.lock"): name for name, sink in SINKS.items()}
    found = []
    for pid in sorted(group_of(leader)):
        with suppress(OSError):
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
            parent = int((_stat(Path(f"/proc/{pid}/stat")) or "00")[1])
            if pid == leader:
                found.append(Victim(pid, "main"))
            elif b"resource_tracker import" in command:
                found.append(Victim(pid, "resource tracker"))
            elif b"forkserver import" in command and parent == leader:
                found.append(Victim(pid, "fork server"))
            elif pid in writers:
                found.append(Victim(pid, "writer", writers[pid]))
            else:
                found.append(Victim(pid, "parser"))
    return found


def signal_to(pid: int, number: signal.Signals) -> None:
    """Send a signal; nothing happens when the process has gone meanwhile."""
    with suppress(ProcessLookupError):
        os.kill(pid, number)


def kill_group(leader: int) -> None:
    """SIGKILL to all processes of a group at once."""
    with suppress(ProcessLookupError):
        os.killpg(leader, signal.SIGKILL)


def wait_for_empty_group(leader: int, most_seconds: float) -> list[int]:
    """Wait until every process of the group has ended by itself; those that have not."""
    deadline = time.monotonic() + most_seconds
    while (left := group_of(leader)) and time.monotonic() < deadline:
        time.sleep(0.02)
    return left


def _stat(path: Path) -> list[str]:
    """The fields of ``/proc/PID/stat`` behind the name: state, parent, group, …; empty when it is gone."""
    try:
        return path.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return []
