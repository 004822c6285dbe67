"""``multiprocessing.Process``, shown on live children: what each attribute says, and when.

A Process is made from a target (the usual way) or from a subclass that overrides ``run``; the two behave
alike. It is nothing but an object until ``start()``; then it has a pid and is alive, and when it
has ended its ``exitcode`` says how:

- 0: its function returned; 1: an exception came out of it; n: it called ``sys.exit(n)``
- -n: signal n ended it; ``terminate()`` sends SIGTERM (15), ``kill()`` sends SIGKILL (9)

``terminate()`` asks: a child may ignore or handle SIGTERM; only ``kill()`` cannot be refused. No
``finally`` block of the child runs in either case. ``daemon`` has nothing to do with services: a
daemon child is terminated when its parent's program ends, any other child is waited for.
"""

import multiprocessing
import signal
import sys
import time
from multiprocessing.context import SpawnProcess
from multiprocessing.synchronize import Event
from typing import Any

from crawler.lab.experiments.process_daemon import end_with_child
from crawler.lab.finding import Finding, Scale, Verdict
from crawler.lab.sandbox_process import measured
from crawler.lab.tables.process import table

TIMEOUT = 0.3
"""Seconds in which a child that was told to end has ended, or refuses."""


class BySubclass(SpawnProcess):
    """A Process by subclass: ``run`` is what the child does, and it may have arguments of its own."""

    def __init__(self, code: int) -> None:
        super().__init__(name="my-name")
        self.code = code

    def run(self) -> None:
        """In the child."""
        sys.exit(self.code)


def returns() -> None:
    """A child that does its work."""


def raises() -> None:
    """A child that fails; its traceback would go to standard error."""
    sys.stderr = None
    raise ValueError("no")


def waits(ready: Event) -> None:
    """A child that has to be ended."""
    ready.set()
    time.sleep(30)


def refuses(ready: Event) -> None:
    """A child that ignores SIGTERM."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    waits(ready)


def life(child: SpawnProcess, ready: Event, end: str) -> dict[str, Any]:
    """Start a child, end it by the method ``end`` (``join`` only waits), and note what it says of itself."""
    seen: dict[str, Any] = {"name": child.name, "daemon": child.daemon}
    seen |= {"pid_before": child.pid, "alive_before": child.is_alive()}
    child.start()
    seen |= {"has_pid": child.pid is not None, "alive": child.is_alive(), "exitcode_running": child.exitcode}
    if end != "join":
        ready.wait()
        getattr(child, end)()
    child.join(None if end == "join" else TIMEOUT)
    seen |= {"exitcode": child.exitcode, "alive_after": child.is_alive()}
    child.kill()
    child.join()
    return seen


def lives() -> dict[str, dict[str, Any]]:
    """One life for each way to make and to end a child."""
    context = multiprocessing.get_context("spawn")
    ready = [context.Event() for _ in range(4)]
    children: dict[str, tuple[SpawnProcess, str]] = {
        "target that returns": (context.Process(target=returns), "join"),
        "subclass that calls sys.exit(3)": (BySubclass(3), "join"),
        "target that raises": (context.Process(target=raises), "join"),
        "terminate()": (context.Process(target=waits, args=(ready[0],), daemon=True), "terminate"),
        "terminate(), SIGTERM ignored": (context.Process(target=refuses, args=(ready[1],)), "terminate"),
        "kill(), SIGTERM ignored": (context.Process(target=refuses, args=(ready[2],)), "kill"),
    }
    events = dict(zip(list(children)[3:], ready, strict=False))
    return {how: life(child, events.get(how, ready[3]), end) for how, (child, end) in children.items()}


def run(_scale: Scale) -> Finding:
    """Both scales do the same."""
    seen: dict[str, dict[str, Any]] = measured(lives)
    with_child, with_daemon = end_with_child(daemon=False), end_with_child(daemon=True)
    told = {how: not one["alive_after"] for how, one in seen.items() if how.startswith("terminate")}
    return Finding(
        claim="terminate() ends a child process.",
        done="Children made by target and by subclass end in every way there is; their attributes are read "
        "before, meanwhile and after. A program ends while its child has a second to go, first no "
        "daemon, then one.",
        tables=[table(seen)],
        verdict=Verdict.of(told.values()),
        because="".join(
            f"{how}: {'ended' if gone else 'still alive'} after {TIMEOUT} s. " for how, gone in told.items()
        )
        + f"kill() of the latter left exit code {seen['kill(), SIGTERM ignored']['exitcode']}.",
        figures={"children": seen, "with_child_s": with_child.seconds, "with_daemon_s": with_daemon.seconds},
        notes=[
            f"With {kind} that had a second to go, its program took {end.seconds:.1f} s: {end.child}."
            for kind, end in (("a child", with_child), ("a daemon", with_daemon))
        ],
    )
