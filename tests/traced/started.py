"""Every process writes down which threads and processes it starts, and which file of the program did so.

Imported where ``STARTS_OUT`` names the file to write to, one line for each start: thread or process, the name
of the process that starts it, its own name, and the program's file. Where a thread of a library starts
another, that is the file which started the first. Threads that no Python code starts (libuv's) are found by
their names in the system when the process ends, and no file is said to start them.
"""

import atexit
import multiprocessing
import multiprocessing.process
import multiprocessing.util
import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

PACKAGE = str(Path(__file__).parents[2] / "crawler") + os.sep
MODULE = re.compile(r"from ([\w.]+) import main")

DEFAULT_EXECUTOR = re.compile(r"(asyncio|uvloop)_\d+|.*\(_do_shutdown\)")
"""Threads of the loop's default executor, and the one that waits for their end."""
OWNER = "plumbing/starter_thread.py"
"""Who runs calls in the default executor. (A law of the house: nobody else does.)"""

descriptor = os.open(os.environ["STARTS_OUT"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)


def note(kind: str, name: str, started: object = None) -> str:
    """Write one line; returns the program's file: that of its class, where it is one of ours."""
    frame: FrameType | None = sys._getframe(2)
    while frame is not None and not frame.f_code.co_filename.startswith(PACKAGE):
        frame = frame.f_back
    if DEFAULT_EXECUTOR.fullmatch(name):
        file = OWNER
    elif type(started).__module__.startswith("crawler."):
        file = type(started).__module__.removeprefix("crawler.").replace(".", os.sep) + ".py"
    elif frame is not None:
        file = frame.f_code.co_filename.removeprefix(PACKAGE)
    else:
        file = getattr(threading.current_thread(), "started_by", "nobody")
    write(kind, name, file)
    return file


def write(kind: str, name: str, file: str) -> None:
    words = kind, multiprocessing.current_process().name, name, file
    os.write(descriptor, ("\t".join(words) + "\n").encode())


def watch(owner: Any, method: str, kind: str, name_of: Callable[..., str]) -> None:
    """Have each call of ``owner.method`` noted; ``name_of`` its arguments is the name of what it starts."""
    usual = getattr(owner, method)

    def noting(*args: Any, **options: Any) -> Any:
        file = note(kind, name_of(*args, **options), args[0])
        if kind == "thread":
            args[0].started_by = file
        return usual(*args, **options)

    setattr(owner, method, noting)


watch(threading.Thread, "start", "thread", lambda thread: thread.name)
watch(multiprocessing.process.BaseProcess, "start", "process", lambda process: process.name)
# The fork server and the resource tracker are no Process objects.
watch(multiprocessing.util, "spawnv_passfds", "process", lambda _path, words, _fds: helper(words))
watch(subprocess.Popen, "__init__", "process", lambda _popen, words, *_, **__: str(words))


def helper(words: list[bytes | str]) -> str:
    """What multiprocessing starts by its command line."""
    match = MODULE.search(" ".join(map(str, words)))
    return match[1].rpartition(".")[2] if match else str(words)


def forked(event: str, _args: object) -> None:
    # The fork server's own forks are the processes that were noted where they were asked for.
    if event in ("os.fork", "os.forkpty", "os.posix_spawn"):
        caller = sys._getframe(1).f_code
        if not caller.co_filename.endswith("forkserver.py"):
            note("process", event)


sys.addaudithook(forked)


@atexit.register
def native() -> None:
    if not Path("/proc/self/comm").exists():
        return
    # Threads inherit the main thread's name in the system, or (from 3.14 on) have there that of the Thread.
    ours = {thread.name[:15] for thread in threading.enumerate()} | {comm(Path("/proc/self/comm"))}
    for name in map(comm, Path("/proc/self/task").glob("*/comm")):
        if name not in ours:
            write("thread", name, "")


def comm(path: Path) -> str:
    return path.read_text(encoding="utf-8").strip()
