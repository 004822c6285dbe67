"""Ctrl-C, SIGTERM and SIGHUP as two callbacks: once means "finish what is in flight", twice "now".

The first is what is called a graceful shutdown.
"""

import asyncio
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any


@contextmanager
def stop_signals(first: Callable[[str], None], second: Callable[[], None]) -> Iterator[None]:
    """Inside the block, the first of the three calls ``first(name)``, a later SIGINT ``second()``.

    Both run in the event loop, between two steps of whatever runs there, and so may touch its
    objects. Outside the main thread (a server, a notebook) signals are somebody else's business
    and nothing is installed.
    """
    loop = asyncio.get_running_loop()
    stopping = False

    def on_signal(number: signal.Signals) -> None:
        nonlocal stopping
        if not stopping:
            stopping = True
            first(number.name)
        elif number == signal.SIGINT:
            second()

    if sys.platform == "win32":  # no add_signal_handler there: the handler hands over to the loop
        before = signal.signal(signal.SIGINT, lambda *_: loop.call_soon_threadsafe(on_signal, signal.SIGINT))
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)
        return
    installed: list[tuple[signal.Signals, Any]] = []
    with suppress(ValueError, RuntimeError):  # not in the main thread
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            handler = signal.getsignal(number)
            if number == signal.SIGHUP and handler is signal.SIG_IGN:
                continue  # nohup: the terminal may go, the crawl goes on
            loop.add_signal_handler(number, on_signal, number)
            installed.append((number, handler))
    try:
        yield
    finally:
        for number, handler in installed:
            loop.remove_signal_handler(number)
            signal.signal(number, handler)


@contextmanager
def interrupted_by_all() -> Iterator[None]:
    """In the block, without an event loop, SIGTERM and SIGHUP raise KeyboardInterrupt as Ctrl-C does."""
    names = ("SIGTERM", "SIGHUP")
    numbers = [getattr(signal, name) for name in names if hasattr(signal, name)]
    default = [number for number in numbers if signal.getsignal(number) == signal.SIG_DFL]  # SIGHUP: no nohup
    for number in default:
        signal.signal(number, signal.default_int_handler)
    try:
        yield
    finally:
        for number in default:
            signal.signal(number, signal.SIG_DFL)
