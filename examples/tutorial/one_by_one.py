"""``await`` waits. Who wants things to be under way at once makes tasks of them.

It prints::

    a begins, a ends, b begins, b ends
    c begins, d begins, c ends, d ends
"""

import asyncio

said = list[str]()


async def ask(name: str) -> None:
    """Wait as for an answer."""
    said.append(f"{name} begins")
    await asyncio.sleep(0.01)
    said.append(f"{name} ends")


async def main() -> None:
    """Ask two one by one, then two at once."""
    await ask("a")
    await ask("b")
    print(", ".join(said))
    said.clear()
    async with asyncio.TaskGroup() as group:
        for name in "cd":
            group.create_task(ask(name))
    print(", ".join(said))


if __name__ == "__main__":
    asyncio.run(main())
