"""The machine on which the figures were measured."""

import os
import platform
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Machine:
    """What a reader of figures has to know of where they come from."""

    cores: int
    """Those that this process may use."""
    processor: str
    memory_bytes: int | None
    platform: str
    python: str
    date: str
    """RFC 3339, UTC."""
    load: float | None = None
    """How many threads, of whatever program, wanted a core in the last minute, on average."""


def this_machine() -> Machine:
    """The one that this runs on, now."""
    return Machine(
        cores=cores(),
        processor=_processor(),
        memory_bytes=_memory(),
        platform=f"{platform.system()} {platform.release().partition('-')[0]}, {platform.machine()}",
        python=_python(),
        date=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        load=os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
    )


def cores() -> int:
    """Processor cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def has_gil() -> bool:
    """Whether only one thread of this interpreter runs Python at a time."""
    # sys._is_gil_enabled came with Python 3.13, as did builds that run without it.
    return bool(getattr(sys, "_is_gil_enabled", lambda: True)())


def _python() -> str:
    lock = "" if has_gil() else ", free-threaded"
    return f"{platform.python_implementation()} {platform.python_version()}{lock}"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return next(iter(models), platform.processor() or platform.machine())


def _memory() -> int | None:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):  # not every system says it
        return None
