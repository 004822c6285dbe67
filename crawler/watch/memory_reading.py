"""How much memory the machine has, and how much a family of processes takes. Linux; blocking.

Read from ``/proc`` and the control groups: only a few numbers are needed, once a second. Memory that is
shared (the fork server's imports) is counted once: a process takes its proportional set size, and what of it
is swapped out. Where the kernel does not tell that, it takes its resident set size.
"""

import ctypes
import os
import platform
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

from crawler.rules.limits import MemoryUse

PROC = Path("/proc")
CGROUPS = Path("/sys/fs/cgroup")


def machine_memory() -> int | None:
    """Bytes that this process may use: the machine's, or its container's if that is less; None if unknown."""
    found = []
    with suppress(AttributeError, ValueError, OSError):
        found.append(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    limits = [CGROUPS / "memory.max", CGROUPS / "memory" / "memory.limit_in_bytes"]
    # Outside of a container, a group of one's own may be somewhere below (a systemd unit's).
    with suppress(OSError):
        for line in (PROC / "self" / "cgroup").read_text().splitlines():
            _, controllers, path = line.split(":", 2)
            if controllers == "":
                limits.append(CGROUPS / path.lstrip("/") / "memory.max")
            elif controllers == "memory":
                limits.append(CGROUPS / "memory" / path.lstrip("/") / "memory.limit_in_bytes")
    for limit in limits:
        with suppress(OSError, ValueError):  # not there, or the word "max"
            found.append(int(limit.read_text()))
    return min(found, default=None)


def read_use(parsers: Collection[int]) -> MemoryUse | None:
    """What this process and everything below it takes; None where that cannot be read."""
    pid = os.getpid()
    main = memory_of(pid)
    if main is None or not (PROC / str(pid) / "task" / str(pid) / "children").exists():
        return None
    below = {child: memory_of(child) or 0 for child in descendants(pid)}
    mine = {child: size for child, size in below.items() if child in parsers}
    return MemoryUse(main, mine, sum(below.values()) - sum(mine.values()))


def descendants(pid: int) -> list[int]:
    """Every process below ``pid``; one that starts or ends meanwhile may be missed."""
    found: list[int] = []
    generation = [pid]
    while generation:
        generation = [child for parent in generation for child in _children(parent)]
        found += generation
    return found


def _children(pid: int) -> list[int]:
    children: list[int] = []
    with suppress(OSError):  # it has ended
        for thread in (PROC / str(pid) / "task").iterdir():
            with suppress(OSError):
                children += map(int, (thread / "children").read_text().split())
    return children


def memory_of(pid: int) -> int | None:
    """Bytes that one process takes; None when there is no such process, or no ``/proc``."""
    try:
        rollup = (PROC / str(pid) / "smaps_rollup").read_text()
        wanted = ("Pss:", "SwapPss:")
        return sum(int(line.split()[1]) * 1024 for line in rollup.splitlines() if line.startswith(wanted))
    except OSError:
        pass
    try:
        return int((PROC / str(pid) / "statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return None


def memory_of_this_process() -> int:
    """Bytes; 0 where that cannot be read."""
    return memory_of(os.getpid()) or 0


def give_back_freed_memory() -> None:
    """Have glibc return to the system what this process has freed (malloc_trim(3)); elsewhere nothing."""
    if platform.libc_ver()[0] == "glibc":
        ctypes.CDLL(None).malloc_trim(0)
