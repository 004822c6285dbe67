"""The private parts of multiprocessing and concurrent.futures that this program uses, each with its reason.

None of them is promised by Python's documentation. So all of them are here, and a test for each
(tests/plumbing/test_multiprocessing_internals.py) says so by name on the first Python that has changed it.
"""

import multiprocessing
import sys
from concurrent.futures import ProcessPoolExecutor
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
    (process,) = executor._processes.values()
    return process


def end_feeder_quietly(queue: "Queue[Any]") -> None:
    """Have a broken pipe end the queue's feeder thread without a traceback: ``_ignore_epipe``.

    concurrent.futures does so with its own queues. Without it, each kill of a reader prints one.
    """
    queue._ignore_epipe = True  # type: ignore[attr-defined]


def leave_reading_to_child(queue: "Queue[Any]") -> None:
    """Once the reader has its own copy of it, close this process's read end of the queue: ``_reader``.

    Without it, the reader's death would not break the pipe, and the feeder thread would sit in its write
    to a full one for ever.
    """
    queue._reader.close()  # type: ignore[attr-defined]


def close_write_end(queue: "Queue[Any]", timeout: float) -> None:
    """After ``queue.close()``, close its write end as soon as its feeder has ended: ``_thread``, ``_writer``.

    Without it, a descriptor stays open until the queue is collected as garbage. A feeder that has not
    ended within ``timeout`` seconds (not even the reader's death broke the pipe) keeps it.
    """
    feeder = queue._thread  # type: ignore[attr-defined]
    if feeder is not None:
        feeder.join(timeout)
    if feeder is None or not feeder.is_alive():
        queue._writer.close()  # type: ignore[attr-defined]


def preloaded_modules() -> list[str]:
    """What the fork server was asked to import: ``_forkserver._preload_modules``.

    ``set_forkserver_preload`` replaces what was asked for before. Without this, a program that runs a crawl
    would lose what it has asked for itself.
    """
    return list(getattr(forkserver._forkserver, "_preload_modules", ()))


def process_settings() -> dict[str, Any]:
    """What this process hands on to its children: ``current_process()._config``.

    It holds the prefix of the names of semaphores (``semprefix``) and the folder of sockets (``tempdir``).
    Without it, semaphores that a kill of the whole group leaves behind could not be told from anybody else's.
    """
    settings: dict[str, Any] = multiprocessing.current_process()._config  # type: ignore[attr-defined]
    return settings


def is_importing_main() -> bool:
    """Whether this is a child that is just importing its parent's main script: ``_inheriting``.

    Without it, a script without ``if __name__ == "__main__":`` would start a crawl in each child.
    """
    return bool(getattr(multiprocessing.current_process(), "_inheriting", False))
