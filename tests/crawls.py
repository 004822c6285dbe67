"""Running ``crawler`` as its users do, and judging what it left in OUT."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

from crawler.frontier.view import open_view
from crawler.model.record import Record, decode
from crawler.plumbing import fork_server_process
from tests.command_process import commands, settings_of_python

ROOT = Path(__file__).parent.parent


def command(*arguments: object) -> list[str]:
    """The command line of ``crawler ARGUMENTS``."""
    return [sys.executable, "-m", "crawler", *map(str, arguments)]


def crawl(
    *arguments: object, timeout: float = 50, cwd: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """Run ``crawler ARGUMENTS`` to its end."""
    if hasattr(os, "fork") and commands().python == settings_of_python():
        return commands().run([str(argument) for argument in arguments], cwd, timeout)
    return subprocess.run(
        command(*arguments), capture_output=True, text=True, timeout=timeout, check=False, cwd=cwd
    )


def start(*arguments: object) -> subprocess.Popen[str]:
    """Start ``crawler ARGUMENTS`` as the leader of a process group of its own."""
    return subprocess.Popen(
        command(*arguments),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def records(out: Path) -> list[Record]:
    """The records of ``records.jsonl``; every line must be whole."""
    data = (out / "records.jsonl").read_bytes()
    assert data.endswith(b"\n") or not data
    return [decode(line) for line in data.splitlines()]


def urls(out: Path) -> Counter[str]:
    """How often each URL is recorded."""
    return Counter(record.url for record in records(out))


def rows(out: Path) -> list[str]:
    """The URLs in ``records.db``, in order."""
    with sqlite3.connect(out / "records.db") as db:
        found = [row[0] for row in db.execute("SELECT url FROM records ORDER BY rowid")]
    db.close()
    return found


def answers(out: Path) -> list[tuple[str, int]]:
    """The URLs in ``facts.db``, in order, each with what it was asked for."""
    with sqlite3.connect(out / "facts.db") as db:
        found: list[tuple[str, int]] = db.execute("SELECT url, purpose FROM answers ORDER BY id").fetchall()
    db.close()
    return found


def summary(out: Path) -> dict[str, Any]:
    """``summary.json``."""
    found: dict[str, Any] = json.loads((out / "summary.json").read_text())
    return found


def integrity(out: Path) -> None:
    """Every database in OUT is whole."""
    for path in out.glob("*.db"):
        with sqlite3.connect(path) as db:
            assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        db.close()


def wait_for_records(out: Path, most_seconds: float = 20) -> None:
    """Wait until the first record is on disk."""
    deadline = time.monotonic() + most_seconds
    path = out / "records.jsonl"
    while not (path.exists() and path.stat().st_size):
        assert time.monotonic() < deadline, "no record was written"
        time.sleep(0.005)


def group_of(leader: int) -> list[int]:
    """The pids of the live processes in a process group."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[2]) == leader and fields[0] != "Z":
            found.append(int(stat.parent.name))
    return found


def wait_for_empty_group(leader: int, most_seconds: float) -> None:
    """Every process of the group ends by itself."""
    deadline = time.monotonic() + most_seconds
    while left := group_of(leader):
        assert time.monotonic() < deadline, f"left behind: {left}"
        time.sleep(0.02)


def kill_group(leader: int) -> None:
    """SIGKILL to all processes of a group at once."""
    os.killpg(leader, signal.SIGKILL)


def kill_for_good(leader: int, out: Path) -> None:
    """SIGKILL to a whole crawl that nobody will resume, and remove what it leaves in the system."""
    kill_group(leader)
    wait_for_empty_group(leader, 5)
    remove_leftovers(out)


def remove_leftovers(out: Path) -> None:
    """Remove what a killed crawl has left in the system."""
    with open_view(out) as view:
        fork_server_process.remove_leftovers(view.meta()["leftovers"])
