"""Programs that judge what the crawler writes, in an environment of their own: ``.ci/run`` makes it."""

import os
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent.parent / ".judges" / "bin"


def judge(name: str) -> Path:
    """The program of this name. Where it is not installed, the test is skipped; in CI that is a failure."""
    program = FOLDER / name
    if not program.exists():
        reason = f"{program} is not installed: see .ci/run"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return program
