"""``python -m tests``: lint, types, the house laws' contracts, then the tests; stops at the first that fails.

What only reads the source runs at the same time, each on a core of its own. Arguments are handed to pytest.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

ROOT = Path(__file__).parent.parent
FEW = 3
"""So many failed tests are tried once more, with the machine to themselves."""
READING = {
    "lint": ["-m", "ruff", "check", "."],
    "format": ["-m", "ruff", "format", "--check", "."],
    "types": ["-m", "mypy"],
    "floors": [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"],
    "docs": ["-m", "docs.build_site", "--check"],
}
TESTS = {
    # What compares how fast processes and threads compute needs all cores; what waits for time-outs, too.
    "tests alone": [
        "-m", "pytest", "-q", "-m", "alone",
        "tests/lab", "tests/street/test_faults.py", "tests/cluster/test_chaos.py",
        "tests/view/test_why_held_against_runs.py",
    ],
    # Most tests wait for processes and servers: two workers more than there are cores keep these busy.
    "tests": [
        "-m", "pytest", "--cache-clear", "-m", "not alone", "-n", str((os.cpu_count() or 1) + 2),
        "--dist", "loadfile", "--no-loadscope-reorder",
    ],
}  # fmt: skip


def read() -> int:
    """Run what only reads the source, all at once; the exit code of the first, in their order, that failed.

    What each of them prints comes out whole, when those before it have ended.
    """
    started = time.monotonic()
    with ExitStack() as running:
        checks = {}
        for name, arguments in READING.items():
            output = running.enter_context(tempfile.TemporaryFile())
            process = subprocess.Popen(
                [sys.executable, *arguments], cwd=ROOT, stdout=output, stderr=subprocess.STDOUT
            )
            running.callback(process.wait)
            running.callback(process.terminate)  # those after one that has failed
            checks[name] = process, output
        for name, (process, output) in checks.items():
            print(f"== {name}", flush=True)
            code = process.wait()
            output.seek(0)
            sys.stdout.buffer.write(output.read())
            if ended(name, code, started):
                return code
    return 0


def ended(name: str, code: int, started: float) -> int:
    """Say how a check has ended; its exit code."""
    if code != 0:
        print(f"== {name} failed (exit code {code})", flush=True)
    else:
        print(f"== {name} passed after {time.monotonic() - started:.1f} s", flush=True)
    return code


def again_alone() -> int:
    """Run the few tests that have failed once more, one after the other; the exit code of that.

    Beside others on a busy machine, a time-out or a measured time says little. Those that pass alone are
    named, so that nobody takes them for sound; where many have, something is broken, and none is tried.
    """
    kept = ROOT / ".pytest_cache" / "v" / "cache" / "lastfailed"
    failed = sorted(json.loads(kept.read_text(encoding="utf-8")))
    if len(failed) > FEW:
        return 1
    print(f"== failed beside others, now alone: {', '.join(failed)}", flush=True)
    command = [sys.executable, "-m", "pytest", "-q", *failed]
    return subprocess.run(command, cwd=ROOT, check=False).returncode


def main() -> int:
    """Run every check in a process of its own; the exit code of the first that failed."""
    # A shell's background jobs ignore Ctrl-C, and so would every program that the tests send one to.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if code := read():
        return code
    for name, arguments in TESTS.items():
        started = time.monotonic()
        print(f"== {name}", flush=True)
        extra = sys.argv[1:] if name == "tests" else []
        code = subprocess.run([sys.executable, *arguments, *extra], cwd=ROOT, check=False).returncode
        if name == "tests" and code == 1:  # some have failed; at any other code pytest itself came to grief
            code = again_alone()
        if ended(name, code, started):
            return code
    return 0


if __name__ == "__main__":
    sys.exit(main())
