"""Which event loop runs: uvloop where there is one, else the standard library's."""

import asyncio
import sys
from collections.abc import Callable
from contextlib import suppress


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop]:
    """What makes a new loop, for :class:`asyncio.Runner`."""
    if sys.platform != "win32":
        with suppress(ImportError):
            import uvloop

            return uvloop.new_event_loop
    return asyncio.new_event_loop
