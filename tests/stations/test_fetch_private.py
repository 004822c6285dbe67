"""What the HTTP backends use of their libraries without being public: each name is told when it changes."""

import importlib
import inspect
from typing import Any

import pytest

AIOHTTP = {
    "aiohttp.connector.BaseConnector.connect": "self, req, traces, timeout",
    "aiohttp.connector.TCPConnector._create_connection": "self, req, traces, timeout",
    "aiohttp.connector.TCPConnector._get_ssl_context": "self, req",
    "aiohttp.connector.Connection.release": "self",
    "aiohttp.connector.Connection.close": "self",
    "aiohttp.client_proto.ResponseHandler.set_response_params": (
        "self, *, timer, skip_payload, read_until_eof, auto_decompress, read_timeout, read_bufsize,"
        " timeout_ceil_threshold, max_line_size, max_field_size, max_headers"
    ),
    "aiohttp.client_proto.ResponseHandler.start_timeout": "self",
    "aiohttp.client_proto.ResponseHandler.force_close": "self",
    "aiohttp.client_proto.ResponseHandler.set_exception": "self, exc, exc_cause",
    "aiohttp.client_proto.ResponseHandler.feed_data": "self, data, size",
    "aiohttp.client_proto.ResponseHandler.data_received": "self, data",
    "aiohttp.client_proto.ResponseHandler.read": "self",
    "aiohttp.client_proto.ResponseHandler.exception": "self",
}


def shape(path: str) -> str:
    """The parameters of the function that ``path`` names."""
    module, names = path, []
    while True:
        module, _, name = module.rpartition(".")
        names.insert(0, name)
        if names[0][0].isupper():
            break
    found: Any = importlib.import_module(module)
    for name in names:
        found = getattr(found, name)
    parts = []
    for parameter in inspect.signature(found).parameters.values():
        if parameter.kind is parameter.KEYWORD_ONLY and "*" not in parts:
            parts.append("*")
        parts.append(parameter.name)
    return ", ".join(parts)


@pytest.mark.parametrize("path", AIOHTTP)
def test_it_is_called_as_it_was(path):
    assert shape(path) == AIOHTTP[path], f"{path} has changed: see where crawler/fetch uses it"


async def test_aiohttp_asks_its_factory_for_the_protocol_of_a_connection():
    import aiohttp

    from crawler.fetch.address_guard import AddressGuard
    from crawler.fetch.aiohttp_connection import Connector, Protocol

    stock, ours = aiohttp.TCPConnector(), Connector(AddressGuard((), ()), None, None, 1, None)
    assert isinstance(stock._factory(), aiohttp.client_proto.ResponseHandler), "_factory makes something else"
    assert isinstance(ours._factory(), Protocol)
    assert isinstance(stock._loop.time(), float), "_loop is not the event loop"
    await stock.close()
    await ours.close()


def test_httpx_sends_through_its_pool():
    httpx = pytest.importorskip("httpx", reason="not installed: httpx")
    httpcore = pytest.importorskip("httpcore", reason="not installed: httpx")
    assert isinstance(httpx.AsyncHTTPTransport()._pool, httpcore.AsyncConnectionPool), (
        "_pool is something else"
    )
    http1 = httpcore.AsyncHTTP11Connection(httpcore.Origin(b"http", b"h", 80), httpcore.AsyncMockStream([]))
    assert http1._h11_state.trailing_data == (b"", False), "_h11_state is something else"
    http2 = httpcore.AsyncHTTP2Connection(httpcore.Origin(b"https", b"h", 443), httpcore.AsyncMockStream([]))
    assert http2._events == {}, "_events is something else"
    assert callable(http2._h2_state.reset_stream), "_h2_state is something else"
    assert http1.MAX_INCOMPLETE_EVENT_SIZE == 102_400, "MAX_INCOMPLETE_EVENT_SIZE is something else"
