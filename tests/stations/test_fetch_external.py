"""External links: what leads out of the crawl is asked for once, and good answers stand for later crawls."""

import asyncio
import json
import logging
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from crawler.fetch import answer_cache
from crawler.fetch.answer_cache import AnswerCache, usual_path
from crawler.model import record
from crawler.model.messages import Finished, Links, Page
from crawler.model.outcomes import Kind, Outcome, Purpose
from crawler.rules.dedup import fingerprints
from crawler.rules.scope import Scope
from crawler.rules.urls import resolve
from tests.stations.fetch_servers import HASH_SEED, Rig, always, by_target, byte_server, ok, rig

HOUR = 3_600


@pytest.fixture
def cache(tmp_path) -> Path:
    return tmp_path / "deep" / "cache.json"


@asynccontextmanager
async def checking(tmp_path: Path, *trusted: str, cache: Path, **settings: Any) -> AsyncIterator[Rig]:
    check = {"external": True, "cache_file": str(cache), **settings.pop("check", {})}
    async with rig(tmp_path, *trusted, check=check, **settings) as fetching:
        yield fetching


async def here(_host: str, _port: int) -> list[str]:
    return ["127.0.0.1"]


WORLD: dict[str, Any] = {"look_up": here, "allow_addresses": ["127.0.0.1/32"]}
"""Settings by which a server of the test is one of the world, if it has a name."""


def by_name(url: str) -> str:
    return url.replace("127.0.0.1", "other.test")


def link(url: str) -> Links:
    return Links(url.encode(), fingerprints([url], HASH_SEED), Purpose.EXTERNAL)


# -- what leads out ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("purpose", "kind"),
    [
        (Purpose.PAGE, Kind.OUT_OF_SCOPE),
        (Purpose.ASSET, Kind.REDIRECTED),
        (Purpose.STYLESHEET, Kind.REDIRECTED),
        (Purpose.PROBE, Kind.REDIRECTED),
    ],
)
async def test_the_target_of_a_redirect_to_another_origin_becomes_an_external_link(
    tmp_path, cache, purpose, kind
):
    target = "https://elsewhere.test/a?b"
    answer = always(ok(b"", f"Location: {target}#c\r\n", "302 Found"))
    async with byte_server(answer) as served, checking(tmp_path, served.url, cache=cache) as fetching:
        result = (await fetching.fetch(f"{served.url}/a", purpose=purpose)).result
        assert isinstance(result, Finished)
        assert (result.outcome, result.kind) == (Outcome.SKIPPED, kind)
        assert (result.links, result.redirect) == ((link(target),), None)
        assert record.decode(result.record).final_url == target


@pytest.mark.parametrize(
    ("purpose", "location"),
    [
        (Purpose.PAGE, "/not/included"),
        (Purpose.PAGE, "http://elsewhere.test/logout"),
        (Purpose.ASSET, "http://elsewhere.test/logout"),
        (Purpose.SITEMAP, "http://elsewhere.test/"),
        (Purpose.PAGE, "mailto:me@elsewhere.test"),
    ],
)
async def test_what_is_on_the_crawl_s_own_origins_or_excluded_does_not(tmp_path, cache, purpose, location):
    answer = always(ok(b"", f"Location: {location}\r\n", "302 Found"))
    async with byte_server(answer) as served:
        scope = Scope(frozenset([served.url]), include=("/blog/",), exclude=("/logout",))
        async with checking(tmp_path, served.url, cache=cache, scope=scope) as fetching:
            result = (await fetching.fetch(f"{served.url}/blog/", purpose=purpose)).result
            assert isinstance(result, Finished)
            assert (result.redirect, result.links) == (None, ())


async def test_a_redirect_within_the_crawl_goes_on_as_it_was(tmp_path, cache):
    answer = always(ok(b"", "Location: /b\r\n", "302 Found"))
    async with byte_server(answer) as served, checking(tmp_path, served.url, cache=cache) as fetching:
        for purpose in Purpose:
            result = (await fetching.fetch(f"{served.url}/a", purpose=purpose)).result
            assert isinstance(result, Finished)
            assert result.redirect is not None
            assert (result.redirect.url, result.links) == (f"{served.url}/b", ())


async def test_pages_are_fetched_as_ever(tmp_path, cache):
    async with byte_server(always(ok())) as served, checking(tmp_path, served.url, cache=cache) as fetching:
        assert isinstance((await fetching.fetch(f"{served.url}/")).result, Page)


# -- the guard ---------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "any.localhost", "127.1.2.3"])
async def test_a_local_site_may_link_to_other_local_servers(tmp_path, cache, host):
    async with byte_server(always(ok())) as served, byte_server(always(ok())) as other:
        port = other.url.rpartition(":")[2]
        async with checking(tmp_path, served.url, cache=cache, look_up=here, timeout=20) as fetching:
            line = await fetching.ended(f"http://{host}:{port}/", purpose=Purpose.EXTERNAL)
            if host == "127.1.2.3":  # where nobody listens
                assert line.kind is Kind.CONNECT
            else:
                assert line.outcome is Outcome.OK
            # A name that leads there was not written by somebody who meant this machine.
            named = await fetching.ended(f"http://evil.test:{port}/", purpose=Purpose.EXTERNAL)
            assert named.kind is Kind.FORBIDDEN_ADDRESS
            for private in ("10.0.0.1", "169.254.169.254", "[::ffff:10.0.0.1]"):
                line = await fetching.ended(f"http://{private}/", purpose=Purpose.EXTERNAL)
                assert line.kind is Kind.FORBIDDEN_ADDRESS


async def test_localhost_is_this_machine_or_nobody(tmp_path, cache):
    async def elsewhere(_host: str, _port: int) -> list[str]:
        return ["10.0.0.1"]

    async with checking(tmp_path, "http://127.0.0.1:1/", cache=cache, look_up=elsewhere) as fetching:
        line = await fetching.ended("http://any.localhost/", purpose=Purpose.EXTERNAL)
        assert line.kind is Kind.FORBIDDEN_ADDRESS
        assert "10.0.0.1 (private)" in str(line.message)


@pytest.mark.parametrize("seeds", [["http://site.test/"], ["http://127.0.0.1:{port}/", "http://site.test/"]])
async def test_a_site_of_the_world_may_not(tmp_path, cache, seeds):
    async with byte_server(always(ok())) as served, byte_server(always(ok())) as other:
        named = [seed.format(port=served.url.rpartition(":")[2]) for seed in seeds]
        async with checking(tmp_path, *named, cache=cache) as fetching:
            line = await fetching.ended(f"{other.url}/", purpose=Purpose.EXTERNAL)
            assert line.kind is Kind.FORBIDDEN_ADDRESS
            assert other.connections == 0


async def test_without_external_links_a_local_site_is_guarded_as_ever(tmp_path):
    check = {"external": False, "slow": 1.0}
    async with (
        byte_server(always(ok())) as served,
        byte_server(always(ok())) as other,
        rig(tmp_path, served.url, check=check) as fetching,
    ):
        assert fetching.config.seeds
        line = await fetching.ended(f"{other.url}/", purpose=Purpose.ASSET)
        assert line.kind is Kind.FORBIDDEN_ADDRESS


async def test_the_world_may_not_send_the_crawler_back_to_this_machine(tmp_path, cache):
    async with byte_server(always(ok())) as site, byte_server(always(ok())) as local:
        moved = ok(b"", f"Location: {local.url}/admin\r\nSet-Cookie: a=1\r\n", "302 Found")
        back = ok(b"", f"Location: {site.url}/\r\n", "302 Found")
        async with byte_server(by_target({"/": moved, "/back": back})) as world:
            port = world.url.rpartition(":")[2]
            settings = {"look_up": here, "allow_addresses": ["127.0.0.1/32"]}
            for session in (None, {"cookies": True}):
                async with checking(tmp_path, site.url, cache=cache, session=session, **settings) as fetching:
                    result = (
                        await fetching.fetch(f"http://world.test:{port}/", purpose=Purpose.EXTERNAL)
                    ).result
                    assert isinstance(result, Finished)
                    assert (result.kind, result.redirect, result.links) == (Kind.FORBIDDEN_ADDRESS, None, ())
                    url = f"http://world.test:{port}/back"
                    to_the_site = await fetching.ended(url, purpose=Purpose.EXTERNAL)
                    assert (to_the_site.kind, to_the_site.final_url) == (Kind.REDIRECTED, f"{site.url}/")
            assert local.connections == 0


# -- the cache ---------------------------------------------------------------------------------


async def test_a_good_answer_stands_for_the_next_crawl(tmp_path, cache):
    answer = ok(bytes(30), "Content-Type: image/png\r\n")
    async with byte_server(by_target({"/robots.txt": ok(b""), "/a": answer})) as other:
        lines, url = [], f"{by_name(other.url)}/a"
        for _ in range(2):
            async with checking(tmp_path, other.url, cache=cache, obey=True, **WORLD) as fetching:
                exchange = await fetching.fetch(url, purpose=Purpose.EXTERNAL)
                assert isinstance(exchange.result, Finished)
                assert exchange.result.kind is None
                lines.append((record.decode(exchange.result.record), exchange.feedback.asked))
        assert other.targets == ["/robots.txt", "/a"]
        (first, was_asked), (second, is_asked) = lines
        assert (was_asked, is_asked) == (True, False)
        for line in (first, second):
            assert (line.outcome, line.status, line.content_type, line.bytes) == ("ok", 200, "image/png", 30)
        assert first.message is None
        assert second.message == f"As answered at {second.fetched_at}."
        assert abs(time.time() - json.loads(cache.read_text())["answers"][url][0]) < 60
        assert second.elapsed_ms is None
        assert [path.name for path in cache.parent.iterdir()] == [cache.name]


async def test_only_good_answers_to_external_links_are_kept(tmp_path, cache):
    answers = {"/moved": ok(b"", "Location: /ok\r\n", "301 Moved"), "/ok": ok(), "/asset": ok()}
    async with byte_server(by_target(answers)) as other:
        for _ in range(2):
            async with checking(tmp_path, other.url, cache=cache, **WORLD) as fetching:
                for path in ("/moved", "/missing"):
                    await fetching.ended(f"{by_name(other.url)}{path}", purpose=Purpose.EXTERNAL)
                await fetching.ended(f"{other.url}/asset", purpose=Purpose.ASSET)
                await fetching.page(f"{other.url}/ok")
        assert len(other.heads) == 8
        assert not cache.exists()


@pytest.mark.parametrize(
    "settings",
    [
        {"check": {"cache": 0}},
        {"verify_tls": False},
        {"session": {"headers": ["X-Key: mine"]}},
        {"logins": "me:password"},
    ],
    ids=["no hours", "insecure", "headers", "login"],
)
async def test_the_cache_is_not_used_where_answers_may_be_other_ones(tmp_path, cache, settings):
    async with byte_server(always(ok())) as other:
        if "logins" in settings:
            settings = {"logins": {by_name(other.url): settings["logins"]}}
        for _ in range(2):
            async with checking(tmp_path, by_name(other.url), cache=cache, **WORLD, **settings) as fetching:
                assert (
                    await fetching.ended(f"{by_name(other.url)}/", purpose=Purpose.EXTERNAL)
                ).outcome == "ok"
        assert len(other.heads) == 2
        assert not cache.exists()


async def test_what_is_sent_to_one_origin_does_not_keep_others_from_the_cache(tmp_path, cache):
    async with byte_server(always(ok())) as served, byte_server(always(ok())) as other:
        for _ in range(2):
            async with checking(
                tmp_path, served.url, cache=cache, session={"headers": ["X-Key: mine"]}, **WORLD
            ) as fetching:
                assert (
                    await fetching.ended(f"{by_name(other.url)}/", purpose=Purpose.EXTERNAL)
                ).outcome == "ok"
                await fetching.page(f"{served.url}/")
        assert len(other.heads) == 1
        assert "X-Key" not in other.heads[0]
        assert "X-Key: mine" in served.heads[0]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "any.localhost", "127.0.0.1."])
async def test_answers_of_this_machine_are_not_kept(tmp_path, cache, host):
    async with byte_server(always(ok())) as served, byte_server(always(ok())) as other:
        url = resolve(f"http://{host}:{other.url.rpartition(':')[2]}/")
        assert url is not None
        for _ in range(2):
            async with checking(tmp_path, served.url, cache=cache, look_up=here) as fetching:
                assert (await fetching.ended(url, purpose=Purpose.EXTERNAL)).outcome == "ok"
        assert len(other.heads) == 2
        assert not cache.exists()


class Crawl:
    """One crawl's use of the cache, at a time of its own."""

    def __init__(self, path: Path, now: float, hours: float = 24) -> None:
        self.cache = AnswerCache(path, hours, lambda: now)

    async def learns(self, *urls: str) -> None:
        for url in urls:
            self.cache.keep(url, 200, None, None)
        await self.cache.close()

    async def knows(self, *urls: str) -> list[str]:
        return [url for url in urls if await self.cache.find(url)]


async def test_an_answer_stands_for_its_hours(cache):
    await Crawl(cache, 100 * HOUR).learns("a")
    assert await Crawl(cache, 102 * HOUR - 1, hours=2).knows("a") == ["a"]
    assert await Crawl(cache, 102 * HOUR, hours=2).knows("a") == []
    assert await Crawl(cache, 102 * HOUR, hours=3).knows("a") == ["a"]
    assert await Crawl(cache, 99 * HOUR).knows("a") == []  # the clock was set back


async def test_what_another_crawl_wrote_meanwhile_is_kept(cache):
    first, second = Crawl(cache, 100 * HOUR), Crawl(cache, 101 * HOUR)
    assert await first.knows("b") == await second.knows("a") == []
    await second.learns("b", "both")
    await first.learns("a", "both")
    assert await Crawl(cache, 101 * HOUR).knows("a", "b", "both") == ["a", "b", "both"]
    # The newer answer of the two.
    assert await Crawl(cache, 102 * HOUR, hours=1.5).knows("a", "b", "both") == ["b", "both"]


async def test_the_newest_are_kept(cache, monkeypatch):
    monkeypatch.setattr(answer_cache, "MAX_ANSWERS", 3)
    await Crawl(cache, 100 * HOUR).learns("a", "b")
    await Crawl(cache, 101 * HOUR).learns("c", "d", "e", "f")
    assert await Crawl(cache, 102 * HOUR).knows(*"abcdef") == ["c", "d", "e"]


async def test_many_who_ask_at_once_read_the_file_once(cache, monkeypatch):
    await Crawl(cache, 100 * HOUR).learns("a")
    reads = []
    read = AnswerCache._read
    monkeypatch.setattr(AnswerCache, "_read", lambda self: reads.append(1) or read(self))
    crawl = Crawl(cache, 101 * HOUR)
    assert await asyncio.gather(*(crawl.knows("a") for _ in range(20))) == [["a"]] * 20
    assert len(reads) == 1


def garbage(path: Path) -> None:
    path.write_bytes(b"# My notes\n\xff")


def other_json(path: Path) -> None:
    path.write_text('{"name": "package", "version": "1.0"}')


def later_version(path: Path) -> None:
    path.write_text('{"crawler_answers": 2, "answers": {}}')


def odd_status(path: Path) -> None:
    path.write_text('{"crawler_answers": 1, "answers": {"a": [0, 99999999999999999999]}}')


def nested(path: Path) -> None:
    path.write_text('{"x": ' + "[" * 100_000)


def folder(path: Path) -> None:
    path.mkdir()


def device(path: Path) -> None:
    path.symlink_to("/dev/null")


@pytest.mark.parametrize("made", [garbage, other_json, later_version, odd_status, nested, folder, device])
async def test_a_file_that_is_no_cache_is_let_alone(tmp_path, caplog, made: Callable[[Path], None]):
    path = tmp_path / "file"
    made(path)
    before = path.read_bytes() if made is not folder else b""
    crawl = Crawl(path, 100 * HOUR)
    with caplog.at_level(logging.WARNING, "crawler"):
        assert await crawl.knows("a") == []
        await crawl.learns("a")
    assert len(caplog.records) == 1
    assert f"{path}, is not used: " in caplog.text
    assert path.is_dir() if made is folder else path.read_bytes() == before
    assert not path.is_symlink() or not path.is_file()


async def test_an_empty_file_becomes_the_cache_and_a_link_stays_one(tmp_path):
    (tmp_path / "real").touch()
    link = tmp_path / "link"
    link.symlink_to("real")
    await Crawl(link, 100 * HOUR).learns("a")
    assert link.is_symlink()
    assert await Crawl(tmp_path / "real", 100 * HOUR).knows("a") == ["a"]


async def test_a_folder_that_cannot_be_made_is_a_warning(tmp_path, caplog):
    (tmp_path / "file").touch()
    crawl = Crawl(tmp_path / "file" / "cache.json", 100 * HOUR)
    with caplog.at_level(logging.WARNING, "crawler"):
        assert await crawl.knows("a") == []
        await crawl.learns("a")
    assert len(caplog.records) == 1


async def test_a_file_that_cannot_be_written_is_a_warning(tmp_path, caplog, monkeypatch):
    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(answer_cache, "NamedTemporaryFile", full)
    with caplog.at_level(logging.WARNING, "crawler"):
        await Crawl(tmp_path / "cache.json", 100 * HOUR).learns("a")
    assert [record.message.rpartition(": ")[2] for record in caplog.records] == ["No space left on device"]


async def test_where_nothing_names_the_user_s_folder_it_is_a_warning(caplog, monkeypatch):
    def nowhere() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(Path, "home", nowhere)
    cache = AnswerCache(None, 24)
    with caplog.at_level(logging.WARNING, "crawler"):
        assert await cache.find("a") is None
        cache.keep("a", 200, None, None)
        await cache.close()
    assert len(caplog.records) == 1


@pytest.mark.parametrize(
    ("named", "folder"), [(None, "home/.cache"), ("relative", "home/.cache"), ("/x", "/x")]
)
def test_the_usual_place(tmp_path, monkeypatch, named, folder):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    if named is not None:
        monkeypatch.setenv("XDG_CACHE_HOME", named)
    assert usual_path() == tmp_path / folder / "crawler" / "external.json"
