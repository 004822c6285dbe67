"""Ways for bytes from one process to another, and what each adds to the one before.

- ``Pipe``: two ends, one writer and one reader; nothing between them but the kernel.
- ``SimpleQueue``: a pipe with a lock at each end, so that many may share it.
- ``Queue``: that, and a thread that writes, so that ``put`` never waits; and a bound, and timeouts.
- shared memory: the bytes are written where the other side reads them; semaphores say when.

Small messages cost what the calls cost; large ones what the copying costs.

A pipe ends (``EOFError``) when *nobody* holds its write end any more. A parent that gives the write end
to a child and keeps its own copy open waits for ever for the end of a child that is dead.
"""

import multiprocessing
import time
from collections.abc import Callable
from functools import partial
from multiprocessing.connection import Connection
from multiprocessing.context import BaseContext
from multiprocessing.shared_memory import SharedMemory
from typing import TYPE_CHECKING, Any

from crawler.lab.experiments.limits import need_fork_server
from crawler.lab.finding import Finding, Scale, Table, Verdict
from crawler.lab.report.pictures import BLUE, GREEN, ORANGE, PURPLE
from crawler.lab.sandbox_process import measured

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLOURS = {"Pipe": BLUE, "SimpleQueue": GREEN, "Queue": ORANGE, "shared memory": PURPLE}
SLOTS = 4
"""Messages that the shared memory holds at once."""
BETTER = 1.1
"""Less than this much faster could be chance."""
Rates = dict[str, dict[str, float]]
"""Messages a second by way, by size."""


class Slots:
    """Shared memory as a ring of slots of one size, for one writer and one reader."""

    def __init__(self, context: BaseContext, size: int) -> None:
        self._memory: Any = SharedMemory(create=True, size=SLOTS * size)  # its buf is None once it is closed
        self._size, self._next = size, 0
        self._filled, self._free = context.Semaphore(0), context.Semaphore(SLOTS)

    def _slot(self) -> slice:
        start = self._next * self._size
        self._next = (self._next + 1) % SLOTS
        return slice(start, start + self._size)

    def put(self, message: bytes) -> None:
        """Copy the message in; waits for a free slot."""
        self._free.acquire()
        self._memory.buf[self._slot()] = message
        self._filled.release()

    def get(self) -> bytes:
        """Copy the next message out; waits for it."""
        self._filled.acquire()
        message = bytes(self._memory.buf[self._slot()])
        self._free.release()
        return message

    def remove(self) -> None:
        """Shared memory lives until somebody unlinks it, whoever ends."""
        self._memory.close()
        self._memory.unlink()


def send(put: Callable[[bytes], None], size: int, count: int, go: Connection) -> None:
    """In the child: a first message, so that both are ready, then ``count`` that are timed."""
    message = bytes(size)
    put(message)
    go.recv_bytes()
    for _ in range(count):
        put(message)


def messages_a_second(way: str, size: int, count: int) -> float:
    """From a child of its own, one after the other."""
    context = multiprocessing.get_context("forkserver")
    waiting, go = context.Pipe(duplex=False)
    channel: Any = None
    if way == "Pipe":
        reader, writer = context.Pipe(duplex=False)
        get, put = reader.recv, writer.send
    else:
        makers: dict[str, Callable[[], Any]] = {
            "Queue": context.Queue,
            "SimpleQueue": context.SimpleQueue,
            "shared memory": lambda: Slots(context, size),
        }
        channel = makers[way]()
        get, put = channel.get, channel.put
    child = context.Process(target=send, args=(put, size, count, waiting))
    child.start()
    get()
    started = time.perf_counter()
    go.send_bytes(b"go")
    for _ in range(count):
        get()
    seconds = time.perf_counter() - started
    child.join()
    if way == "shared memory":
        channel.remove()
    return count / seconds


def race(sizes: list[int], seconds: float, repeats: int) -> Rates:
    """The best of some interleaved runs of about ``seconds`` each: other programs disturbed it least."""
    multiprocessing.get_context("forkserver").set_forkserver_preload([__name__])
    found: Rates = {way: {} for way in COLOURS}
    for size in sizes:
        # A guess of what a message costs, 15 µs and 0.7 ns a byte, so that no cell takes long.
        count = max(4, int(seconds / (15e-6 + 0.7e-9 * size)))
        runs = [{way: messages_a_second(way, size, count) for way in COLOURS} for _ in range(repeats)]
        for way in COLOURS:
            found[way][str(size)] = max(run[way] for run in runs)
    return found


def sees_end(close_own_copy: bool) -> bool:
    """Whether the end of a child, which alone was to write, is seen on the pipe within 0.2 s."""
    context = multiprocessing.get_context("forkserver")
    reader, writer = context.Pipe(duplex=False)
    child = context.Process(target=writer.send, args=("one message",))
    child.start()
    if close_own_copy:
        writer.close()
    reader.recv()
    child.join()
    try:
        if reader.poll(0.2):
            reader.recv()
        return False
    except EOFError:
        return True


def run(scale: Scale) -> Finding:
    """QUICK tries fewer sizes. Raises NotPossible where there is no fork server."""
    need_fork_server()
    quick = scale is Scale.QUICK
    sizes = [64, 65_536] if quick else [64, 1024, 16_384, 262_144, 4_194_304]
    rates: Rates = measured(race, sizes, 0.02 if quick else 0.05, 3)
    ends = {closed: bool(measured(sees_end, closed)) for closed in (True, False)}
    times = {size: rates["Pipe"][size] / rates["Queue"][size] for size in rates["Pipe"]}
    faster = [size for size, ratio in times.items() if ratio >= BETTER]
    largest = str(sizes[-1])
    best = max(rates, key=lambda way: rates[way][largest])
    return Finding(
        claim="A Pipe is faster than a Queue.",
        done="One child sends messages of several sizes to its parent, in each way; each figure is the "
        "best of 3 runs.",
        tables=[rate_table(rates), end_table(ends)],
        verdict={0: Verdict.NOT_BORNE_OUT, len(times): Verdict.BORNE_OUT}.get(len(faster), Verdict.HALF),
        because="Pipe ÷ Queue in messages/s: "
        + ", ".join(f"{ratio:.1f} at {label(int(size))}" for size, ratio in times.items())
        + f". At {label(sizes[-1])} the fastest is {best}, with "
        f"{rates[best][largest] * sizes[-1] / 1e6:,.0f} MB/s.",
        figures={
            "messages_per_s": rates,
            "pipe_to_queue": times,
            "end_is_seen": {str(k): v for k, v in ends.items()},
        },
        draw=partial(draw, rates),
    )


def label(size: int) -> str:
    """A size for people: 64 B, 16 KiB, 4 MiB."""
    power = 2 if size >= 1 << 20 else 1 if size >= 1 << 10 else 0
    return f"{size >> 10 * power} {('B', 'KiB', 'MiB')[power]}"


def rate_table(rates: Rates) -> Table:
    """A row for each size: messages a second and megabytes a second."""
    rows = [
        (
            label(int(size)),
            *(f"{rates[way][size]:,.0f} · {rates[way][size] * int(size) / 1e6:,.1f}" for way in rates),
        )
        for size in rates["Pipe"]
    ]
    return Table(("message", *(f"{way}, messages/s · MB/s" for way in rates)), tuple(rows))


def end_table(ends: dict[bool, bool]) -> Table:
    """Whether a child's end is seen."""
    rows = [
        ("closed" if closed else "kept open", "EOFError" if seen else "nothing: recv() would wait for ever")
        for closed, seen in ends.items()
    ]
    return Table(("parent's own copy of the write end", "after the child's end"), tuple(rows), "Two ends")


def draw(rates: Rates, figure: "Figure") -> None:
    """Messages a second and megabytes a second against the size, on logarithmic scales."""
    sizes = [int(size) for size in rates["Pipe"]]
    for axes, text in zip(figure.subplots(1, 2), ("messages/s", "MB/s"), strict=True):
        for way, found in rates.items():
            values = [
                rate * (size / 1e6 if text == "MB/s" else 1)
                for size, rate in zip(sizes, found.values(), strict=True)
            ]
            axes.loglog(sizes, values, "o-", color=COLOURS[way], label=way)
        axes.set(xlabel="size of a message", ylabel=text, xticks=sizes)
        axes.set_xticklabels([label(size) for size in sizes])
        axes.minorticks_off()
        axes.grid(alpha=0.3)
    figure.axes[0].legend()
    figure.suptitle("From one process to another, one message after the other")
