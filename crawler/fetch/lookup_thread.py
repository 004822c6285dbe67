"""Look-ups of host names: one for each name at a time, in threads that nobody waits for at the end.

Runs as: a daemon thread for each look-up that is under way. The system has no way to give one up, and it
may take half a minute: in a pool that others need, or that is waited for at the end, such as the loop's
default executor or uvloop's own four threads, a few silent name servers would hold up a whole crawl.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from threading import Thread
from typing import NamedTuple, TypeAlias

from crawler.config import Config
from crawler.fetch.backend import FetchFailed
from crawler.model.outcomes import Kind

LookUp: TypeAlias = Callable[[str, int], Awaitable[Sequence[str]]]
"""The addresses of a host name, asked for with the port. Raises OSError and UnicodeError."""

THREADS_PER_WORKER = 4
"""A worker waits for one look-up; the others are for those given up, whose threads go on for a while."""
KEEP_SECONDS = 10.0
"""For which an answer is used again."""
_MAX_KEPT = 1_024


async def system_addresses(host: str, port: int) -> list[str]:
    """What the system says, so /etc/hosts counts. Raises OSError and UnicodeError."""
    loop = asyncio.get_running_loop()
    found: asyncio.Future[list[str]] = loop.create_future()

    def tell(addresses: list[str], error: Exception | None) -> None:
        if found.done():  # given up
            return
        if error is not None:
            found.set_exception(error)
        else:
            found.set_result(addresses)

    def look_up() -> None:
        addresses: list[str] = []
        failed = None
        try:
            flags = socket.AI_ADDRCONFIG
            answer = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=flags)
            addresses = [str(address[0]) for *_, address in answer]
        except Exception as error:
            failed = error
        with suppress(RuntimeError):  # the loop is closed: the crawl is over
            loop.call_soon_threadsafe(tell, addresses, failed)

    try:
        Thread(target=look_up, name="look-up", daemon=True).start()
    except RuntimeError as error:  # the system has no further one
        raise socket.gaierror(socket.EAI_AGAIN, str(error)) from error
    return await found


class _Running(NamedTuple):
    found: "asyncio.Task[Sequence[str]]"
    begun: asyncio.Event
    """Set when it is under way, and no longer waits for its turn."""


class LookUps:
    """Looks names up with ``look_up``, at most ``most`` at once, for ``seconds`` each (None: any time).

    Whoever asks for a name that is being looked up waits for the same answer. The time counts from when
    the look-up begins: only the time-out of the whole exchange counts how long it waits for its turn.
    """

    def __init__(
        self, look_up: LookUp = system_addresses, most: int = THREADS_PER_WORKER, seconds: float | None = None
    ) -> None:
        self._look_up = look_up
        self._turns = asyncio.Semaphore(most)  # held to the thread's end, though everybody may have given up
        self._seconds = seconds
        self._running: dict[str, _Running] = {}
        self._kept: dict[str, tuple[float, Sequence[str]]] = {}

    async def addresses(self, host: str, port: int) -> Sequence[str]:
        """Where ``host`` is. Raises FetchFailed (it took too long), OSError and UnicodeError."""
        until, kept = self._kept.get(host, (0.0, ()))
        if asyncio.get_running_loop().time() < until:
            return kept
        running = self._running.get(host)
        if running is None:
            begun = asyncio.Event()
            running = _Running(asyncio.create_task(self._run(host, port, begun)), begun)
            running.found.add_done_callback(_seen)
            self._running[host] = running
        await running.begun.wait()
        try:
            async with asyncio.timeout(self._seconds) as limit:
                return await asyncio.shield(running.found)
        except TimeoutError as error:
            if not limit.expired():
                raise
            words = f"the look-up of {host} had no answer in time (fetch.connect_timeout)"
            raise FetchFailed(Kind.TIMEOUT, words) from error

    async def _run(self, host: str, port: int, begun: asyncio.Event) -> Sequence[str]:
        try:
            async with self._turns:
                begun.set()
                found = await self._look_up(host, port)
        finally:
            begun.set()
            del self._running[host]
        if len(self._kept) >= _MAX_KEPT:
            del self._kept[next(iter(self._kept))]
        self._kept[host] = asyncio.get_running_loop().time() + KEEP_SECONDS, found
        return found

    def close(self) -> None:
        """Nobody wants to know any more. Threads that still wait for the system do no harm."""
        for running in self._running.values():
            running.found.cancel()


def _seen(found: "asyncio.Task[Sequence[str]]") -> None:
    """So that a failure which nobody waited for is not reported as forgotten."""
    if not found.cancelled():
        found.exception()


def look_ups_of(config: Config, look_up: LookUp = system_addresses) -> LookUps:
    """Those of a crawl."""
    fetch = config.fetch
    return LookUps(look_up, THREADS_PER_WORKER * fetch.concurrency, fetch.connect_timeout)
