"""Runs one command and measures all the processes that it starts: processor time, and peak memory.

It is called in a process of its own, since that adopts the command's orphans (a fork server outlives the
process that started it): only so does the system add up the processor time of every one of them. That,
and the memory, are had on Linux only; elsewhere what is missing is told as null.
"""

import ctypes
import os
import resource
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from crawler.parse.html import parse_html

SAMPLE_EVERY = 0.1
"""Seconds between two looks at the memory; each look costs about a millisecond for each process."""
PR_SET_CHILD_SUBREAPER = 36


def family(pid: int) -> list[int]:
    """The process ``pid`` and all below it; only ``pid`` where the system does not tell."""
    found = [pid]
    with suppress(OSError):  # it ended while we looked
        for children in Path(f"/proc/{pid}/task").glob("*/children"):
            for child in children.read_text().split():
                found += family(int(child))
    return found


def memory_of(pids: list[int]) -> int:
    """Bytes of memory of these processes, what they share counted once (proportional set size)."""
    total = 0
    for pid in pids:
        with suppress(OSError):
            rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
            total += sum(
                int(line.split()[1]) * 1024 for line in rollup.splitlines() if line.startswith("Pss:")
            )
    return total


def busy() -> float | None:
    """Seconds for which all cores together have been busy, for whatever program; None where unknown."""
    try:
        times = Path("/proc/stat").read_text(encoding="ascii").splitlines()[0].split()[1:9]
    except OSError:
        return None
    idle = slice(3, 5)  # and waiting for a disk (proc_stat(5))
    return (sum(map(int, times)) - sum(map(int, times[idle]))) / os.sysconf("SC_CLK_TCK")


def pace() -> float:
    """Seconds that a fixed piece of parsing takes here and now, at the best of some tries."""
    page = b"".join(b"<p>Number <a href=/books/%d>%d</a> of them" % (number, number) for number in range(70))

    def once() -> float:
        started = time.perf_counter()
        for _ in range(50):
            parse_html(page, "text/html; charset=utf-8", "http://127.0.0.1/")
        return time.perf_counter() - started

    return min(once() for _ in range(5))


def measure(command: list[str], environment: dict[str, str]) -> dict[str, object]:
    """Run the command to its end, in our environment and this. What it printed is under ``said``.

    Its failure is ours: SystemExit.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    pace_before = pace()
    peak, started, busy_before = 0, time.perf_counter(), busy()
    with subprocess.Popen(  # noqa: S603 - ourselves
        command, stdout=subprocess.PIPE, text=True, env=os.environ | environment
    ) as process:
        while os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT | os.WNOHANG) is None:
            peak = max(peak, memory_of(family(process.pid)))
            time.sleep(SAMPLE_EVERY)
        said = process.stdout.read() if process.stdout else ""
    with suppress(ChildProcessError):
        while True:  # the orphans: they end by themselves
            os.wait()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds, busy_after = time.perf_counter() - started, busy()
    if process.returncode != 0:
        sys.exit(process.returncode if process.returncode > 0 else 128 - process.returncode)
    cpu = used.ru_utime + used.ru_stime
    others = None
    if busy_before is not None and busy_after is not None:
        others = max(0.0, busy_after - busy_before - cpu) / seconds
    return {
        "said": said,
        "cpu_s": cpu,
        "peak_bytes": peak,
        "others_cores": others,
        "pace_s": max(pace_before, pace()),
    }
