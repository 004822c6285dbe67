"""The connection that holds a node's locks: whoever loses it loses all that it holds.

PostgreSQL ties advisory locks (locks on numbers, which only those who ask for them heed) to the connection
over which they were taken. Everything that only the owner of a partition may write goes over that connection
too, so a node whose partitions are another's by now cannot write: it has no connection. This is called
fencing, and nobody has to compare clocks for it.

A connection that nobody is heard on is ended by the server after ``session_timeout``. A node asks for nothing
any more long before: :attr:`Session.age` is looked at before each request.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from typing import Any, Literal, Self, TypeVar

import asyncpg

from crawler.frontier.postgresql.connecting import Connection, Place, connect
from crawler.frontier.postgresql.refusals import shown
from crawler.model.errors import StoreFailed, StoreLost

log = logging.getLogger("crawler.frontier")

T = TypeVar("T")
Job = Callable[[Connection], Awaitable[T]]
Isolation = Literal["read_committed", "repeatable_read"]

CLOCK_OFF = 60.0
"""Seconds between this machine's clock and the database's from which on it is said."""
_RETRIED = (asyncpg.DeadlockDetectedError, asyncpg.SerializationError)
_LOST = (
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,  # the server is shut down, or has ended this connection
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # what is said of a connection that broke off amid something
    OSError,
)
# A clock that goes on while the machine sleeps, where there is one.
_now = partial(time.clock_gettime, getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


class Session:
    """One connection, on which one thing is done at a time, in the order in which it is asked for.

    What is urgent comes before all that waits but the next one.
    """

    def __init__(self, db: Connection, place: Place, timeout: float) -> None:
        self._db, self.place, self.timeout = db, place, timeout
        self._turn, self._queue = asyncio.Lock(), asyncio.Lock()
        self._heard_at = _now()
        self._doing: set[asyncio.Task[Any]] = set()
        self._failure: StoreFailed | None = None
        """Why something could not be saved: nothing that rests on it may be saved after it."""
        self._beating: asyncio.Task[None] | None = None
        self.retried = 0
        """Transactions that were repeated since others were in their way."""
        self.lost = asyncio.Event()
        """The connection is gone."""
        self.wall_offset = 0.0
        """Unix time by the database's clock, less the time of this loop."""
        db.add_termination_listener(lambda _: self.lost.set())

    @classmethod
    async def open(cls, place: Place, timeout: float) -> Self:
        """A connection that ends ``timeout`` seconds after it was last heard of.

        Raises OutputError, StoreFailed.
        """
        session = cls(await connect(place), place, timeout)
        await session.run(session._set_up)
        session._beating = asyncio.create_task(session._beat(), name="heartbeat")
        return session

    @property
    def age(self) -> float:
        """Seconds since the database was last asked what it has answered."""
        return _now() - self._heard_at

    async def run(
        self, job: Job[T], isolation: Isolation = "read_committed", *, is_urgent: bool = False
    ) -> T:
        """What ``job`` makes of the connection, in one transaction, also when the caller is cancelled.

        It is run again where the database had to break it off for the sake of another transaction, so it
        must change nothing else. Raises StoreLost, StoreFailed.
        """
        doing = asyncio.ensure_future(self._do(job, isolation) if is_urgent else self._queued(job, isolation))
        self._doing.add(doing)
        doing.add_done_callback(self._is_done)
        return await asyncio.shield(doing)

    async def close(self) -> None:
        """Let go of everything that it holds. May be repeated."""
        if self._beating is not None:
            self._beating.cancel()
        try:
            async with asyncio.timeout(self.timeout), self._queue, self._turn:
                await self._db.close()
        except (*_LOST, TimeoutError):
            self._db.terminate()

    async def _beat(self) -> None:
        """The heartbeat: whatever else this node is at, the server hears of it."""
        with suppress(StoreFailed):  # whoever wants something of the connection is told
            while True:
                await asyncio.sleep(self.timeout / 5)
                if self.age > self.timeout / 5:
                    await self.run(lambda db: db.execute("SELECT 1"))

    def give_up(self) -> StoreLost:
        """Break the connection off, if it is there still; what is to be raised then."""
        self.lost.set()
        self._db.terminate()
        frontier, age = shown(self.place.frontier), self.age
        return StoreLost(f"the connection to {frontier} broke off; it was last heard of {age:.1f} s ago")

    def _is_done(self, doing: "asyncio.Task[Any]") -> None:
        self._doing.discard(doing)
        if not doing.cancelled():
            doing.exception()  # whoever waited for it was told, unless they are gone

    async def _queued(self, job: Job[T], isolation: Isolation) -> T:
        async with self._queue:  # so no more than one of these is where an urgent one has to wait
            return await self._do(job, isolation)

    async def _do(self, job: Job[T], isolation: Isolation) -> T:
        async with self._turn:
            while True:
                if self._failure is not None:
                    raise self._failure
                try:
                    return await self._once(job, isolation)
                except _RETRIED:
                    self.retried += 1
                except _LOST as error:
                    raise self._is_lost(error) from error
                except asyncpg.PostgresError as error:
                    if self._db.is_closed():
                        raise self._is_lost(error) from error
                    self._failure = self._explained(error)
                    raise self._failure from error

    async def _once(self, job: Job[T], isolation: Isolation) -> T:
        transaction = self._db.transaction(isolation=isolation)
        await transaction.start()
        try:
            result = await job(self._db)
        except BaseException:
            with suppress(asyncpg.PostgresError, *_LOST):
                await transaction.rollback()
            raise
        asked_at = _now()
        await transaction.commit()
        self._heard_at = asked_at
        return result

    def _is_lost(self, error: Exception) -> StoreLost:
        self.lost.set()
        return StoreLost(f"the connection to {shown(self.place.frontier)} broke off: {error}")

    def _explained(self, error: asyncpg.PostgresError) -> StoreFailed:
        if isinstance(error, asyncpg.DiskFullError):
            return StoreFailed(
                f"no space left for {shown(self.place.frontier)}; everything committed is safe:"
                " make space, then start the nodes again"
            )
        return StoreFailed(f"{shown(self.place.frontier)} cannot be used: {error}")

    async def _set_up(self, db: Connection) -> None:
        milliseconds = str(int(self.timeout * 1000))
        settings = {
            "idle_session_timeout": milliseconds,
            "idle_in_transaction_session_timeout": milliseconds,
            "tcp_user_timeout": milliseconds,
            # A crash of the server may take the last commits back. It ends every connection too, so nobody
            # goes on from what is not there: records that were written in vain are not counted.
            "synchronous_commit": "off",
        }
        for name, value in settings.items():
            await db.execute(f"SET {name} TO {value}")
        loop = asyncio.get_running_loop()
        before = loop.time()
        wall = float(await db.fetchval("SELECT extract(epoch FROM clock_timestamp())"))
        self.wall_offset = wall - (before + loop.time()) / 2
        if abs(off := time.time() - wall) > CLOCK_OFF:
            log.warning(
                "this machine's clock is %.0f s %s the database's, whose clock is the one that counts",
                abs(off),
                "ahead of" if off > 0 else "behind",
            )
