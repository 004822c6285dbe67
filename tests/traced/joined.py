"""Every process writes down its coroutines, which queues and pipes join whom, and who opens which file.

Imported where ``JOINS_OUT`` names the file to write to. The lines, as words:

- coroutine, process, thread, function, file of the program ("" for a library's);
- queue, process, its name, put or get, the coroutine that did so, that one's file;
- pipe, process, a number that is the same at both its ends, write or read, the thread that did so, file;
- file, process, thread, name of a file that was opened to be written.

Pipes are those of :mod:`multiprocessing`, its queues' and executors' too.
"""

import asyncio
import multiprocessing
import os
import stat
import sys
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from crawler.plumbing.byte_queue import ByteQueue

PACKAGE = str(Path(__file__).parents[2] / "crawler") + os.sep
FOLDER = str(Path(os.environ["JOINS_OUT"]).parent / "out") + os.sep
"""Where the crawl writes."""
descriptor = os.open(os.environ["JOINS_OUT"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
written = set[tuple[str, ...]]()


def write(kind: str, *words: str, always: bool = False) -> None:
    line = kind, multiprocessing.current_process().name, *words
    if always or line not in written:
        written.add(line)
        os.write(descriptor, ("\t".join(line) + "\n").encode())


def ours(path: str) -> str:
    return path.removeprefix(PACKAGE) if path.startswith(PACKAGE) else ""


def thread_name() -> str:
    return threading.current_thread().name


def under_way() -> str:
    """The file of the program that is under way, or the one that started this thread."""
    frame = sys._getframe(2)
    while frame.f_back is not None and not frame.f_code.co_filename.startswith(PACKAGE):
        frame = frame.f_back
    return ours(frame.f_code.co_filename) or getattr(threading.current_thread(), "started_by", "")


# -- coroutines ------------------------------------------------------------------------------------


def of_task(coroutine: Any) -> tuple[str, str]:
    """The name of a task's function, and its file."""
    code = getattr(coroutine, "cr_code", None) or getattr(coroutine, "gi_code", None)
    return getattr(coroutine, "__qualname__", type(coroutine).__name__), ours(
        code.co_filename
    ) if code else ""


def task_of(loop: asyncio.AbstractEventLoop, coroutine: Any, **options: Any) -> "asyncio.Task[Any]":
    write("coroutine", thread_name(), *of_task(coroutine), always=True)
    return asyncio.Task(coroutine, loop=loop, **options)


usual_run = asyncio.Runner.run


def run(runner: asyncio.Runner, *args: Any, **options: Any) -> Any:
    runner.get_loop().set_task_factory(task_of)
    return usual_run(runner, *args, **options)


asyncio.Runner.run = run  # type: ignore[method-assign]


# -- queues and pipes ------------------------------------------------------------------------------


def watch(owner: Any, method: str, tell: Callable[[Any], object]) -> None:
    """Have ``tell(self)`` called before each call of ``owner.method``."""
    usual = getattr(owner, method)

    def telling(self: Any, *args: Any, **options: Any) -> Any:
        tell(self)
        return usual(self, *args, **options)

    setattr(owner, method, telling)


def at_queue(how: str) -> Callable[[Any], None]:
    def tell(queue: Any) -> None:
        task = asyncio.current_task()
        write("queue", queue.name, how, *(of_task(task.get_coro()) if task else ("", "")))

    return tell


def at_pipe(how: str) -> Callable[[Any], None]:
    def tell(pipe: Any) -> None:
        state = os.fstat(pipe.fileno())
        if stat.S_ISFIFO(state.st_mode):
            write("pipe", str(state.st_ino), how, thread_name(), under_way())

    return tell


for method, how in (("put", "put"), ("get_batch", "get"), ("take_spare", "get")):
    watch(ByteQueue, method, at_queue(how))
for methods, how in ((("send", "send_bytes"), "write"), (("recv", "recv_bytes"), "read")):
    for method in methods:
        watch(Connection, method, at_pipe(how))


# -- files -----------------------------------------------------------------------------------------


def opened(event: str, args: tuple[Any, ...]) -> None:
    if event == "sqlite3.connect" or (
        event == "open" and isinstance(args[2], int) and args[2] & (os.O_WRONLY | os.O_RDWR)
    ):
        path = args[0]
    else:
        return
    if isinstance(path, str | bytes | os.PathLike) and os.fsdecode(path).startswith(FOLDER):
        write("file", thread_name(), os.fsdecode(path).removeprefix(FOLDER))


sys.addaudithook(opened)
