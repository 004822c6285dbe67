"""What a child shares with its parent, and what it only got a copy of.

A thread lives in the same process: it sees every global, and its changes are seen. A child process
has memory of its own, whatever the start method; the methods differ in what that memory begins with:

- ``spawn`` starts a new interpreter, which imports the module again: globals have the values they
  have after an import, whatever the parent made of them since.
- ``forkserver`` forks a small server that was started like that, so the same holds; and even the
  environment is the one from when the server was started.
- ``fork`` copies the parent as it is: globals, environment, open files, and also every lock in the
  state it is in, held by threads that do not exist in the copy. That is why it is no longer the default
  from Python 3.14 on (and on macOS since 3.8); up to 3.13 Linux still forks unless told otherwise.

Shared is what is made to be shared (``Value``, ``Queue``, ``Pipe``) and handed over as an argument.
"""

import multiprocessing
import os
import threading
import warnings
from collections.abc import Callable
from ctypes import c_int
from typing import Any

from crawler.lab.experiments.limits import start_methods
from crawler.lab.finding import Finding, Scale, Verdict
from crawler.lab.sandbox_process import measured
from crawler.lab.tables.globals_ import table
from crawler.lab.tables.units import yes_or_no

word = "as imported"
"""The global of this experiment."""
LOOKS = {
    "sees_global": "child sees a global that was changed before its start",
    "sees_environ": "… an environment variable set before its start",
    "sees_file": "… a file by its descriptor's number",
    "sees_argument": "… its argument",
    "seen_global": "parent sees a global that the child changed",
    "seen_value": "… a multiprocessing.Value that the child changed",
}


def child(argument: str, open_file: int, seen: Any, value: Any) -> None:
    """In the thread or process: note what is to be seen, then change what can be changed."""
    global word
    seen[0] = word == "changed by the parent"
    seen[1] = os.environ.get("LAB_WORD") == "set by the parent"
    seen[2] = is_open(open_file)
    seen[3] = argument == "handed over"
    word = "changed by the child"
    value.value = 1


def is_open(descriptor: int) -> bool:
    """Whether this number is an open file in this process."""
    try:
        return os.fstat(descriptor).st_size == 5
    except OSError:
        return False


def look(start: Callable[..., Any], context: Any) -> dict[str, bool]:
    """Start ``child`` by ``start`` and tell what each side saw of the other."""
    global word
    word = "changed by the parent"
    os.environ["LAB_WORD"] = "set by the parent"
    seen, value = context.RawArray(c_int, 4), context.Value(c_int, 0)
    file = os.memfd_create("lab") if hasattr(os, "memfd_create") else os.open(__file__, os.O_RDONLY)
    os.ftruncate(file, 5)
    worker = start(target=child, args=("handed over", file, seen, value))
    worker.start()
    worker.join()
    os.close(file)
    del os.environ["LAB_WORD"]
    answers = [bool(flag) for flag in seen] + [word == "changed by the child", value.value == 1]
    return dict(zip(LOOKS, answers, strict=True))


def look_at_all(methods: list[str]) -> dict[str, dict[str, bool]]:
    """A thread, then a process by each start method."""
    # Python 3.12 and later warn of forking beside threads; here there is one, which holds no lock.
    warnings.filterwarnings("ignore", "This process .* is multi-threaded", DeprecationWarning)
    if "forkserver" in methods:
        # The server starts with the first child, and keeps the environment of this moment.
        first = multiprocessing.get_context("forkserver").Process()
        first.start()
        first.join()
    found = {"thread": look(threading.Thread, multiprocessing)}
    for method in methods:
        context = multiprocessing.get_context(method)
        found[f"process ({method})"] = look(context.Process, context)  # type: ignore[attr-defined]
    return found


def run(_scale: Scale) -> Finding:
    """Both scales do the same."""
    methods, default = start_methods(), multiprocessing.get_all_start_methods()[0]
    found: dict[str, dict[str, bool]] = measured(look_at_all, methods)
    processes = [saw for worker, saw in found.items() if worker != "thread"]
    seen = [saw["seen_global"] for saw in processes]
    by_import = [worker for worker, saw in found.items() if not saw["sees_global"]]
    return Finding(
        claim="A global that a child process changes is changed for its parent, too.",
        done="A global is changed, an environment variable set, a file opened. A thread, and a process by "
        "each start method, looks at them and changes the global; then the parent looks at that.",
        tables=[table(found, LOOKS)],
        verdict=Verdict.of(seen),
        because=f"The parent saw the change of {sum(seen)} of {len(seen)} child processes, and of the "
        f"thread: {yes_or_no(found['thread']['seen_global'])}. What the parent itself had changed was "
        f"unknown to: {', '.join(by_import) or 'nobody'}.",
        figures=found,
        notes=[
            *([] if "fork" in methods else ["This platform has no fork, so it could not be tried."]),
            # The first one is the default, says the library's reference.
            f"Unless told otherwise, multiprocessing starts children by {default} here.",
        ],
    )
