"""Whole crawls of sites that have no end, and of what is not said to be a page."""

import pytest

from tests import crawls
from tests.stations.fetch_servers import Answer, byte_server, ok
from tests.street.test_sitemaps import crawl


def growing(body: bytes) -> Answer:
    async def answer(_served, head, writer):
        found = ok(body) if head.split(" ", 2)[1] != "/robots.txt" else ok(b"", status="404 No")
        writer.write(found)
        await writer.drain()

    return answer


def run(url, out, *more):
    return ["run", f"{url}/", "-o", out, "--no-progress", "--workers", 1, *more]


@pytest.mark.parametrize("backend", ["aiohttp", "httpx"])
async def test_links_that_grow_for_ever_come_to_an_end(tmp_path, backend):
    out = tmp_path / "out"
    async with byte_server(growing(b"<a href=more/>more</a>")) as served:
        await crawl(*run(served.url, out, "--set", f"fetch.backend={backend}"))
    summary = crawls.summary(out)
    assert (summary["state"], summary["ok"], summary["links_too_long"]) == ("finished", 9, 1)


async def test_the_summary_says_so_on_the_terminal(tmp_path):
    async with byte_server(growing(b"<a href=a/b/>x</a><a href='/" + b"x" * 9_000 + b"'>y</a>")) as served:
        out = tmp_path / "out"
        await crawl(*run(served.url, out))
    said = {record.message for record in crawls.records(out)}
    assert "1 links are too long, or grow for ever: they are not followed" in said
    assert crawls.summary(out)["ok"] == 9


async def test_without_a_limit_only_the_others_end_it(tmp_path):
    out = tmp_path / "out"
    async with byte_server(growing(b"<a href=more/>more</a>")) as served:
        await crawl(*run(served.url, out, "--set", "scope.max_repeats=none", "--max-pages", 30))
    assert crawls.summary(out)["ok"] >= 30


async def test_seeds_are_told_apart_as_the_user_wants(tmp_path):
    out = tmp_path / "out"
    async with byte_server(growing(b"<a href=/%70>1</a><a href=/p?>2</a><a href=/p>3</a>")) as served:
        seed = f"{served.url}/%70?"
        await crawl("run", seed, "-o", out, "--no-progress", "--set", "scope.normalise=rfc3986")
        assert crawls.urls(out) == {f"{served.url}/p": 1}
