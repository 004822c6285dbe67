"""Which experiments there are, in the order in which they are run and best read."""

from collections.abc import Sequence

from crawler.model.errors import UsageError

_HERE = "crawler.lab.experiments"

EXPERIMENTS: dict[str, tuple[str, str]] = {
    "race": (f"{_HERE}.race.race", "the same crawl under every model"),
    "start": (f"{_HERE}.start", "what 1 to 10,000 coroutines, threads and processes cost"),
    "globals": (
        f"{_HERE}.globals_",
        "what a child sees of its parent's globals, and the parent of the child's",
    ),
    "start-methods": (
        f"{_HERE}.start_methods",
        "fork, spawn, forkserver: the price, and what a child is given",
    ),
    "segfault": (f"{_HERE}.segfault", "who dies when a worker crashes"),
    "gil": (f"{_HERE}.gil", "threads against processes, from all waiting to all computing"),
    "c-code": (f"{_HERE}.c_code", "threads that compute in C: who lets go of the interpreter's lock"),
    "interpreters": (f"{_HERE}.interpreters", "threads that compute in Python at once, where it can do that"),
    "overlap": (f"{_HERE}.overlap", "which worker ran when, on one core and on two"),
    "lost-update": (f"{_HERE}.lost_update", "counting in threads and coroutines, with and without a lock"),
    "pool-size": (f"{_HERE}.pool_size", "how large a pool should be"),
    "process": (f"{_HERE}.process", "every attribute of a Process, on live children"),
    "pool": (f"{_HERE}.pool", "every way to call a pool, and what pools hide"),
    "pool-join": (f"{_HERE}.pool_join", "programs that end and leave their pool to itself"),
    "pool-pipe": (f"{_HERE}.pool_pipe", "a Pipe or a Queue in the hands of a pool's workers"),
    "queue": (f"{_HERE}.queues", "how to end consumers, and what is lost otherwise"),
    "pipe": (f"{_HERE}.pipe", "Pipe, Queue, SimpleQueue and shared memory, by size of message"),
    "siblings": (f"{_HERE}.siblings", "two children that talk, and go on when their parent is killed"),
    "executor": (
        f"{_HERE}.executor",
        "a heavy parse inline, in a thread, in a process, and everybody's latency",
    ),
    "slow-callback": (f"{_HERE}.slow_callback", "what asyncio's debug mode says of a loop that is blocked"),
    "semaphore": (f"{_HERE}.semaphore", "a hundred at once: a task for each job, or workers on a queue"),
    "cancel": (f"{_HERE}.cancel", "what cancel() stops, and what goes on"),
    "backpressure": (f"{_HERE}.backpressure", "a queue with and without a bound: memory against time"),
    "pool-kill": (f"{_HERE}.pool_kill", "kill -9 of one worker: what becomes of the others"),
}
"""Of each name: the module with its ``run(scale)``, and what it is about. Imported only to be run."""

APART = ("crash", "faults", "internet", "nodes")
"""Experiments on this crawler itself. They have options of their own and are run one at a time."""


def chosen(names: Sequence[str]) -> list[str]:
    """The experiments that ``names`` asks for, each once, in its order; none asks for all.

    Raises UsageError at a name that is none.
    """
    for name in names:
        if name in APART:
            raise UsageError(f"{name} is run by itself: crawler lab {name}")
        if name not in EXPERIMENTS:
            allowed = ", ".join([*EXPERIMENTS, *APART])
            raise UsageError(f"there is no experiment {name!r}; allowed: {allowed}")
    return list(dict.fromkeys(names)) or list(EXPERIMENTS)
