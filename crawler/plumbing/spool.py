"""Files for bodies that are too long to wait in memory: whoever holds one removes it, or hands it on."""

from collections.abc import Iterable
from contextlib import suppress

import aiofiles.os

from crawler.model.exchange import Exchange


async def remove_spooled(path: str) -> None:
    """Remove a spooled body; whatever stays is removed at the end of the crawl."""
    with suppress(OSError):
        await aiofiles.os.remove(path)


async def remove_payloads(exchanges: Iterable[Exchange]) -> None:
    """Remove the files of these exchanges, of which nobody needs the payloads any more."""
    for exchange in exchanges:
        if exchange.path is not None:
            await remove_spooled(exchange.path)
