"""The private parts of multiprocessing and concurrent.futures that this program uses, each with its reason.

None of them is promised by Python's documentation. So all of them are here, and a test for each
(tests/plumbing/test_multiprocessing_internals.py) says so by name on the first Python that has changed it.
"""

import multiprocessing
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess
from multiprocessing.queues import Queue
from typing import Any

if sys.platform != "win32":
    from multiprocessing import forkserver


def process_of(executor: ProcessPoolExecutor) -> BaseProcess:
    """The one process of a single-worker pool, once something was submitted to it: ``_processes``.

    Without it, a child's pid would only be known from its first answer; when the fork server dies before
    that, the pool is broken at once, while the child goes on and nobody could kill it.
    """
    # Do not copy this: there is no public way to a pool's processes before their first answer.
    (process,) = executor._processes.values()
    return process


def new_queue(context: BaseContext) -> "Queue[Any]":
    """A queue to one child, whose feeder thread ends quietly when the child dies: ``_ignore_epipe``. Blocks.

    One producer (this process) and one consumer: a process that is killed while it holds a shared queue's
    lock stops every other user of it for ever. So a queue is never shared between children, and never
    outlives its child. concurrent.futures sets the same flag for its own queues. Without it, each kill of
    a reader prints a traceback.
    """
    queue: Queue[Any] = context.Queue()
    # Do not copy this: a queue has no public way to be told that its reader may die.
    queue._ignore_epipe = True  # type: ignore[attr-defined]
    return queue


def leave_reading_to_child(queue: "Queue[Any]") -> None:
    """Once the child is started, and has its own copy of it, close this process's read end: ``_reader``.

    Without it, the child's death would not break the pipe, and the feeder thread would sit in its write
    to a full one for ever.
    """
    # Do not copy this: close() of a queue leaves its read end open.
    queue._reader.close()  # type: ignore[attr-defined]


def discard(queue: "Queue[Any]", timeout: float = 5.0) -> None:
    """Throw the queue of a dead child away, with all that is in it: ``_thread``, ``_writer``. Blocks.

    The feeder thread has ``timeout`` seconds to notice that its pipe is broken. One that does not (not even
    SIGKILL has ended the child) keeps the write end, and the interpreter does not wait for it at its exit.
    Without all this, a descriptor stays open until the queue is collected as garbage.
    """
    queue.cancel_join_thread()
    queue.close()
    leave_reading_to_child(queue)
    # Do not copy this: join_thread() has no timeout, and would wait for ever for a child that cannot die.
    feeder = queue._thread  # type: ignore[attr-defined]
    if feeder is not None:
        feeder.join(timeout)
    if feeder is None or not feeder.is_alive():
        # Do not copy this: close() leaves the write end to the feeder thread, which may not have come to it.
        queue._writer.close()  # type: ignore[attr-defined]


def preloaded_modules() -> list[str]:
    """What the fork server was asked to import: ``_forkserver._preload_modules``.

    ``set_forkserver_preload`` replaces what was asked for before. Without this, a program that runs a crawl
    would lose what it has asked for itself.
    """
    # Do not copy this: what is preloaded can be set, and not be asked for.
    return list(getattr(forkserver._forkserver, "_preload_modules", ()))


def process_settings() -> dict[str, Any]:
    """What this process hands on to its children: ``current_process()._config``.

    It holds the prefix of the names of semaphores (``semprefix``) and the folder of sockets (``tempdir``).
    Without it, semaphores that a kill of the whole group leaves behind could not be told from anybody else's.
    """
    # Do not copy this: the names of semaphores are told nowhere else.
    settings: dict[str, Any] = multiprocessing.current_process()._config  # type: ignore[attr-defined]
    return settings


def is_importing_main() -> bool:
    """Whether this is a child that is just importing its parent's main script: ``_inheriting``.

    Without it, a script without ``if __name__ == "__main__":`` would start a crawl in each child.
    """
    # Do not copy this: Python itself looks here before it refuses to start a child, and offers no other way.
    return bool(getattr(multiprocessing.current_process(), "_inheriting", False))
