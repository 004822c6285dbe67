"""Two children of one parent that talk to each other, and go on when the parent is dead.

What is said: siblings cannot talk without an intermediary; each can only talk to its parent, which passes
it on. It is true that a Pipe or a Queue does not come from nowhere: the parent makes it and gives each
child its end when it starts. After that, nobody is between them. What one child sends goes into the kernel
and out at the other, and the parent neither sees it nor is needed. Passing it on is possible, too; it costs
two more copies and two more switches, and ends with the parent. (Processes that have no parent in common
find each other by an address: ``multiprocessing.connection.Listener`` and ``Client``, or any socket.)

In this program: the children talk to the main process alone, and not because they could not. It bounds what
is under way and commits only what every writer has, so it has to know (``crawler/write/commit_task.py``).
Pages and records pass it as bytes that it does not open.
"""

import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

from crawler.lab.experiments.limits import fork_server, need_fork_server
from crawler.lab.finding import Finding, Scale, Verdict, needs
from crawler.lab.sandbox_process import measured
from crawler.lab.tables.siblings import Talk, in_words, table
from crawler.lab.work import interleaved

DIRECT, RELAYED = ("Pipe", "two Queues"), "through the parent"
TIMEOUT = 5.0
"""Seconds in which siblings that can still talk have done so."""


def ask(put: Callable[[Any], None], get: Callable[[], Any], trips: int, looker_on: Any) -> None:
    """One sibling: so many questions as often as the looker-on wants; it is told the trips a second."""
    with suppress(EOFError, BrokenPipeError, ConnectionResetError):
        while looker_on.recv():
            started = time.perf_counter()
            for number in range(trips):
                put(number)
                get()
            looker_on.send(trips / (time.perf_counter() - started))
        put(None)


def answer(put: Callable[[Any], None], get: Callable[[], Any]) -> None:
    """The other sibling."""
    with suppress(EOFError):
        while (number := get()) is not None:
            put(number)


def be_parent(way: str, trips: int, looker_on: Any) -> None:
    """Make what the two talk through, start them, and do nothing more, or pass on what each of them says."""
    context = fork_server(__name__)

    def start(one: tuple[Any, ...], other: tuple[Any, ...]) -> None:
        context.Process(target=ask, args=(*one, trips, looker_on)).start()
        context.Process(target=answer, args=other).start()
        looker_on.close()

    if way == "two Queues":
        there, back = context.Queue(), context.Queue()
        start((there.put, back.get), (back.put, there.get))
    elif way == "Pipe":
        one, other = context.Pipe()
        start((one.send, one.recv), (other.send, other.recv))
    else:
        (one, near_one), (near_other, other) = context.Pipe(), context.Pipe()
        start((one.send, one.recv), (other.send, other.recv))
        while True:
            near_other.send(near_one.recv())
            near_one.send(near_other.recv())
    time.sleep(600)  # it is killed long before


def one_talk(way: str, trips: int) -> Talk:
    """A parent and its children; in the middle of their talk, the parent is killed."""
    context = fork_server(__name__)
    here, there = context.Pipe()
    parent = context.Process(target=be_parent, args=(way, trips, there))
    parent.start()
    there.close()
    here.send(True)
    rate = here.recv()
    parent.kill()
    parent.join()
    here.send(True)
    went_on = False
    with suppress(EOFError):  # the one that asks has given up
        if went_on := here.poll(TIMEOUT) and here.recv() > 0:
            here.send(False)
    return {"trips_per_s": rate, "went_on": went_on}


def talk_in_all_ways(trips: int, repeats: int) -> dict[str, Talk]:
    """The fastest of some interleaved talks, and whether all of them outlived the parent."""
    runs = {way: partial(one_talk, way, trips) for way in (*DIRECT, RELAYED)}
    return {
        way: {
            "trips": trips,
            "trips_per_s": max(talk["trips_per_s"] for talk in talks),
            "went_on": all(talk["went_on"] for talk in talks),
        }
        for way, talks in interleaved(runs, repeats).items()
    }


@needs(need_fork_server)
def run(scale: Scale) -> Finding:
    """QUICK talks less. Raises NotPossible where there is no fork server."""
    trips, repeats = (200, 2) if scale is Scale.QUICK else (1_000, 4)
    found: dict[str, Talk] = measured(talk_in_all_ways, trips, repeats)
    return Finding(
        claim="Siblings cannot talk without an intermediary.",
        done=f"A parent makes a Pipe or Queues for two children, which then talk, {trips:,} questions and "
        "answers. The parent is killed (SIGKILL), and they are asked to talk as long again.",
        tables=[table(found)],
        verdict=Verdict.of(not found[way]["went_on"] for way in DIRECT),
        because=in_words(found),
        figures=found,
    )
