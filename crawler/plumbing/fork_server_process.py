"""The start method of all children, the early start of the fork server, and what both may leave behind.

``fork`` copies a process with its threads' locks in whatever state they are, so it is never used
here. ``forkserver`` forks each child from a clean, single-threaded server that has done the
imports once; ``spawn`` starts a new interpreter for each. The server takes a tenth of a second to
get ready, so the command line starts it while the main process is still importing.

The semaphores of multiprocessing's queues have names (``/dev/shm/sem.*`` on Linux), and the fork server's
socket lies in a folder in the temporary directory. When a process is killed, its resource tracker removes
them; a ``kill -9`` of the whole group takes the tracker as well, and nobody is left who knows the names. So
each process gives its semaphores a prefix of its own and notes that in ``crawl.db`` before it makes any, and
the next start in the same output folder removes what carries the noted name.
"""

import json
import multiprocessing
import multiprocessing.util
import os
import re
import shutil
import signal
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing import resource_tracker
from multiprocessing.context import BaseContext
from pathlib import Path
from typing import Any

from crawler.model.errors import MainGuardError, UsageError
from crawler.plumbing.file_lock import pid_exists
from crawler.plumbing.multiprocessing_internals_process import (
    is_importing_main,
    preloaded_modules,
    process_settings,
)

if sys.platform != "win32":
    from multiprocessing import forkserver

PRELOADED = ["crawler.parse.parser_process", "crawler.parse.work", "crawler.write.writer_process"]
"""Modules that the fork server imports once for all children."""
PRELOADED_FOR_FACTS = ["crawler.parse.page_facts"]
"""And those for a crawl that keeps facts: their expressions take 100 ms to compile."""
SEMAPHORES = Path("/dev/shm")  # noqa: S108 - where Linux keeps them; elsewhere they cannot be listed
_PREFIX = re.compile(r"/crawler-[0-9a-f]{8}")
EXIT_MAIN_GUARD = 78
"""Exit code of a child whose import of the main script began a crawl."""
MAIN_GUARD = (
    "the script that starts the crawl is imported again by each child process, and starts a crawl there too:"
    ' put its last lines under `if __name__ == "__main__":`, for example'
    ' `if __name__ == "__main__":` followed by `    asyncio.run(main())`'
)

_starting = threading.Lock()


def child_context(start_method: str | None) -> BaseContext:
    """The multiprocessing context for all children: forkserver where the system has it, else spawn."""
    if start_method is None:
        available = multiprocessing.get_all_start_methods()
        start_method = "forkserver" if "forkserver" in available else "spawn"
    return multiprocessing.get_context(start_method)


@contextmanager
def process_start() -> Iterator[None]:
    """A process is started inside: deaf to SIGINT, SIGTERM and SIGHUP, which this thread blocks meanwhile.

    A terminal's Ctrl-C goes to every process of the group, and so does its end. Children must not die of it,
    since the main process wants to finish what is in flight; and the inherited mask leaves no moment, not
    even during the child's imports, in which a signal could hit. They end when they are told to, when they
    are killed (SIGKILL cannot be blocked), or when their parent is gone.

    And the program that we are part of may still choose its start method: multiprocessing tells each child
    which one that is, and with that it would be chosen.

    Only for a thread that is not the one that handles signals.
    """
    with _starting:  # or one thread takes for the program's choice what another is about to undo
        is_open = multiprocessing.get_start_method(allow_none=True) is None
        if sys.platform != "win32":
            before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGHUP})
        try:
            if sys.platform != "win32":
                # When multiprocessing starts this helper, it *unblocks* the other two; so it has to run
                # before. It is deaf to them by itself, and to SIGHUP because it inherits that: it removes
                # what we leave behind.
                resource_tracker.ensure_running()
                signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
            yield
        finally:
            if sys.platform != "win32":
                signal.pthread_sigmask(signal.SIG_SETMASK, before)
            if is_open:
                multiprocessing.set_start_method(None, force=True)


def prestart(*, notes_facts: bool = False) -> threading.Thread:
    """Start the fork server in a thread, so that its imports run beside those of the main process."""
    # First of all: else this thread and the main one might both choose the folder for the sockets.
    note_leftovers()
    # It imports nothing: a Ctrl-C in the middle of an import of the main thread may leave a module locked
    # for ever, and whoever imports it then. It is no daemon: it takes milliseconds, and an interpreter
    # that takes itself down while another thread starts something was seen to crash.
    thread = threading.Thread(target=start_fork_server, kwargs={"notes_facts": notes_facts}, name="prestart")
    thread.start()
    return thread


def start_fork_server(*, notes_facts: bool = False) -> None:
    """Start the fork server, if it does not run yet; blocks for some milliseconds.

    ``notes_facts``: its parsers will note facts, so it is to import what they need for that, too.
    """
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return
    # What the program that we are part of has asked for is preloaded too. (By default that is its main
    # script, which our children import when they need it.)
    asked = [name for name in preloaded_modules() if name != "__main__"]
    wanted = [*PRELOADED, *PRELOADED_FOR_FACTS] if notes_facts else PRELOADED
    ours = [name for name in wanted if name not in asked]
    multiprocessing.get_context("forkserver").set_forkserver_preload([*asked, *ours])
    with process_start():
        forkserver.ensure_running()


def refuse_inside_import() -> None:
    """End a child in which the main script, merely imported, tries to start a crawl of its own.

    Its parent recognises the exit code and raises MainGuardError in its place.
    """
    if is_importing_main():
        sys.stderr.flush()
        os._exit(EXIT_MAIN_GUARD)


WITHOUT_CHILDREN = (
    ', or without child processes (parse.executor = "thread" or "inline", and write.sinks = [])'
)
"""How a crawl can do without them; a check cannot."""


def refuse_main_from_nowhere(instead: str = WITHOUT_CHILDREN) -> None:
    """Raise UsageError where no child could start: each imports the main script, which is not a file.

    So it is with ``python - < script.py``. An interpreter at a prompt, or a notebook, has no main script.
    ``instead``: what else may be done than to run it from a file.
    """
    main = sys.modules["__main__"]
    script = getattr(main, "__file__", None)
    if getattr(main, "__spec__", None) is None and script is not None and not Path(script).exists():
        raise UsageError(
            f"the main script, {script}, is no file that child processes could import: run it from a file"
            f"{instead}"
        )


def main_guard_error() -> MainGuardError:
    """What the parent of such a child raises."""
    return MainGuardError(MAIN_GUARD)


def note_leftovers() -> str:
    """What this process would leave behind, as JSON. From now on its semaphores carry its own prefix."""
    if "forkserver" in multiprocessing.get_all_start_methods():
        multiprocessing.util.get_temp_dir()
    settings = process_settings()
    if not _PREFIX.fullmatch(settings.get("semprefix", "")):
        settings["semprefix"] = f"/crawler-{os.urandom(4).hex()}"
    return json.dumps(
        {"pid": os.getpid(), "semaphores": settings["semprefix"], "folder": settings.get("tempdir")}
    )


def remove_leftovers(noted: str) -> None:
    """Remove what the process that made this note has left, if it is dead. Blocks; never raises OSError."""
    found: dict[str, Any] = json.loads(noted)
    if os.name != "posix" or pid_exists(int(found["pid"])):
        return
    folder = Path(found["folder"] or "")
    remove_semaphores(str(found["semaphores"]))
    # The note comes from a file that others may have written: it must not name just any folder.
    if folder.parent == Path(tempfile.gettempdir()) and folder.name.startswith("pymp-"):
        shutil.rmtree(folder, ignore_errors=True)


def remove_semaphores(prefix: str | None = None) -> None:
    """Remove the semaphores with that prefix; without one, those that this very process has made and lost.

    The latter only once nothing uses them. One is lost when the resource tracker is killed just before it is
    told of it: the semaphore is there, and nobody knows that it has to be removed.
    """
    if prefix is None:
        settings = process_settings()
        prefix = str(settings.get("semprefix", ""))
    # What is no prefix of ours may be anybody's.
    if _PREFIX.fullmatch(prefix):
        with suppress(OSError):
            for path in SEMAPHORES.glob(f"sem.{prefix[1:]}-*"):
                path.unlink(missing_ok=True)
