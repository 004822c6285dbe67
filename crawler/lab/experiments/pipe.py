"""Ways for bytes from one process to another, and what each adds to the one before.

- ``Pipe``: two ends, one writer and one reader; nothing between them but the kernel.
- ``SimpleQueue``: a pipe with a lock at each end, so that many may share it.
- ``Queue``: that, and a thread that writes, so that ``put`` does not wait for the pipe; it waits only where
  the queue was given a bound (``maxsize``) and is full. And timeouts.
- shared memory: the bytes are written where the other side reads them; semaphores say when.

Small messages cost what the calls cost; large ones what the copying costs.

What the end of a child looks like at the other end of a pipe is in ``pipe_ends.py`` beside this file.
"""

import time
from collections.abc import Callable
from functools import partial
from multiprocessing.connection import Connection
from typing import Any

from crawler.lab.experiments.limits import fork_server, need_fork_server
from crawler.lab.experiments.pipe_ends import sees_end
from crawler.lab.experiments.shared_slots import Slots
from crawler.lab.finding import Finding, Scale, Verdict, needs
from crawler.lab.sandbox_process import measured
from crawler.lab.tables.pipe import Rates, draw, end_table, rate_table
from crawler.lab.tables.units import megabytes, size_name
from crawler.lab.work import interleaved

WAYS = ("Pipe", "SimpleQueue", "Queue", "shared memory")
BETTER = 1.1
"""Less than this much faster could be chance."""


def send(put: Callable[[bytes], None], size: int, count: int, go: Connection) -> None:
    """In the child: a first message, so that both are ready, then ``count`` that are timed."""
    message = b"x" * size  # bytes(size) would be memory that was never written, which costs less to read
    put(message)
    go.recv_bytes()
    for _ in range(count):
        put(message)


def messages_a_second(way: str, size: int, count: int) -> float:
    """From a child of its own, one after the other."""
    context = fork_server(__name__)
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
    found: Rates = {way: {} for way in WAYS}
    for size in sizes:
        # A guess of what a message costs, 15 µs and 0.7 ns a byte, so that no cell takes long.
        count = max(4, int(seconds / (15e-6 + 0.7e-9 * size)))
        runs = {way: partial(messages_a_second, way, size, count) for way in WAYS}
        for way, rates in interleaved(runs, repeats).items():
            found[way][str(size)] = max(rates)
    return found


@needs(need_fork_server)
def run(scale: Scale) -> Finding:
    """QUICK tries fewer sizes. Raises NotPossible where there is no fork server."""
    quick = scale is Scale.QUICK
    sizes = [64, 65_536] if quick else [64, 1024, 16_384, 262_144, 4_194_304]
    rates: Rates = measured(race, sizes, 0.02 if quick else 0.05, 3)
    ends = {closed: bool(measured(sees_end, closed)) for closed in (True, False)}
    times = {size: rates["Pipe"][size] / rates["Queue"][size] for size in rates["Pipe"]}
    largest = str(sizes[-1])
    best = max(rates, key=lambda way: rates[way][largest])
    return Finding(
        claim="A Pipe is faster than a Queue.",
        done="One child sends messages of several sizes to its parent, in each way; each figure is the "
        "best of 3 runs.",
        tables=[rate_table(rates), end_table(ends)],
        verdict=Verdict.of(ratio >= BETTER for ratio in times.values()),
        because="Pipe ÷ Queue in messages/s: "
        + ", ".join(f"{ratio:.1f} at {size_name(int(size))}" for size, ratio in times.items())
        + f". At {size_name(sizes[-1])} the fastest is {best}, with "
        f"{megabytes(rates[best][largest] * sizes[-1])} MB/s.",
        figures={
            "messages_per_s": rates,
            "pipe_to_queue": times,
            "end_is_seen": {str(k): v for k, v in ends.items()},
        },
        draw=partial(draw, rates),
    )
