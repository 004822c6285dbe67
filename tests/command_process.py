"""Runs ``crawler`` commands for the tests, each in a process forked from one that has done the imports.

A third of the processor time of a small crawl is the interpreter's start and its imports; the tests run some
hundred commands. So they ask this process, which forks: from then on everything is as under ``python -m
crawler``. Where the start is the subject (signals, standard files, imports), a test starts an interpreter.
"""

import atexit
import functools
import gc
import importlib
import json
import multiprocessing.process
import multiprocessing.util
import os
import runpy
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).parent.parent
PRELOADED = (
    "crawler.cli.report", "crawler.cli.resume", "crawler.cli.run", "crawler.cli.status",
    "crawler.engine.crawl", "crawler.engine.stations", "crawler.engine.street",
    "crawler.fetch.aiohttp_backend", "crawler.frontier.sqlite_frontier", "crawler.watch.progress_thread",
    "crawler.watch.summary", "crawler.sinks.jsonl", "uvloop",
)  # fmt: skip


def settings_of_python() -> dict[str, str]:
    """The variables that an interpreter reads as it starts."""
    return {name: value for name, value in os.environ.items() if name.startswith("PYTHON")}


class Commands:
    """The process that forks, seen from the tests. It ends when they do: its socket is then closed."""

    def __init__(self) -> None:
        self.python = settings_of_python()
        self._asking, asked = socket.socketpair()
        with asked:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.command_process", str(asked.fileno())],
                cwd=ROOT, pass_fds=[asked.fileno()],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            )  # fmt: skip
        self._one_at_a_time = threading.Lock()
        atexit.register(self.close)

    def run(self, arguments: list[str], cwd: Path | None, timeout: float) -> subprocess.CompletedProcess[str]:
        """Run ``crawler ARGUMENTS`` to its end. Raises TimeoutExpired."""
        ours, its = socket.socketpair()
        with ours, tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
            with its, self._one_at_a_time:
                files = [its.fileno(), output.fileno(), errors.fileno()]
                socket.send_fds(self._asking, [b"."], files)
            task = {"arguments": arguments, "cwd": str(cwd or Path.cwd()), "environment": dict(os.environ)}
            with ours.makefile("rw") as line:
                print(json.dumps(task), file=line, flush=True)
                pid = int(line.readline())
                ours.settimeout(timeout)
                try:
                    code = int(line.readline())
                except TimeoutError:
                    os.kill(pid, signal.SIGKILL)
                    raise subprocess.TimeoutExpired(arguments, timeout) from None
            output.seek(0)
            errors.seek(0)
            said = (output.read().decode(), errors.read().decode())
        return subprocess.CompletedProcess(arguments, code, *said)

    def close(self) -> None:
        """End the process."""
        self._asking.close()
        self._process.wait()


@functools.cache
def commands() -> Commands:
    """The one process of this run of the tests."""
    return Commands()


def serve(asked: socket.socket) -> tuple[list[str], str] | None:
    """Fork for each command that is asked for; returns its arguments in the fork, None at the end of all."""
    while True:
        message, files, _, _ = socket.recv_fds(asked, 1, 3)
        if not message:
            return None
        with suppress(ChildProcessError):  # those that have ended since the last one
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        if os.fork() == 0:
            asked.close()
            return wait_for_command(*files)
        for file in files:
            os.close(file)


def wait_for_command(answers: int, output: int, errors: int) -> tuple[list[str], str]:
    """Fork the command, whose arguments and folder are returned there; here, tell how it ended, and end."""
    with socket.socket(fileno=answers) as answer, answer.makefile("rw") as line:
        task = json.loads(line.readline())
        pid = os.fork()
        if pid != 0:
            os.close(output)
            os.close(errors)
            print(pid, file=line, flush=True)
            print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), file=line, flush=True)
            os._exit(0)
    for file, standard in ((output, 1), (errors, 2)):
        os.dup2(file, standard)
        os.close(file)
    os.chdir(task["cwd"])
    os.environ.clear()
    os.environ.update(task["environment"])
    return task["arguments"], task["cwd"]


def become(arguments: list[str], folder: str) -> None:
    """Be ``python -m crawler ARGUMENTS``, started in that folder."""
    sys.argv = ["crawler", *arguments]
    sys.path[0] = folder
    multiprocessing.process.ORIGINAL_DIR = folder  # type: ignore[attr-defined]
    # It must end before what the program registers first of all, as if it had been imported by the program.
    atexit.unregister(multiprocessing.util._exit_function)  # type: ignore[attr-defined]
    try:
        runpy.run_module("crawler", run_name="__main__", alter_sys=True)
    finally:
        atexit.register(multiprocessing.util._exit_function)  # type: ignore[attr-defined]


if __name__ == "__main__":
    for module in PRELOADED:
        importlib.import_module(module)
    gc.freeze()
    if (asked_for := serve(socket.socket(fileno=int(sys.argv[1])))) is not None:
        become(*asked_for)
