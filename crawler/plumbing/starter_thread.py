"""Waiting that a cancellation does not cut short: for blocking calls in threads, and for endings.

Runs as: threads of the loop's default executor. ``asyncio.to_thread`` alone is not enough here:
cancelled, it forgets its thread, and what this thread has just started or opened would be nobody's.
And a thread with a loop of its own, for whoever has to wait inside a loop that cannot go on meanwhile.
"""

import asyncio
import contextvars
import threading
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AbstractContextManager, ExitStack, asynccontextmanager, suppress
from typing import Any, TypeVar

T = TypeVar("T")

LOOKED_AT = 0.1
"""Seconds between two looks of a blocked loop at whether its task was cancelled."""


async def to_its_end(running: "asyncio.Future[T]", on_cancel: Callable[[], object] = lambda: None) -> T:
    """What ``running`` returns or raises. When cancelled, wait for its end first, then be cancelled.

    However often: only the first cancellation calls ``on_cancel``, which may ask ``running`` to hurry.
    """
    cancelled = None
    while not running.done():
        try:
            await asyncio.wait({running})
        except asyncio.CancelledError as error:
            if cancelled is None:
                on_cancel()
            cancelled = error
    if cancelled is not None:
        if not running.cancelled():
            running.exception()  # seen, so that nobody reports it: the cancellation is what counts now
        raise cancelled
    return running.result()


async def off_loop(call: Callable[[], T], on_cancel: Callable[[], object] = lambda: None) -> T:
    """Run ``call`` in a thread, to its end: see :func:`to_its_end`."""
    # A future of the loop's, not a task: nobody who cancels all tasks cancels this.
    context = contextvars.copy_context()
    return await to_its_end(asyncio.get_running_loop().run_in_executor(None, context.run, call), on_cancel)


@asynccontextmanager
async def block_off_loop(manager: AbstractContextManager[T]) -> AsyncIterator[T]:
    """``with manager``, entered and left in threads, and left whenever it was entered."""
    with_manager = ExitStack()
    try:
        yield await off_loop(lambda: with_manager.enter_context(manager))
    finally:
        await off_loop(with_manager.close)


def in_own_thread(name: str, begin: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """What the coroutine of ``begin`` returns or raises, in a thread with an event loop of its own.

    For whoever is inside a running loop, which it blocks until that coroutine has ended. What is raised here
    meanwhile cancels it, and goes on when it has ended. So does the cancellation of the caller's task, which
    is all that asyncio.run() makes of a first Ctrl-C.
    """
    caller = asyncio.current_task()
    cancelled_before = 0 if caller is None else caller.cancelling()
    running: list[tuple[asyncio.AbstractEventLoop, asyncio.Task[T]]] = []
    results: list[T] = []
    errors: list[BaseException] = []
    under_way, over = threading.Event(), threading.Event()

    async def to_be_cancelled() -> T:
        task = asyncio.ensure_future(begin())
        running.append((asyncio.get_running_loop(), task))
        under_way.set()
        return await task

    def run() -> None:
        try:
            results.append(asyncio.run(to_be_cancelled()))
        except BaseException as error:
            errors.append(error)
        finally:
            under_way.set()
            over.set()

    thread = threading.Thread(target=run, name=name)
    thread.start()
    try:
        # Not by join(): one that a signal interrupts takes the thread for ended, before Python 3.13.
        while not over.wait(LOOKED_AT):
            if caller is not None and caller.cancelling() > cancelled_before:
                raise asyncio.CancelledError
    except BaseException:
        under_way.wait()
        for loop, task in running:
            with suppress(RuntimeError):  # the loop is closed by now
                loop.call_soon_threadsafe(task.cancel)
        over.wait()
        raise
    finally:
        thread.join()
    if errors:
        raise errors[0]
    return results[0]
