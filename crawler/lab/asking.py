"""A client that costs almost nothing: one request after the other, on one connection."""

import asyncio
import time
from urllib.parse import urlsplit


async def ask_again_and_again(site: str, until: float) -> list[float]:
    """Ask, wait for the answer, and ask again; how many seconds each answer took.

    It begins no request after ``until``, a time of ``time.perf_counter()``.
    """
    address = urlsplit(site)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    latencies: list[float] = []
    while (started := time.perf_counter()) < until:
        writer.write(b"GET / HTTP/1.1\r\n\r\n")
        head = await reader.readuntil(b"\r\n\r\n")
        await reader.readexactly(int(head.rpartition(b": ")[2]))
        latencies.append(time.perf_counter() - started)
    writer.close()
    return latencies
