"""The models that race, in the order in which they are shown, and which of them this Python can run."""

import concurrent.futures
import sysconfig
from dataclasses import dataclass

from crawler.lab.experiments.race.work import AT_ONCE
from crawler.lab.machine import cores


@dataclass(frozen=True, slots=True)
class Model:
    """One way to crawl."""

    name: str
    module: str
    """Beside this file; it has ``crawl(seed, job)``."""
    waits: str
    """Who waits for answers."""
    parses: str
    """Who parses."""
    computes_on_all_cores: bool = False
    waits_for_many: bool = True
    without_lock: bool = False
    """Runs without the interpreter's global lock."""

    @property
    def not_possible(self) -> str | None:
        """Why this Python cannot run it, or None."""
        if self.without_lock and not can_do_without_lock():
            return "this Python has a global lock (GIL); needs a free-threaded build, such as python3.14t"
        if self.module == "coroutines_interpreters" and not _has_interpreters():
            return "needs Python 3.14 (InterpreterPoolExecutor)"
        return None


def models() -> list[Model]:
    """All of them, for this machine's number of cores."""
    n = cores()
    each = f"{n} process{'es' if n > 1 else ''}"
    threads = f"{AT_ONCE} threads"
    coroutines = f"{AT_ONCE} coroutines"
    return [
        Model("sequential", "sequential", "the only thread", "the same", waits_for_many=False),
        Model("threads", "threads", threads, "the same"),
        Model("processes", "processes", each, "the same", True, waits_for_many=False),
        Model("asyncio", "coroutines", coroutines, "their loop"),
        Model("asyncio + threads", "coroutines_threads", coroutines, f"{n} thread{'s' if n > 1 else ''}"),
        Model("asyncio + processes", "coroutines_processes", coroutines, each, True),
        Model("this crawler", "this_crawler", coroutines, each, True),
        Model("asyncio + interpreters", "coroutines_interpreters", coroutines, f"{n} interpreters", True),
        Model("threads without GIL", "threads", threads, "the same", True, without_lock=True),
    ]


def can_do_without_lock() -> bool:
    """Whether this is a free-threaded build (PEP 703)."""
    return bool(sysconfig.get_config_var("Py_GIL_DISABLED"))


def _has_interpreters() -> bool:
    return hasattr(concurrent.futures, "InterpreterPoolExecutor")
