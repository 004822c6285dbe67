"""Runs one command and measures it with everything that it starts: time, processor time, memory.

It is a process of its own because it adopts the orphans of the command (a fork server outlives the process
that started it): only so is the processor time of every process added up by the system. Linux only.

    python benchmarks/measured_run.py [--memory] COMMAND …      prints one JSON object

Taking samples of memory disturbs what is timed, so a run measures either time or, with ``--memory``, memory.
"""

import ctypes
import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path

SAMPLE_EVERY = 0.05
"""Seconds between two looks at the memory."""
ORPHANS_END_WITHIN = 5.0
"""Seconds that the command's other processes have after it ended; then they count as left behind."""
PR_SET_CHILD_SUBREAPER = 36


def family() -> list[int]:
    """The ids of all processes below this one."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            text = stat.read_text()
        except OSError:  # it ended while we looked
            continue
        # The name, in brackets, may itself hold spaces and brackets.
        parent = int(text.rpartition(")")[2].split()[1])
        children.setdefault(parent, []).append(int(stat.parent.name))
    found: list[int] = []
    generation = [os.getpid()]
    while generation:
        generation = [child for parent in generation for child in children.get(parent, ())]
        found += generation
    return found


def memory_of(pids: list[int]) -> int:
    """Bytes of memory of these processes, what they share counted once (proportional set size)."""
    total = 0
    for pid in pids:
        try:
            rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
        except OSError:
            continue
        total += sum(int(line.split()[1]) * 1024 for line in rollup.splitlines() if line.startswith("Pss:"))
    return total


def own_cpu(pid: int) -> float:
    """Seconds of processor time of a process, its children not counted; it may have ended, unwaited for."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def reap_orphans() -> int:
    """Wait for the processes that the command left; kill those that stay. How many had to be killed."""
    end = time.monotonic() + ORPHANS_END_WITHIN
    killed: set[int] = set()
    while True:
        try:
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return len(killed)
        if pid == 0:
            time.sleep(0.01)
            if time.monotonic() > end:
                for orphan in set(family()) - killed:
                    os.kill(orphan, 9)
                    killed.add(orphan)


def run(command: list[str], memory: bool) -> dict[str, float]:
    """Run the command to its end; seconds and bytes."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    peak, ended = 0, None
    started = time.perf_counter()
    # Compiled once and kept, as with everybody else: else each start of a checkout would compile it all anew.
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    # Its output goes to our stderr: stdout is for the figures.
    process = subprocess.Popen(command, stdout=sys.stderr, env=env)
    while memory and ended is None:
        peak = max(peak, memory_of(family()))
        time.sleep(SAMPLE_EVERY)
        ended = os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT | os.WNOHANG)
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    wall = time.perf_counter() - started
    main_cpu = own_cpu(process.pid)
    code = process.wait()
    left_behind = reap_orphans()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {
        "exit": code,
        "wall_s": wall,
        "cpu_s": used.ru_utime + used.ru_stime,
        "main_cpu_s": main_cpu,
        "peak_pss_bytes": peak,
        "left_behind": left_behind,
    }


def main() -> None:
    """Measure the command in the arguments."""
    words = sys.argv[1:]
    memory = words[:1] == ["--memory"]
    print(json.dumps(run(words[memory:], memory)))


if __name__ == "__main__":
    main()
