"""What an experiment may take of this machine, and the one-sentence refusal where it needs more."""

import multiprocessing
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from crawler.lab.finding import NotPossible
from crawler.lab.machine import cores

if TYPE_CHECKING:
    from multiprocessing.context import ForkServerContext

PROC = Path("/proc")
"""Where Linux tells about processes; elsewhere it is not there."""


def need_two_cores() -> None:
    """Raise NotPossible where this process may use one core only."""
    if cores() < 2:
        raise NotPossible(f"This experiment needs 2 CPU cores, and may use {cores()} here.")


def need_choice_of_cores() -> None:
    """Raise NotPossible where a process cannot choose the cores that it runs on."""
    if not hasattr(os, "sched_setaffinity"):
        raise NotPossible("This experiment needs os.sched_setaffinity, which this platform lacks.")


def start_methods() -> list[str]:
    """The start methods of multiprocessing that this platform has, the ones of this house first."""
    methods = multiprocessing.get_all_start_methods()
    return [method for method in ("forkserver", "spawn", "fork") if method in methods]


def need_fork_server() -> None:
    """Raise NotPossible where multiprocessing has no fork server."""
    if "forkserver" not in start_methods():
        raise NotPossible("This experiment needs multiprocessing's forkserver, which this platform lacks.")


def fork_server(module: str) -> "ForkServerContext":
    """Multiprocessing's fork server, which has imported ``module`` before its first child.

    So a child finds the code that it runs already there: it is forked, and imports nothing.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([module])
    return context


def available_memory() -> int | None:
    """Bytes that programs may still take without swapping (Linux, proc_meminfo(5)); None where unknown."""
    try:
        lines = (PROC / "meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    (kibibytes,) = [line.split()[1] for line in lines if line.startswith("MemAvailable:")]
    return int(kibibytes) * 1024


def memory_of(pid: int | str = "self") -> int:
    """Bytes of RAM that a process holds; of pages it shares, its share (Linux). Raises OSError, KeyError."""
    lines = (PROC / str(pid) / "smaps_rollup").read_text(encoding="ascii").splitlines()
    sizes = {words[0]: words[1] for words in map(str.split, lines[1:])}
    return int(sizes["Pss:"]) * 1024


def need_memory_figures() -> None:
    """Raise NotPossible where the system does not tell a process's memory."""
    if not (PROC / "self" / "smaps_rollup").exists():
        raise NotPossible("This experiment reads /proc/self/smaps_rollup, which is not here.")


def most_processes() -> int | None:
    """How many more processes and threads may be started by this user; None where nothing says so."""
    if sys.platform == "win32":
        return None
    import resource

    limits = []
    soft, _ = resource.getrlimit(resource.RLIMIT_NPROC)
    if soft != resource.RLIM_INFINITY:
        limits.append(soft)
    for path in ("kernel/threads-max", "kernel/pid_max", "vm/max_map_count"):
        # Each thread's stack takes two mappings of the address space, so the last is one half.
        limits += [n // (2 if path.startswith("vm") else 1) for n in _numbers(PROC / "sys" / path)]
    limits += _numbers(Path("/sys/fs/cgroup/pids.max"))
    running = sum(1 for _ in PROC.glob("[0-9]*/task/*"))
    return max(0, min(limits) - running) if limits else None


def may_open(files: int) -> int:
    """Let this process and its children to come have so many files open; how many they may have then."""
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= files:
        return files
    most = files if hard == resource.RLIM_INFINITY else min(files, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    return most


def _numbers(path: Path) -> list[int]:
    try:
        text = path.read_text(encoding="ascii").strip()
    except OSError:
        return []
    return [int(text)] if text.isdecimal() else []
