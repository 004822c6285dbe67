"""A solution of the exercise of ``crawler lab slow-callback``.

Have debug mode name a step of 50 ms. The limit, ``slow_callback_duration``, is 0.1 s unless one sets it.
"""

import asyncio
import logging
import time

LIMIT, BLOCK = 0.02, 0.05


async def sleep_badly() -> None:
    """Block the loop."""
    time.sleep(BLOCK)  # noqa: ASYNC251 - the mistake that is shown


async def main() -> None:
    """Set the limit, and block the loop in a task with a name."""
    asyncio.get_running_loop().slow_callback_duration = LIMIT
    await asyncio.create_task(sleep_badly(), name="sleeper")


if __name__ == "__main__":
    logging.basicConfig()  # prints on standard error
    asyncio.run(main(), debug=True)
