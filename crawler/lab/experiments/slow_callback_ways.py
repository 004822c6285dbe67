"""What blocks the event loop in ``slow-callback``: one long step, one long callback, many short steps."""

import asyncio
import time

BLOCK, SHORT = 0.3, 0.02
"""Seconds for which the long ones block, and for which one of the short steps does."""


def parse() -> None:
    """The call at fault."""
    time.sleep(BLOCK)


async def parse_page() -> None:
    """It is below the task that is named."""
    parse()
    await asyncio.sleep(0)


async def one_long_step() -> None:
    """A task that has a name, as each should."""
    await asyncio.create_task(parse_page(), name="page-7")


def on_timer() -> None:
    """No coroutine: a function that the loop calls."""
    parse()


async def one_long_callback() -> None:
    """It is called in the loop's next round."""
    asyncio.get_running_loop().call_soon(on_timer)
    await asyncio.sleep(0)


async def many_short_steps() -> None:
    """As long in all."""
    for _ in range(round(BLOCK / SHORT)):
        time.sleep(SHORT)  # noqa: ASYNC251 - it is to block
        await asyncio.sleep(0)
