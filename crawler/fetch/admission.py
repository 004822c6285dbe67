"""Asks the frontier before each request, where what was handed out may have become another node's meanwhile.

Every request passes here, whether it is for a ticket, a hop or a robots.txt: nothing that stopped this
process for a while, such as SIGSTOP or a machine that was put to sleep, can make it go on as if nothing had
happened. What was sent just before is beyond anybody's reach: one request for each worker.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager

from crawler.fetch.backend import NO_HEADERS, Answer, Backend


class AdmittedBackend:
    """A backend that waits for ``admit`` first, which raises where nothing may be asked for any more."""

    def __init__(self, backend: Backend, admit: Callable[[], Awaitable[None]]) -> None:
        self._backend, self._admit = backend, admit

    @asynccontextmanager
    async def get(self, url: str, headers: Mapping[str, str] = NO_HEADERS) -> AsyncIterator[Answer]:
        """See :class:`crawler.fetch.backend.Backend`. Raises StoreLost too."""
        await self._admit()
        async with self._backend.get(url, headers) as answer:
            yield answer

    async def close(self) -> None:
        """Close what is behind it."""
        await self._backend.close()
