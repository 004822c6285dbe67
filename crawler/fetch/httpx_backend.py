"""The second backend: httpx, for servers that speak HTTP/2. Only the files named after it import it.

What is used of it is its transport. The client above it would parse and quote URLs anew, read and send
cookies, prepare redirects, take proxies and passwords from the environment, and write a line of log for each
request: all of it off here because it is not there. Codings stay on, since only raw bytes are asked for.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any

import httpx

from crawler.config import Config
from crawler.fetch import backend
from crawler.fetch.address_guard import guard_of
from crawler.fetch.backend import NO_HEADERS, Answer, FetchFailed, Heads
from crawler.fetch.httpx_connection import CONNECTION, Connection, Pool
from crawler.fetch.httpx_failures import failure
from crawler.fetch.httpx_network import GuardedNetwork
from crawler.fetch.lookup_thread import LookUp, look_ups_of, system_addresses
from crawler.fetch.proxy import proxy_of
from crawler.fetch.wire import as_head, as_parts, as_received, merged, own_headers
from crawler.model.outcomes import Kind
from crawler.rules.head import MAX_FIELDS, TOO_MANY_FIELDS
from crawler.trace.counters import Counters

READS_AT_ONCE = 512
"""Chunks read of one answer until others have a turn; a hostile one has a byte in each."""


class HttpxAnswer(Answer):
    """One answer; see :class:`crawler.fetch.backend.Answer`."""

    __slots__ = ("_chunks", "_connection", "_reads", "_response", "is_whole")

    def __init__(self, response: httpx.Response) -> None:
        """Raises FetchFailed for what the library puts up with."""
        self.status, self.changes_cookie = response.status_code, False
        self.headers = as_received(response.headers.raw)
        self._response = response
        self.is_whole = False
        self._connection: Connection | None = response.extensions.get(CONNECTION)
        network = response.extensions.get("network_stream")
        self.connection_info = NO_HEADERS.get if network is None else network.get_extra_info
        self._chunks = response.aiter_raw()
        self._reads = 0
        if response.http_version not in ("HTTP/1.0", "HTTP/1.1", "HTTP/2"):
            raise FetchFailed(
                Kind.FRAMING, f"the answer is of an unknown version, {response.http_version[:20]}"
            )
        if self._connection is not None:
            self._connection.judge_head()
        if len(self.headers) > MAX_FIELDS:  # HTTP/2 has no lines to be judged
            raise _refused(f"the answer is not valid HTTP: {TOO_MANY_FIELDS}")

    async def read(self) -> bytes:
        """The next bytes of the body, ``b""`` at its end. Raises FetchFailed."""
        self._reads += 1
        if self._reads % READS_AT_ONCE == 0:
            # What has come in already is handed out chunk by chunk, and never waits.
            await asyncio.sleep(0)
        try:
            data = await anext(self._chunks, b"")
        except Exception as error:
            raise failure(error) from error
        if not data:
            rest = b"" if self._connection is None else self._connection.behind_the_answer().lstrip()
            if rest and not rest.startswith(b"HTTP/"):
                # As it is with the first backend: a page that is longer than it says is not whole.
                raise _refused("more was sent than the answer's length allows")
            self.is_whole = True
        return data

    def heads(self) -> Heads:
        """What was said before the body."""
        response, request = self._response, self._response.request
        target, fields = request.extensions["target"], request.headers.raw
        if response.http_version == "HTTP/2":  # it has names in lower case, the host first, and no reason
            fields = [(name.lower(), value) for name, value in fields]
        version = b"HTTP/1.0" if response.http_version == "HTTP/1.0" else b"HTTP/1.1"
        reason = response.extensions.get("reason_phrase", b"")
        first = b"%b %03d %b" % (version, response.status_code, reason)
        return Heads(
            as_head(b"GET %b HTTP/1.1" % target, fields),
            as_head(first, response.headers.raw),
            response.http_version,
        )


def _refused(sentence: str) -> FetchFailed:
    return FetchFailed(Kind.FRAMING, sentence, retryable=False)


class _Transport(httpx.AsyncHTTPTransport):
    """httpx's own, over a pool of ours.

    Not public: ``_pool``, since there is no argument for it. Without it httpx would connect wherever a name
    leads; were it renamed, there would be no pool at all, and every request would fail.
    """

    def __init__(self, pool: Pool) -> None:
        self._pool = pool


class HttpxBackend:
    """See :class:`crawler.fetch.backend.Backend`. To be made while the event loop runs.

    ``tls`` says which certificates are good; ``look_up`` is for tests.
    """

    def __init__(
        self,
        config: Config,
        trusted_origins: frozenset[str],
        counters: Counters,
        tls: ssl.SSLContext,
        look_up: LookUp = system_addresses,
    ) -> None:
        fetch = config.fetch
        self._timeout, self._counters = fetch.timeout, counters
        self._look_ups = look_ups_of(config, look_up)
        guard = guard_of(config, trusted_origins, self._look_ups)
        self._proxy = proxy_of(config, guard) if fetch.proxy is not None else None
        if self._proxy is not None:
            guard = self._proxy.guard
        self._transport = _Transport(
            Pool(fetch.concurrency, GuardedNetwork(guard, self._proxy), tls, backend.KEEP_ALIVE)
        )
        self._headers = own_headers(fetch.user_agent)
        timeouts = {"connect": fetch.connect_timeout, "read": fetch.read_timeout}
        self._extensions = {"trace": self._trace, "timeout": timeouts}

    @asynccontextmanager
    async def get(self, url: str, headers: Mapping[str, str] = NO_HEADERS) -> AsyncIterator[Answer]:
        """One GET of ``url``. Raises FetchFailed."""
        if self._proxy is not None:
            self._proxy.check_target(url)
        try:
            async with asyncio.timeout(self._timeout) as total:
                response, answer = await self._send(url, headers), None
                connection: Connection | None = response.extensions.get(CONNECTION)
                try:
                    if self._proxy is not None and self._proxy.forwards(url):
                        self._proxy.check(response.status_code)
                    self._counters.statuses[response.status_code] += 1
                    answer = HttpxAnswer(response)
                    yield answer
                    if connection is not None and not answer.is_whole:
                        connection.leave(response.extensions.get("stream_id"))
                except BaseException:
                    if connection is not None and (answer is None or not answer.is_whole):
                        connection.is_retired = True
                    raise
                finally:
                    with suppress(httpx.HTTPError, OSError):  # nothing more is wanted of it
                        await response.aclose()
        except TimeoutError as error:
            if not total.expired():
                raise
            raise FetchFailed(Kind.TIMEOUT, backend.OVER.format(self._timeout)) from error

    async def _send(self, url: str, headers: Mapping[str, str]) -> httpx.Response:
        proxy = self._proxy if self._proxy is not None and self._proxy.forwards(url) else None
        origin, target = as_parts(url)
        # Its host is given, since to find it out httpx reads names as IDNA 2008, which has no emoji.
        own = {"Host": origin.partition("://")[2], **merged(self._headers, headers)}
        if proxy is not None:
            own |= proxy.headers
            origin, target = proxy.url, origin.encode("ascii") + target
        try:
            request = httpx.Request(
                "GET",
                origin,  # without the path, which httpx would quote anew
                headers=[(name.encode(), value.encode()) for name, value in own.items()],
                extensions={**self._extensions, "target": target},
            )
            response = await self._transport.handle_async_request(request)
        except Exception as error:
            failed = failure(error)
            raise (failed if proxy is None else proxy.unreachable(failed)) from error
        response.request = request
        return response

    async def _trace(self, event: str, _info: dict[str, Any]) -> None:
        if event.endswith(".send_request_headers.complete"):
            self._counters.requests += 1

    async def close(self) -> None:
        """Close all connections."""
        self._look_ups.close()
        await self._transport.aclose()
