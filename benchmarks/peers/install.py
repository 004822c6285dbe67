"""Puts Scrapy, Crawlee and lychee into a virtual environment, so that the project's own stays its own.

    python benchmarks/peers/install.py        makes benchmarks/peers/.venv, or brings it up to date

It holds exactly what ``requirements.txt`` names. ``street.py`` and ``checking.py`` find it there; without it,
these get no figures. (linkinator comes by npm: ``npm install --prefix benchmarks/peers linkinator``.)
"""

import subprocess
import sys
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
ENVIRONMENT = HERE / ".venv"
PYTHON = ENVIRONMENT / "bin" / "python"


def main() -> int:
    """Make the environment; pip's exit code."""
    if not PYTHON.exists():
        venv.create(ENVIRONMENT, with_pip=True)
    command = [PYTHON, "-m", "pip", "install", "--quiet", "-r", HERE / "requirements.txt"]
    return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
