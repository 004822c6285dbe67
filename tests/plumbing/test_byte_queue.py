"""The byte-bounded, closable queue."""

import asyncio
import random

import pytest

from crawler.plumbing.byte_queue import ByteQueue, QueueClosed


def queue(capacity: int = 10) -> ByteQueue[bytes]:
    return ByteQueue(capacity, len, "test")


async def test_keeps_order_and_counts_bytes():
    q = queue()
    for item in (b"a", b"bb", b"ccc"):
        await q.put(item)
    assert (len(q), q.bytes) == (3, 6)
    assert [await q.get() for _ in range(3)] == [b"a", b"bb", b"ccc"]
    assert q.bytes == 0


async def test_put_waits_for_room_in_bytes():
    q = queue(10)
    await q.put(b"x" * 8)
    putter = asyncio.create_task(q.put(b"y" * 3))
    await asyncio.sleep(0)
    assert not putter.done()
    await q.get()
    await putter
    assert q.bytes == 3


async def test_one_item_larger_than_the_queue_passes_alone():
    q = queue(10)
    await q.put(b"x" * 100)
    assert len(await q.get()) == 100


async def test_batch_takes_what_waits_within_both_limits():
    q = queue(100)
    for size in (5, 5, 50, 1):
        await q.put(b"x" * size)
    assert [len(i) for i in await q.get_batch(8, 20)] == [5, 5]
    assert [len(i) for i in await q.get_batch(1, 20)] == [50]
    assert [len(i) for i in await q.get_batch(8)] == [1]


async def test_close_lets_getters_drain_then_ends_them():
    q = queue()
    await q.put(b"last")
    q.close()
    assert [item async for item in q] == [b"last"]
    with pytest.raises(QueueClosed):
        await q.get()
    with pytest.raises(QueueClosed):
        await q.put(b"late")


async def test_close_ends_waiting_getters_and_putters():
    q = queue(1)
    getters = [asyncio.create_task(q.get()) for _ in range(3)]
    await asyncio.sleep(0)
    q.close()
    assert all(isinstance(e, QueueClosed) for e in await asyncio.gather(*getters, return_exceptions=True))
    full = queue(1)
    await full.put(b"x")
    putter = asyncio.create_task(full.put(b"y"))
    await asyncio.sleep(0)
    full.close()
    with pytest.raises(QueueClosed):
        await putter


async def test_a_cancelled_getter_passes_its_wake_up_on():
    q = queue()
    first, second = asyncio.create_task(q.get()), asyncio.create_task(q.get())
    await asyncio.sleep(0)
    await q.put(b"item")  # wakes the first …
    first.cancel()  # … which is cancelled before it runs
    assert await second == b"item"
    with pytest.raises(asyncio.CancelledError):
        await first


async def test_a_waiter_that_is_cancelled_while_another_is_sought_just_ends():
    q = queue()
    first, second = asyncio.create_task(q.get()), asyncio.create_task(q.get())
    await asyncio.sleep(0)
    first.cancel()  # its future is cancelled now, its coroutine runs later …
    await q.put(b"item")  # … and in between somebody looks for a getter to wake
    assert await second == b"item"
    with pytest.raises(asyncio.CancelledError):
        await first


async def test_wanted_is_the_number_of_idle_getters():
    q = queue()
    wanted = asyncio.create_task(q.wanted())
    await asyncio.sleep(0)
    assert not wanted.done()
    getters = [asyncio.create_task(q.get()) for _ in range(3)]
    assert await wanted == 3 or await q.wanted() == 3
    await q.put(b"x")
    assert await q.wanted() == 2
    q.close()
    await asyncio.gather(*getters, return_exceptions=True)
    assert await q.wanted() == 0


@pytest.mark.parametrize("seed", range(20))
async def test_random_interleavings_lose_nothing(seed: int):
    """Producers, consumers and cancellations in random order: every item arrives exactly once."""
    chance = random.Random(seed)
    q: ByteQueue[tuple[int, int]] = ByteQueue(16, lambda item: item[1], "random")
    got: list[tuple[int, int]] = []

    async def produce(start: int) -> None:
        for n in range(start, start + 50):
            await q.put((n, chance.randint(1, 20)))
            if chance.random() < 0.3:
                await asyncio.sleep(0)

    async def consume() -> None:
        while True:
            try:
                got.extend(await q.get_batch(chance.randint(1, 5), 20))
            except QueueClosed:
                return

    async def cancel_getters() -> None:
        for _ in range(100):
            getter = asyncio.create_task(q.get())
            for _ in range(chance.randint(0, 3)):
                await asyncio.sleep(0)
            if not getter.done():
                getter.cancel()
            item = (await asyncio.gather(getter, return_exceptions=True))[0]
            if isinstance(item, tuple):
                got.append(item)

    consumers = [asyncio.create_task(consume()) for _ in range(3)]
    disturber = asyncio.create_task(cancel_getters())
    await asyncio.gather(*(produce(start) for start in (0, 50, 100)))
    disturber.cancel()
    q.close()
    await asyncio.gather(*consumers)
    (lost,) = await asyncio.gather(disturber, return_exceptions=True)
    numbers = sorted(n for n, _ in got)
    # The disturber itself may have been cancelled with one item in hand.
    assert len(numbers) == len(set(numbers))
    assert len(numbers) >= 149 if isinstance(lost, asyncio.CancelledError) else len(numbers) == 150
