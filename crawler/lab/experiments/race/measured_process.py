"""Runs one command and measures all the processes that it starts: processor time, and peak memory.

It is a process of its own since it adopts the command's orphans (a fork server outlives the process
that started it): only so does the system add up the processor time of every one of them. That, and
the memory, are had on Linux only; elsewhere what is missing is told as null.

``python -m … COMMAND …`` prints one JSON object.
"""

import ctypes
import json
import os
import resource
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

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


def measure(command: list[str]) -> dict[str, object]:
    """Run the command to its end. What it printed is under ``said``; its failure is ours."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    peak = 0
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - ourselves
        while os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT | os.WNOHANG) is None:
            peak = max(peak, memory_of(family(process.pid)))
            time.sleep(SAMPLE_EVERY)
        said = process.stdout.read() if process.stdout else ""
    with suppress(ChildProcessError):
        while True:  # the orphans: they end by themselves
            os.wait()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    if process.returncode != 0:
        sys.exit(process.returncode if process.returncode > 0 else 128 - process.returncode)
    return {
        "said": said,
        "cpu_s": used.ru_utime + used.ru_stime,
        "peak_bytes": peak,
    }


if __name__ == "__main__":
    print(json.dumps(measure(sys.argv[1:])))  # noqa: T201 - to its parent
