"""How an answer that is more than bytes is sent: broken off, dripped, endless, or different each time."""

from collections.abc import Awaitable, Callable

from crawler.lab.faults.manifest import Answer, Call

Sender = Callable[[Call], Awaitable[bool | None]]

STEP = 0.25
"""Seconds between two drops of a slow answer."""
FOREVER = 3600.0


def then_reset(sent: bytes) -> Sender:
    """``sent``, and then a TCP reset."""

    async def give(call: Call) -> None:
        if sent:
            await call.send(sent)
            await call.pause(0.05)  # a reset that comes at once takes the bytes before it along
        await call.reset()

    return give


def then_silence(sent: bytes) -> Sender:
    """``sent``, and then nothing more on an open connection."""

    async def give(call: Call) -> None:
        await call.send(sent)
        await call.pause(FOREVER)

    return give


def drip(first: bytes, drop: bytes) -> Sender:
    """``first``, and then ``drop`` again and again, slowly, for ever."""

    async def give(call: Call) -> None:
        await call.send(first)
        while True:
            await call.send(drop)
            await call.pause(STEP)

    return give


def forever(first: bytes, block: bytes) -> Sender:
    """``first``, and then ``block`` as fast as it is taken, for ever."""

    async def give(call: Call) -> None:
        await call.send(first)
        while True:
            await call.send(block)

    return give


def by_turns(*answers: Answer) -> Sender:
    """The first answer to the first request, and so on; the last one to all that follow."""

    async def give(call: Call) -> bool | None:
        answer = answers[min(call.nth, len(answers)) - 1]
        return await call.give(answer)

    return give
