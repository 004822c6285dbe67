"""One experiment in a process of its own, so that whatever it does to itself, the others can still be run.

Some of them crash an interpreter, dead-lock one, or fill its memory: that is their subject. Each
therefore gets a fresh interpreter in a process group of its own. Its end is the end of the whole
group, so no process that it started outlives it, however it ended.

Runs as: one process. In: its name, its module, the scale, two folders, its question. Out: pictures in the
first, and in the second, which ends with it, the finding, pickled. Stops when: it is done, at its time
limit, or at Ctrl-C.
"""

import os
import pickle
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path

from crawler.lab.finding import Checked, Finding, NotPossible, Scale
from crawler.lab.lessons import lesson_of
from crawler.lab.registry import EXPERIMENTS

TIME_LIMIT = 300.0
"""Seconds after which an experiment is ended; on a quiet machine none needs a fifth of that."""
GRACE = 3.0
"""Seconds that an interrupted experiment has to end by itself and to remove its files."""
_RESULT, _SAID = "finding.pickle", "stderr.txt"


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one experiment: a finding, or the reason why there is none."""

    name: str
    seconds: float
    finding: Finding | None = None
    not_possible: str | None = None
    """What the machine or the Python lacks."""
    failed: str | None = None
    """What went wrong, where that should not be."""
    picture: Path | None = None
    """The picture's path without its ending: there is a ``.png`` and a ``.svg``."""


def lacking(name: str) -> str | None:
    """What the machine or the Python lacks for an experiment, as far as is known without running it."""
    run = import_module(EXPERIMENTS[name][0]).run
    try:
        if isinstance(run, Checked):
            run.check()
    except NotPossible as error:
        return str(error)
    return None


def run_in_process(name: str, scale: Scale, folder: Path, time_limit: float = TIME_LIMIT) -> Result:
    """Run one experiment and wait for its end; its pictures go to ``folder``, which is there.

    Interrupted (Ctrl-C), it ends the experiment first, with all that it started.
    """
    with tempfile.TemporaryDirectory(prefix="crawler-lab-", ignore_cleanup_errors=True) as scratch:
        return _run(name, scale, folder, time_limit, Path(scratch))


def _run(name: str, scale: Scale, folder: Path, time_limit: float, scratch: Path) -> Result:
    started = time.monotonic()
    module, _ = EXPERIMENTS[name]
    question = lesson_of(name).question
    command = [
        sys.executable, "-m", __name__, name, module, scale.value, str(folder), str(scratch), question
    ]  # fmt: skip
    # Its temporary files go where its end is theirs, too, however it ends.
    environment = dict(os.environ) | {"TMPDIR": str(scratch)}
    late = False
    with (scratch / _SAID).open("wb") as said:
        process = subprocess.Popen(  # noqa: S603 - ourselves
            command,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            env=environment,
            start_new_session=True,
        )
        try:
            process.wait(time_limit)
        except subprocess.TimeoutExpired:
            late = True
        except BaseException:
            process.send_signal(signal.SIGINT)
            with suppress(subprocess.TimeoutExpired):
                process.wait(GRACE)
            raise
        finally:
            end_group(process)
    seconds = time.monotonic() - started
    if late:
        return Result(name, seconds, failed=f"it was ended after {time_limit:g} seconds")
    return _read(name, seconds, scratch, process.returncode)


def end_group(leader: "subprocess.Popen[bytes]") -> None:
    """Kill what is left of the process group of ``leader``, and wait until it is gone.

    multiprocessing's resource tracker comes last: once all others are gone it removes the semaphores
    and the shared memory that they left, and ends by itself.
    """
    end = time.monotonic() + GRACE
    while time.monotonic() < end and (members := _members(leader.pid)):
        for pid in members:
            if not _is_tracker(pid):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        leader.poll()  # or it would stay a member, dead
        time.sleep(0.005)
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(leader.pid, signal.SIGKILL)
    leader.wait()


def _members(group: int) -> list[int]:
    """The living processes of a process group; none where the system does not tell."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it ended while we looked
            state, _, its_group, *_ = stat.read_text().rpartition(")")[2].split()
            if int(its_group) == group and state != "Z":
                found.append(int(stat.parent.name))
    return found


def _is_tracker(pid: int) -> bool:
    with suppress(OSError):
        return b"resource_tracker" in Path(f"/proc/{pid}/cmdline").read_bytes()
    return False


def _read(name: str, seconds: float, scratch: Path, code: int) -> Result:
    with suppress(FileNotFoundError):
        answer, picture = pickle.loads((scratch / _RESULT).read_bytes())  # noqa: S301 - our own child's
        if isinstance(answer, NotPossible):
            return Result(name, seconds, not_possible=str(answer))
        return Result(name, seconds, answer, picture=picture)
    lines = (scratch / _SAID).read_text(errors="replace").strip().splitlines()
    last = lines[-1] if lines else "it said nothing"
    if code == -signal.SIGKILL or last.startswith("MemoryError"):
        return Result(name, seconds, not_possible="the machine ran out of memory for it")
    return Result(name, seconds, failed=f"it ended with exit code {code}: {last}")


def main() -> None:
    """In the child: run the experiment, draw its picture, leave both in the folder."""
    name, module, scale, folder, scratch, question = sys.argv[1:]
    answer: Finding | NotPossible
    drawn = None
    try:
        finding: Finding = import_module(module).run(Scale(scale))
    except NotPossible as error:
        answer = error
    else:
        if finding.draw is not None:
            from crawler.lab.report.pictures import can_draw, draw

            if can_draw():
                drawn = Path(folder) / name
                draw(finding.draw, drawn, f"{question}\n{finding.verdict.capitalize()} here.")
        answer = replace(finding, draw=None)  # a function need not survive the way to another process
    unfinished = Path(scratch) / f"{_RESULT}.part"
    unfinished.write_bytes(pickle.dumps((answer, drawn)))
    unfinished.rename(Path(scratch) / _RESULT)


if __name__ == "__main__":
    main()
