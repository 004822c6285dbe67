"""``python -m tests``: lint, types, the house laws' contracts, then the tests; stops at the first that fails.

Arguments are handed to pytest.
"""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
CHECKS = {
    "lint": ["ruff", "check", "."],
    "format": ["ruff", "format", "--check", "."],
    "types": ["mypy"],
    "floors": ["importlinter.cli"],
    "docs": ["docs.build_site", "--check"],
    # What compares how fast processes and threads compute needs all cores.
    "tests alone": ["pytest", "-q", "-m", "alone", "tests/lab"],
    # Most tests wait for processes and servers: two workers more than there are cores keep these busy.
    "tests": [
        "pytest", "-m", "not alone", "-n", str((os.cpu_count() or 1) + 2),
        "--dist", "loadfile", "--no-loadscope-reorder",
    ],
}  # fmt: skip


def main() -> int:
    """Run every check in a process of its own; the exit code of the first that failed."""
    # A shell's background jobs ignore Ctrl-C, and so would every program that the tests send one to.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for name, (module, *arguments) in CHECKS.items():
        started = time.monotonic()
        extra = sys.argv[1:] if name == "tests" else []
        command = [sys.executable, "-m", module, *arguments, *extra]
        if module == "importlinter.cli":
            command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
        print(f"== {name}", flush=True)
        code = subprocess.run(command, cwd=ROOT, check=False).returncode
        if code != 0:
            print(f"== {name} failed (exit code {code})")
            return code
        print(f"== {name} passed in {time.monotonic() - started:.1f} s", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
