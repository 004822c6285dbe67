"""Ten thousand coroutines that wait, all at once, in one thread.

It prints::

    10000 tasks wait in 1 thread
    10000 answers
"""

import asyncio
import threading


async def wait(end: asyncio.Event) -> int:
    """Wait as for an answer; meanwhile everybody else may run."""
    await end.wait()
    return 1


async def main() -> None:
    """Start all, look, and let them go."""
    end = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(wait(end)) for _ in range(10_000)]
        await asyncio.sleep(0)  # now every one of them has come to its await
        waiting = sum(not task.done() for task in tasks)
        print(f"{waiting} tasks wait in {threading.active_count()} thread")
        end.set()
    print(f"{sum(task.result() for task in tasks)} answers")


if __name__ == "__main__":
    asyncio.run(main())
