"""Whole crawls into an archive: what went over the wire, read by those who had no part in writing it."""

import asyncio
import gzip
import random
from pathlib import Path

import pytest

from crawler import Config, Crawler
from crawler.model.outcomes import Purpose
from crawler.sinks.warc import WarcSink
from tests import crawls
from tests.stations import archives
from tests.stations.fetch_servers import by_target, byte_server, ok

RECORDS = {"response", "revisit"}
LONG = b"<p>" + random.Random(1).randbytes(400_000).hex().encode()
CODED = gzip.compress(LONG, mtime=0)
CHUNKS = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in (b"<p>one", b" two", b""))
PAGES = {
    "/robots.txt": ok(b"", status="404 Not Found"),
    "/": ok(b"".join(b'<a href="/%d">' % number for number in range(9)) + b'<a href="/missing">'),
    "/0": ok(LONG),
    "/1": ok(LONG, headers="X-Other: 1\r\n"),
    "/2": ok(CODED, headers="Content-Encoding: gzip\r\n"),
    "/3": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: text/html\r\n\r\n" + CHUNKS,
    "/4": ok(b"moved", headers="Location: /5\r\n", status="301 Moved"),
    "/5": ok(b"<p>\xff\xfe", headers="X-Odd: gr\xfc\xdfe\r\n"),
    "/6": ok(b"", status="204 No Content"),
    "/7": ok(LONG[:-1]),
    "/8": ok(b"\x89PNG", headers="Content-Type: image/png\r\n"),
    "/missing": ok(b"gone", status="404 Not Found"),
}


async def crawl(url: str, out: Path, **keys: object) -> Crawler:
    config = Config(
        seeds=[url],
        out=out,
        parse={"workers": 1},
        write={"sinks": ["jsonl", "warc"]},
        **keys,  # type: ignore[arg-type]
    )
    async with Crawler(config) as crawl:
        async for _ in crawl:
            pass
    return crawl


def bodies(out: Path, base: str) -> dict[str, tuple[str, bytes, str | None]]:
    """Of each path: what kind of record it has, its payload, and whether that was cut off."""
    return {
        record.fields["WARC-Target-URI"].removeprefix(base): (
            record.kind, record.payload, record.fields.get("WARC-Truncated")
        )
        for record in archives.judge(out / "archive")
        if record.kind in RECORDS
    }  # fmt: skip


@pytest.mark.parametrize("spool_above", [1_000, 10_000_000])
@pytest.mark.parametrize("backend", ["aiohttp", "httpx"])
async def test_bodies_in_memory_and_in_files_are_archived_alike(tmp_path, backend, spool_above):
    async with byte_server(by_target(PAGES)) as served:
        await crawl(f"{served.url}/", tmp_path, fetch={"backend": backend, "spool_above": spool_above})
        found = bodies(tmp_path, served.url)
    assert found["/2"] == ("response", CODED, None)
    assert found["/3"] == ("response", b"<p>one two", None)
    assert found["/4"] == ("response", b"moved", None)
    assert found["/5"] == ("response", b"<p>\xff\xfe", None)
    assert found["/6"] == ("response", b"", None)
    assert found["/7"] == ("response", LONG[:-1], None)
    assert found["/8"] == (
        "response",
        b"\x89PNG",
        None,
    )  # skipped; short as it is, it came
    assert found["/missing"] == ("response", b"gone", None)
    assert sorted([found["/0"], found["/1"]]) == [("response", LONG, None), ("revisit", b"", "length")]
    read = await asyncio.to_thread(lambda: list(WarcSink.read(tmp_path / "archive")))
    assert read == (tmp_path / "records.jsonl").read_bytes().splitlines()
    assert not list((tmp_path / "spool").glob("*"))


async def test_what_is_longer_than_the_limit_says_so(tmp_path):
    async with byte_server(by_target(PAGES)) as served:
        await crawl(f"{served.url}/", tmp_path, fetch={"max_body": 100_000, "spool_above": 50_000})
        found = bodies(tmp_path, served.url)
    assert found["/0"] == ("response", LONG[:100_000], "length")
    assert found["/1"] == ("response", LONG[:100_000], "length")
    assert found["/3"] == ("response", b"<p>one two", None)
    assert not list((tmp_path / "spool").glob("*"))


def test_a_check_archives_what_its_pages_load(tmp_path):
    from crawler.lab.site.site_process import SiteProcess

    with SiteProcess() as site:
        done = crawls.crawl("check", site.url, "-o", tmp_path / "out", "--no-progress", "--sink", "warc")
    assert done.returncode in {0, 1}, done.stderr
    found = archives.judge(tmp_path / "out" / "archive")
    told = {record.fields["WARC-Target-URI"] for record in found if record.kind == "metadata"}
    kept = {record.fields["WARC-Target-URI"] for record in found if record.kind in RECORDS}
    purposes = dict(crawls.answers(tmp_path / "out"))
    assert {purposes[url] for url in told} <= {Purpose.PAGE, Purpose.SITEMAP}
    assert {purposes[url] for url in kept - told} >= {Purpose.STYLESHEET, Purpose.ASSET}


async def test_a_further_generation_adds_what_was_not_modified(tmp_path):
    """One page by its ETag, one that says its bytes again, one that has changed; both generations whole."""
    tag, same = 'ETag: "a"\r\n', b'HTTP/1.1 304 Not Modified\r\nETag: "a"\r\n\r\n'
    pages = {
        "/robots.txt": ok(b"", status="404 Not Found"),
        "/": ok(b'<a href="/same"><a href="/other">', headers=tag),
        "/same": ok(b"<p>same"),
        "/other": ok(b"<p>one"),
    }
    async with byte_server(by_target(pages)) as served:
        await crawl(f"{served.url}/", tmp_path)
        pages |= {"/": same, "/other": ok(b"<p>two")}
        await crawl(f"{served.url}/", tmp_path, again=True)
    answers = [record for record in archives.judge(tmp_path / "archive") if record.kind in RECORDS]
    profiles = [record.fields.get("WARC-Profile", "").rpartition("/")[2] for record in answers]
    first, second = answers[:3], answers[3:]
    assert [record.kind for record in first] == ["response"] * 3
    assert dict(zip((record.fields["WARC-Target-URI"] for record in second), profiles[3:], strict=True)) == {
        f"{served.url}/": "server-not-modified",
        f"{served.url}/same": "identical-payload-digest",
        f"{served.url}/other": "",
    }
    whole = first[0].fields
    assert second[0].fields["WARC-Refers-To"] == whole["WARC-Record-ID"]
    read = await asyncio.to_thread(lambda: list(WarcSink.read(tmp_path / "archive")))
    lines = [(tmp_path / name).read_bytes().splitlines() for name in ("records.jsonl", "records@2.jsonl")]
    assert read == lines[0] + lines[1]
