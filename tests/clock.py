"""An event loop whose clock jumps: what waits an hour is tested in milliseconds."""

import asyncio
import functools
import selectors
from collections.abc import Awaitable, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest


class _JumpingSelector(selectors.DefaultSelector):
    """Where the loop would sleep, the clock moves on instead."""

    now = 0.0

    def __init__(self) -> None:
        super().__init__()
        self.jobs: set[Future[Any]] = set()
        """What threads were given to do."""

    def select(self, timeout: float | None = None) -> list[Any]:
        if timeout is None:
            return super().select(None)  # nothing is timed: only a thread can wake the loop
        # Threads live on the real clock, and it takes them no time on this one, however busy the machine is.
        while timeout > 0 and self._is_a_thread_busy():
            if events := super().select(0.05):
                return events
        # One that is done may be about to say so.
        events = super().select(min(timeout, 0.002) if timeout > 0 else 0)
        if not events and timeout > 0:
            self.now += timeout
        return events

    def _is_a_thread_busy(self) -> bool:
        self.jobs = {job for job in self.jobs if not job.done()}
        return bool(self.jobs)


class VirtualClockLoop(asyncio.SelectorEventLoop):
    """``loop.time()`` starts at 0 and advances only when nothing else is left to do."""

    def __init__(self) -> None:
        self._jumping = _JumpingSelector()
        super().__init__(self._jumping)

    @property
    def jobs(self) -> set[Future[Any]]:
        """What threads were given to do, and the clock waits for."""
        return self._jumping.jobs

    def time(self) -> float:
        return self._jumping.now

    async def shutdown_default_executor(self, timeout: float | None = None) -> None:
        """Join the threads without the time-out that Python 3.12 and newer set: here it is over at once."""
        await super().shutdown_default_executor()


def virtual_clock(test: Callable[..., Awaitable[None]]) -> Callable[..., None]:
    """Run an asynchronous test on a loop of this kind."""

    @functools.wraps(test)
    def run(*args: Any, **kwargs: Any) -> None:
        loop = VirtualClockLoop()
        submit = ThreadPoolExecutor.submit

        def noted(pool: ThreadPoolExecutor, *job: Any, **named: Any) -> Future[Any]:
            future = submit(pool, *job, **named)
            loop.jobs.add(future)
            return future

        with pytest.MonkeyPatch.context() as patch, asyncio.Runner(loop_factory=lambda: loop) as runner:
            patch.setattr(ThreadPoolExecutor, "submit", noted)
            runner.run(test(*args, **kwargs))

    return run
