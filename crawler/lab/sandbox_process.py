"""A process of its own for what an experiment does: it may hang or crash, and nothing of it is left.

::

    here                               a process group of its own
    run_alone(f, …) ── life line ────▶  f(…) and whatever it starts
                    ◀── stdout ───────  its answer as JSON; end of file when the last of them is gone

All that ``f`` starts inherits standard output. So the end of file says that nothing lives any more;
if it does not come in time, the group is killed. And when *this* process is killed, the life line (a
pipe on which nothing is ever sent) ends, which a thread over there takes as its sign to end the group.
"""

import importlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from crawler.lab.finding import NotPossible

GRACE = 3.0
"""Seconds for which multiprocessing's resource tracker may remove semaphores after the others are gone."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a process of its own ended."""

    answer: Any
    """What the function returned, if it came so far."""
    exit_code: int
    """As of ``subprocess``: minus the signal's number when a signal killed it."""
    hung: bool
    """It did not end by itself in time, and was killed."""
    errors: str
    """What it wrote to standard error."""


def run_alone(function: Callable[..., Any], *arguments: Any, timeout: float) -> Outcome:
    """Call ``function`` of some module in a new process; blocks until all that it started is gone.

    Arguments and answer travel as JSON. After ``timeout`` seconds, and on any exception here (Ctrl-C
    too), everything it started is killed. Raises NotPossible where there are no process groups.
    """
    if os.name != "posix":
        raise NotPossible("This experiment needs process groups, which this system does not have.")
    far_end, life_line = os.pipe()
    call = json.dumps([function.__module__, function.__name__, arguments, far_end])
    process = subprocess.Popen(  # noqa: S603 - ourselves
        [sys.executable, "-m", __name__, call],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        pass_fds=[far_end],
        start_new_session=True,
    )
    os.close(far_end)
    hung = False
    try:
        out, errors = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        hung = process.poll() is None
        out, errors = _kill_group(process)
    except BaseException:
        _kill_group(process)
        raise
    finally:
        os.close(life_line)
    lines = out.splitlines()
    return Outcome(json.loads(lines[-1]) if lines else None, process.returncode, hung, errors.decode())


def measured(function: Callable[..., Any], *arguments: Any, timeout: float = 60.0) -> Any:
    """What ``function`` returns when it is called in a new process. Raises ChildProcessError if it fails."""
    outcome = run_alone(function, *arguments, timeout=timeout)
    if outcome.hung or outcome.exit_code != 0:
        how = f"took longer than {timeout:g} s" if outcome.hung else f"ended with {outcome.exit_code}"
        raise ChildProcessError(f"{function.__module__}.{function.__name__} {how}:\n{outcome.errors}")
    return outcome.answer


def _kill_group(process: subprocess.Popen[bytes]) -> tuple[bytes, bytes]:
    # SIGTERM ends all but multiprocessing's resource tracker, which ignores it, removes the
    # semaphores and shared memory of the dead, and ends. SIGKILL ends who is still there.
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with suppress(subprocess.TimeoutExpired):
            return process.communicate(timeout=GRACE)
    return process.communicate()


def _end_with(life_line: int) -> None:
    with suppress(OSError):
        os.read(life_line, 1)
    os.killpg(0, signal.SIGTERM)


def main() -> None:
    """In the new process: call what the argument names, and print the answer."""
    module, name, arguments, life_line = json.loads(sys.argv[1])
    threading.Thread(target=_end_with, args=(life_line,), daemon=True).start()
    function = getattr(importlib.import_module(module), name)
    print(json.dumps(function(*arguments)), flush=True)  # noqa: T201 - said to the parent


if __name__ == "__main__":
    main()
