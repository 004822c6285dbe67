"""What a timeout ends, and what it only stops waiting for.

It prints::

    a coroutine: timed out, and it has ended: True
    a thread: timed out, and it has ended: False
    a process: join(0.1) is over, and it is alive: True
    killed, and it is alive: False
"""

import asyncio
import time
from multiprocessing import Process
from threading import Event


async def wait(ended: Event) -> None:
    """In a coroutine: it is told, at its await."""
    try:
        await asyncio.sleep(600)
    finally:
        ended.set()


def block(stop: Event, ended: Event) -> None:
    """In a thread: nobody tells it anything. It ends when it looks, and finds that it was asked to."""
    stop.wait()
    ended.set()


async def give_up_both() -> None:
    """Give a coroutine and a thread a tenth of a second each."""
    stop = Event()
    ways = {"coroutine": wait, "thread": lambda ended: asyncio.to_thread(block, stop, ended)}
    for name, begin in ways.items():
        ended = Event()
        try:
            await asyncio.wait_for(begin(ended), 0.1)
        except TimeoutError:
            print(f"a {name}: timed out, and it has ended: {ended.is_set()}")
    stop.set()  # or asyncio.run() would wait for the thread for ever


def main() -> None:
    """Give up a coroutine, a thread and a process."""
    asyncio.run(give_up_both())
    process = Process(target=time.sleep, args=(600,), daemon=True)
    process.start()
    process.join(0.1)
    print(f"a process: join(0.1) is over, and it is alive: {process.is_alive()}")
    process.kill()
    process.join()
    print(f"killed, and it is alive: {process.is_alive()}")


if __name__ == "__main__":
    main()
