"""How many requests at once: more only wait longer, once the other side has its hands full.

It prints::

    asked by 2 at once: 2 are served, 0 wait for their turn
    asked by 8 at once: 8 are served, 0 wait for their turn
    asked by 32 at once: 8 are served, 24 wait for their turn
"""

import asyncio


class Server:
    """It serves eight at once. Of whoever comes more, it does not say no: they wait."""

    def __init__(self) -> None:
        """Nobody is there."""
        self.places = asyncio.Semaphore(8)
        self.here = self.served = 0

    async def ask(self, close: asyncio.Event) -> None:
        """One request, which is served until the server closes."""
        self.here += 1
        async with self.places:
            self.served += 1
            await close.wait()


async def main() -> None:
    """Ask with more and more workers."""
    for workers in (2, 8, 32):
        server, close = Server(), asyncio.Event()
        async with asyncio.TaskGroup() as group:
            for _ in range(workers):
                group.create_task(server.ask(close))
            await asyncio.sleep(0.01)
            waiting = server.here - server.served
            print(f"asked by {workers} at once: {server.served} are served, {waiting} wait for their turn")
            close.set()


if __name__ == "__main__":
    asyncio.run(main())
