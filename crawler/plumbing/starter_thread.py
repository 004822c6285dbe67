"""Waiting that a cancellation does not cut short: for blocking calls in threads, and for endings.

Runs as: threads of the loop's default executor. ``asyncio.to_thread`` alone is not enough here:
cancelled, it forgets its thread, and what this thread has just started or opened would be nobody's.
"""

import asyncio
import contextvars
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager, ExitStack, asynccontextmanager
from typing import TypeVar

T = TypeVar("T")


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
