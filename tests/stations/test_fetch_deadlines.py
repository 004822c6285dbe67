"""One timer for all time-outs: each strikes when it is due, and only then."""

import asyncio

import pytest

from crawler.fetch.deadlines import GRAIN, Deadlines, Timed
from tests.clock import virtual_clock


class Watched(Timed):
    """Writes down what it was told, and when."""

    def __init__(self, silent_since: float | None = None) -> None:
        self.since = silent_since
        self.told: list[tuple[str, float]] = []

    def silent_since(self) -> float | None:
        return self.since

    def expire(self) -> None:
        self.told.append(("expire", now()))

    def give_up_waiting(self) -> None:
        self.since = None
        self.told.append(("give up", now()))


def now() -> float:
    return asyncio.get_running_loop().time()


def assert_told(watched: Watched, *expected: tuple[str, float]) -> None:
    assert [word for word, _ in watched.told] == [word for word, _ in expected]
    for (_, at), (_, due) in zip(watched.told, expected, strict=True):
        assert due <= at <= due + GRAIN


@virtual_clock
async def test_each_has_its_own_time():
    """Would catch a deadline that expires early, late, or although it was forgotten."""
    deadlines, all_of_them, start = Deadlines(30.0), [], now()
    for number in range(20):
        watched = Watched()
        deadlines.watch(watched)
        all_of_them.append(watched)
        if number % 3 == 0:
            deadlines.forget(watched)
        await asyncio.sleep(2.5)
    await asyncio.sleep(60)
    for number, watched in enumerate(all_of_them):
        due = [] if number % 3 == 0 else [("expire", start + 2.5 * number + 30)]
        assert_told(watched, *due)


@virtual_clock
async def test_silence_counts_from_the_last_byte_and_not_while_nobody_waits():
    deadlines, start = Deadlines(100.0, 10.0), now()
    drips, busy, dead = Watched(start), Watched(), Watched(start)
    for watched in (drips, busy, dead):
        deadlines.watch(watched)
    for _ in range(8):
        await asyncio.sleep(6)
        drips.since = now()
    await asyncio.sleep(20)
    assert_told(drips, ("give up", start + 58))
    assert_told(dead, ("give up", start + 10))
    assert busy.told == []
    await asyncio.sleep(50)
    assert_told(busy, ("expire", start + 100))  # the total is over for all of them
    assert drips.told[-1][0] == dead.told[-1][0] == "expire"


class Broken(Watched):
    """Raises whatever it is asked or told."""

    def silent_since(self) -> float | None:
        super().give_up_waiting()
        raise RuntimeError("silent_since")

    def expire(self) -> None:
        super().expire()
        raise RuntimeError("expire")


class BrokenToo(Watched):
    """Raises when its silence is too long."""

    def give_up_waiting(self) -> None:
        super().give_up_waiting()
        raise RuntimeError("give_up_waiting")


@virtual_clock
async def test_what_raises_when_it_is_told_keeps_no_other_time_out_from_striking(caplog):
    deadlines, start = Deadlines(10.0, 3.0), now()
    good = [Watched(start) for _ in range(20)]
    for number, watched in enumerate(good):
        deadlines.watch(Broken(start) if number % 2 else BrokenToo(start))
        deadlines.watch(watched)
    await asyncio.sleep(5)
    late = Watched(now())
    deadlines.watch(late)
    await asyncio.sleep(20)
    for watched in good:
        assert_told(watched, ("give up", start + 3), ("expire", start + 10))
    assert_told(late, ("give up", start + 8), ("expire", start + 15))
    assert {str(record.exc_info[1]) for record in caplog.records} == {
        "silent_since",
        "expire",
        "give_up_waiting",
    }


@virtual_clock
async def test_after_a_pause_it_watches_again():
    """Would catch a watch that ends with the last deadline and is not begun again."""
    deadlines = Deadlines(5.0, 1.0)
    deadlines.watch(Watched())
    await asyncio.sleep(60)
    late = Watched(now())
    deadlines.watch(late)
    began = now()
    await asyncio.sleep(0.5)
    late.since = None
    await asyncio.sleep(60)
    assert_told(late, ("expire", began + 5))


@pytest.mark.parametrize("many", [2_000])
@virtual_clock
async def test_many_that_are_due_one_after_the_other_do_not_mean_a_look_for_each(many, monkeypatch):
    deadlines, looks = Deadlines(1.0), 0
    look = deadlines._look

    def counted() -> None:
        nonlocal looks
        looks += 1
        look()

    monkeypatch.setattr(deadlines, "_look", counted)
    all_of_them = [Watched() for _ in range(many)]
    start = now()
    for watched in all_of_them:
        deadlines.watch(watched)
        await asyncio.sleep(0.0001)
    await asyncio.sleep(3)
    assert all(len(watched.told) == 1 for watched in all_of_them)
    assert looks <= many * 0.0001 / GRAIN + 3
    assert all_of_them[-1].told[0][1] <= start + many * 0.0001 + 1 + GRAIN


@virtual_clock
async def test_closed_it_leaves_no_timer():
    deadlines, watched = Deadlines(5.0), Watched()
    deadlines.watch(watched)
    deadlines.close()
    await asyncio.sleep(60)
    assert watched.told == []
