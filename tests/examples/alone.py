"""A program that is run in a process group of its own, of which nothing may be left."""

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence

from crawler.lab.crash.victims import group_of, kill_group

A_LINE_IS_ONE_WRITE = {"PYTHONUNBUFFERED": ""}
"""Without buffers, ``print`` writes a line and then its end: another process may write between the two."""


def run_alone(command: Sequence[str], settings: Mapping[str, str] | None = None) -> tuple[int, str, str]:
    """Its exit code and what it has printed, once it has ended; ``settings`` are further variables."""
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | A_LINE_IS_ONE_WRITE | (settings or {}),
        start_new_session=True,
    )
    try:
        said, errors = process.communicate(timeout=50)
        if sys.platform == "linux":
            until = time.monotonic() + 5  # a resource tracker ends a moment later
            while group_of(process.pid) and time.monotonic() < until:
                time.sleep(0.01)
            assert group_of(process.pid) == []
    finally:
        kill_group(process.pid)
    return process.returncode, said, errors
