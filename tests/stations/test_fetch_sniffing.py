"""Answers whose header does not say of what type they are: the first bytes tell."""

import asyncio
import gzip

import pytest

from crawler.fetch.body import read_body
from crawler.model.outcomes import Kind, Outcome
from tests.stations.fetch_servers import Served, always, byte_server, ok, rig

HTML = b"<!doctype html><title>T</title><a href=/x>x</a>"
NO_TYPE = "X-No-Content-Type: at all\r\n"
UNKNOWN = [
    NO_TYPE,
    *(
        f"Content-Type:{name}\r\n"
        for name in ("", " */*", " unknown/unknown", " application/unknown", " html")
    ),
]


@pytest.mark.parametrize("header", UNKNOWN)
@pytest.mark.parametrize(
    ("body", "sniffed"),
    [(HTML, "text/html"), (b"words", "text/plain"), (b"<?xml version='1.0'?><a/>", "text/xml")],
)
async def test_what_can_be_read_is_read(tmp_path, header, body, sniffed):
    async with byte_server(always(ok(body, header))) as served, rig(tmp_path, served.url) as fetching:
        page = await fetching.page(f"{served.url}/")
        assert (page.body, page.sniffed) == (body, sniffed)


@pytest.mark.parametrize("header", UNKNOWN)
@pytest.mark.parametrize(
    ("body", "what"),
    [
        (b"%PDF-1.7 ", "application/pdf"),
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"PK\3\4", "application/zip"),
        (b"a\0b", "application/octet-stream"),
    ],
)
async def test_what_cannot_is_skipped(tmp_path, header, body, what):
    async with byte_server(always(ok(body, header))) as served, rig(tmp_path, served.url) as fetching:
        line = await fetching.ended(f"{served.url}/")
        assert (line.outcome, line.kind, line.status) == (Outcome.SKIPPED, Kind.CONTENT_TYPE, 200)
        assert line.message == f"It is {what} by its first bytes; bodies of that type are not read."


@pytest.mark.parametrize("charset", ["", "; charset=UTF-8", "; charset=ISO-8859-1"])
async def test_text_that_is_none_is_skipped_too(tmp_path, charset):
    header = f"Content-Type: text/plain{charset}\r\n"
    async with byte_server(always(ok(b"\0\1", header))) as served, rig(tmp_path, served.url) as fetching:
        assert (await fetching.ended(f"{served.url}/")).kind is Kind.CONTENT_TYPE
    async with byte_server(always(ok(HTML, header))) as served, rig(tmp_path, served.url) as fetching:
        page = await fetching.page(f"{served.url}/")
        assert (page.body, (page.sniffed or "")[:10]) == (HTML, "text/plain")


async def test_the_charset_of_a_header_without_a_type_counts(tmp_path):
    answer = ok(HTML, "Content-Type: */*; charset=koi8-r\r\n")
    async with byte_server(always(answer)) as served, rig(tmp_path, served.url) as fetching:
        assert (await fetching.page(f"{served.url}/")).sniffed == 'text/html; charset="koi8-r"'


async def test_a_server_may_forbid_to_look_for_scripts(tmp_path):
    answer = ok(HTML, "X-Content-Type-Options: NoSniff\r\n")
    async with byte_server(always(answer)) as served, rig(tmp_path, served.url) as fetching:
        assert (await fetching.page(f"{served.url}/")).sniffed == "text/plain"


async def test_what_the_user_wants_counts_for_what_was_found(tmp_path):
    async with (
        byte_server(always(ok(b"%PDF-1.7", NO_TYPE))) as served,
        rig(tmp_path, served.url, content_types=["application/pdf"]) as fetching,
    ):
        assert (await fetching.page(f"{served.url}/")).sniffed == "application/pdf"
    async with (
        byte_server(always(ok(HTML, NO_TYPE))) as served,
        rig(tmp_path, served.url, content_types=["application/pdf"]) as fetching,
    ):
        assert (await fetching.ended(f"{served.url}/")).kind is Kind.CONTENT_TYPE


@pytest.mark.parametrize("packed", [False, True])
async def test_it_is_looked_at_as_soon_as_enough_of_it_has_come(tmp_path, packed):
    async def endless(_served: Served, _head: str, writer: asyncio.StreamWriter) -> None:
        body = b"%PDF-" + bytes(range(256)) * 200
        coding = "Content-Encoding: gzip\r\n" if packed else ""
        writer.write(f"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n{coding}\r\n".encode())
        for piece in [gzip.compress(body)] if packed else [body[:3], body[3:2_000]]:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0.01)
        await asyncio.Event().wait()

    async with byte_server(endless) as served, rig(tmp_path, served.url, timeout=20) as fetching:
        line = await fetching.ended(f"{served.url}/")
        assert line.kind is Kind.CONTENT_TYPE
        assert line.elapsed_ms is not None
        assert line.elapsed_ms < 10_000


@pytest.mark.parametrize("size", [0, 1, 1_444, 1_445, 1_446, 50_000])
@pytest.mark.parametrize("piece", [1, 1_000, 100_000])
async def test_the_whole_body_comes_through_and_is_judged_once(tmp_path, size, piece):
    body, judged = b"x" * size, []

    class Given:
        headers = ()

        def __init__(self) -> None:
            self.parts = [body[at : at + piece] for at in range(0, size, piece)]

        def values(self, _name: str) -> list[str]:
            return []

        async def read(self) -> bytes:
            return self.parts.pop(0) if self.parts else b""

    found = await read_body(Given(), 10**6, 500, str(tmp_path / "body"), judged.append)
    whole = b"".join(found.pieces) if found.path is None else (tmp_path / "body").read_bytes()
    assert (whole, judged) == (body, [body[:1_445]])


async def test_a_success_without_content_is_not_looked_at(tmp_path):
    answer = b"HTTP/1.1 204 No Content\r\n\r\n"
    async with (
        byte_server(always(answer)) as served,
        rig(tmp_path, served.url, content_types=["text/html"]) as fetching,
    ):
        page = await fetching.page(f"{served.url}/")
        assert (page.size, page.sniffed) == (0, None)
