"""Why a URL is, or is not, in a crawl: asked of real crawls of a small site that has a reason for each."""

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

import pytest
from rich.console import Console

from crawler.cli.app import main
from crawler.frontier.view import open_view
from crawler.model.errors import OutputError, UsageError
from crawler.rules.url_variants import variants
from crawler.view.explain.explaining import SHOWN, explain
from crawler.view.explain.explanation import Explanation, Near
from crawler.view.explain.nearest import nearest
from crawler.view.explain.words import show
from tests import crawls
from tests.stations.fetch_servers import Served, by_target, byte_server, ok

OPTIONS = ("--no-progress", "--retries", 0, "--executor", "inline", "-q")
ROBOTS = b"User-agent: *\nDisallow: /private\n"


def page(*links: str, more: bytes = b"") -> bytes:
    return ok("".join(f"<a href='{link}'>{link}</a> " for link in links).encode() + more)


def to(location: str) -> bytes:
    return ok(b"", f"Location: {location}\r\n", "301 Moved")


SITE = {
    "/robots.txt": ok(ROBOTS),
    "/": page("/a", "/old", "/private", "/skip/x", "/gone", more=b"<a rel=nofollow href=/no>no</a>"),
    "/a": page("/Books/The-Salt-Ledger", "/deep", more=b"<img src=/picture.png>"),
    "/old": to("/new"),
    "/new": page("/a"),
    "/deep": page("/deeper"),
    "/deeper": ok(b"<meta name=robots content=nofollow><a href=/meta>x</a>"),
    "/Books/The-Salt-Ledger": ok(),
}


async def told_of(url: str, out: Path, generation: int | None = None) -> Explanation:
    """In a thread: it reads files, and the servers of these tests have this loop."""
    return await asyncio.to_thread(explain, url, out, generation)


class Crawled(NamedTuple):
    url: str
    out: Path
    served: Served

    async def explained(self, path: str, generation: int | None = None) -> Explanation:
        return await told_of(f"{self.url}{path}", self.out, generation)


@asynccontextmanager
async def crawled(tmp_path: Path, *options: object, site: dict[str, bytes] = SITE) -> AsyncIterator[Crawled]:
    async with byte_server(by_target(site)) as served:
        out = tmp_path / "out"
        done = await asyncio.to_thread(
            crawls.crawl, "run", f"{served.url}/", "-o", out, *OPTIONS, "--exclude", "/skip/", *options
        )
        assert done.returncode == 0, done.stderr
        yield Crawled(served.url, out, served)


def words(told: Explanation) -> str:
    console = Console(width=200)
    with console.capture() as captured:
        show(told, console)
    return captured.get()


async def test_a_page_that_is_in_and_its_way(tmp_path: Path):
    async with crawled(tmp_path) as crawl:
        asked = len(crawl.served.heads)
        told = await crawl.explained("/new#top")
        assert len(crawl.served.heads) == asked  # nothing is asked for
        url = crawl.url
    assert (told.is_in, told.state, told.purpose, told.kept_out) == (True, "ok", "page", None)
    assert [(step.url, step.how) for step in told.way] == [
        (f"{url}/", "seed"),
        (f"{url}/old", "link"),
        (f"{url}/new", "redirect"),
    ]
    assert [(page.url, page.through) for page in told.linked_from] == [(f"{url}/", f"{url}/old")]
    assert told.changes == ["the fragment #top is left out: it is never sent"]
    record = told.record
    assert record is not None
    data = Path(record.file).read_bytes()[record.begin : record.end]
    assert f'"url":"{url}/new"'.encode() in data
    assert f"redirects to {url}/new" in words(told)
    assert f"{url}/, through {url}/old" in words(told)


async def test_how_pages_ended_is_told(tmp_path: Path):
    async with crawled(tmp_path) as crawl:
        private, gone, old = [await crawl.explained(path) for path in ("/private", "/gone", "/old")]
        url = crawl.url
    assert (private.state, private.kind) == ("skipped", "robots")
    assert private.robots is not None
    assert (private.robots.line, private.robots.text) == (2, "Disallow: /private")
    assert "line 2 forbids it to *: Disallow: /private" in words(private)
    assert (gone.state, gone.status) == ("error", 404)
    assert "The server answered 404 (Not Found)." in words(gone)
    assert (old.kind, old.redirects_to) == ("redirected", f"{url}/new")


KEPT_OUT = [
    ("/skip/x", "scope.exclude", "/skip/"),
    ("/no", "nofollow", "by rel"),
    ("/meta", "nofollow", "by meta robots"),
    ("/nowhere", "not linked", "no page that was read links to it"),
    ("/more/more/more/more/more/more/more/more", "scope.max_repeats", "repeated"),
    ("/" + "x" * 300, "scope.max_url_length", "characters"),
]


async def test_what_keeps_a_url_out(tmp_path: Path):
    limits = ("--set", "scope.max_repeats=5", "--set", "scope.max_url_length=200")
    async with crawled(tmp_path, *limits) as crawl:
        for path, rule, said in KEPT_OUT:
            told = await crawl.explained(path)
            assert not told.is_in, path
            assert told.kept_out is not None
            assert told.kept_out.rule == rule
            assert said in told.kept_out.words
            assert rule in words(told)


async def test_a_redirect_that_was_not_followed(tmp_path: Path):
    site = SITE | {"/old": to("/older"), "/older": to("/oldest")}
    async with crawled(tmp_path, "--max-redirects", 1, site=site) as crawl:
        told = await crawl.explained("/oldest")
        url = crawl.url
    assert told.kept_out is not None
    assert told.kept_out.rule == "redirect"
    assert told.kept_out.words.startswith(f"{url}/older redirects to it")


async def test_pages_lead_through_redirects_of_redirects(tmp_path: Path):
    site = SITE | {"/old": to("/older"), "/older": to("/oldest"), "/oldest": ok()}
    async with crawled(tmp_path, site=site) as crawl:
        told = await crawl.explained("/oldest")
        url = crawl.url
    assert [step.how for step in told.way] == ["seed", "link", "redirect", "redirect"]
    assert [(page.url, page.through) for page in told.linked_from] == [(f"{url}/", f"{url}/old")]


async def test_another_origin_is_out(tmp_path: Path):
    async with crawled(tmp_path) as crawl:
        told = await told_of("https://elsewhere.example/", crawl.out)
    assert told.kept_out is not None
    assert told.kept_out.rule == "scope.origins"
    assert told.robots is None


async def test_what_lies_too_deep(tmp_path: Path):
    async with crawled(tmp_path, "--max-depth", 2) as crawl:
        told = await crawl.explained("/deeper")
        near = await crawl.explained("/deep")
    assert near.is_in
    assert (told.is_in, told.depth) == (False, 3)
    assert told.kept_out is not None
    assert (told.kept_out.rule, told.kept_out.advice) == ("scope.max_depth", "--max-depth 3 takes it in")
    assert [step.depth for step in told.way] == [0, 1, 2, 3]


async def test_what_a_limit_has_left(tmp_path: Path):
    async with crawled(tmp_path, "--max-pages", 1, "--concurrency", 1) as crawl:
        pending = await crawl.explained("/a")
        behind = await crawl.explained("/deep")
    assert (pending.is_in, pending.state, pending.record) == (True, "pending", None)
    assert "a limit ended the crawl first" in words(pending)
    assert behind.kept_out is not None
    assert behind.kept_out.rule == "not yet"
    assert "--max-pages" in (behind.kept_out.advice or "")


async def test_a_picture_is_no_page(tmp_path: Path):
    async with byte_server(by_target(SITE)) as served:
        out = tmp_path / "out"
        await asyncio.to_thread(crawls.crawl, "check", f"{served.url}/", "-o", out, "--no-progress", "-q")
        told = await told_of(f"{served.url}/picture.png", out)
    assert not told.is_in
    assert told.kept_out is not None
    assert (told.kept_out.rule, told.purpose) == ("purpose", "asset")
    assert told.records_problem is not None  # a check keeps facts


async def test_the_nearest_ones_are_named(tmp_path: Path):
    async with crawled(tmp_path) as crawl:
        spelt = [
            await crawl.explained(path)
            for path in ("/Books/The-Salt-Leger", "/books/the-salt-ledger", "/a/?x=1")
        ]
        secure = await told_of(f"{crawl.url.replace('http:', 'https:')}/a", crawl.out)
        url = crawl.url
    assert [(near.url, near.difference) for near in spelt[0].near] == [
        (f"{url}/Books/The-Salt-Ledger", "spelt alike")
    ]
    assert [(near.url, near.difference) for near in spelt[1].near] == [
        (f"{url}/Books/The-Salt-Ledger", "with other capitals")
    ]
    assert [(near.url, near.difference) for near in spelt[2].near] == [
        (f"{url}/a", "without the slash at its end, without its query")
    ]
    assert [(near.url, near.difference) for near in secure.near] == [(f"{url}/a", "by http")]


async def test_generations_are_told_apart(tmp_path: Path):
    site = dict(SITE)
    async with crawled(tmp_path, site=site) as crawl:
        site["/"] = page("/fresh")
        site["/fresh"] = ok()
        again = ("run", f"{crawl.url}/", "-o", crawl.out, *OPTIONS, "--exclude", "/skip/", "--again")
        done = await asyncio.to_thread(crawls.crawl, *again)
        assert done.returncode == 0, done.stderr
        first, last = await crawl.explained("/fresh", 1), await crawl.explained("/fresh")
    assert (first.is_in, last.is_in, last.generation) == (False, True, 2)
    assert last.record is not None
    assert Path(last.record.file).name == "records@2.jsonl"
    assert "generation 2 of" in words(last)


async def test_without_records_the_first_that_named_it_is_known(tmp_path: Path):
    async with crawled(tmp_path) as crawl:
        (crawl.out / "records.jsonl").unlink()
        told, out = await crawl.explained("/new"), await crawl.explained("/nowhere")
    assert [step.how for step in told.way] == ["seed", "link", "redirect"]
    assert told.record is None
    assert told.records_problem is not None
    assert out.kept_out is not None
    assert out.kept_out.rule == "unknown"
    assert "cannot be told" in words(out)


async def test_a_crawl_that_runs_and_one_that_was_killed(tmp_path: Path):
    asked = asyncio.Event()

    async def answer(served: Served, head: str, writer: asyncio.StreamWriter) -> None:
        if " /slow " in head:
            asked.set()
            await asyncio.sleep(60)
        await by_target({"/": page("/done", "/slow"), "/done": ok()})(served, head, writer)

    async with byte_server(answer) as served:
        out = tmp_path / "out"
        run = crawls.command("run", f"{served.url}/", "-o", out, *OPTIONS)
        process = await asyncio.create_subprocess_exec(*run, start_new_session=True)
        try:
            await asyncio.wait_for(asked.wait(), 30)
            await asyncio.to_thread(crawls.wait_for_records, out)
            async with asyncio.timeout(20):  # a record is in its file before its links are committed
                while not (live := await told_of(f"{served.url}/slow", out)).is_in:
                    await asyncio.sleep(0.05)
            missing = await told_of(f"{served.url}/nowhere", out)
        finally:
            await asyncio.to_thread(crawls.kill_group, process.pid)
            await process.wait()
            await asyncio.to_thread(crawls.wait_for_empty_group, process.pid, 5)
            await asyncio.to_thread(crawls.remove_leftovers, out)
        dead = await told_of(f"{served.url}/slow", out)
    assert (live.crawl_state, live.is_in, live.state) == ("running", True, "pending")
    assert "crawler status tells which" in words(live)
    assert missing.kept_out is not None
    assert missing.kept_out.rule == "not yet"
    assert (dead.crawl_state, dead.is_in, dead.state) == ("dead", True, "pending")
    assert "crawler resume" in words(dead)


async def test_many_links_are_cut(tmp_path: Path):
    site = {"/": page(*[f"/p{number}" for number in range(SHOWN + 5)])}
    site |= {f"/p{number}": page("/") for number in range(SHOWN + 5)}
    async with crawled(tmp_path, site=site) as crawl:
        told = await crawl.explained("/")
    assert (len(told.linked_from), told.linked_from_more) == (SHOWN, True)
    assert "and many more: --json" in words(told)


async def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    async with crawled(tmp_path) as crawl:
        capsys.readouterr()
        assert (
            await asyncio.to_thread(main, ["explain", f"{crawl.url}/a", "--in", str(crawl.out), "--json"])
            == 0
        )
        assert json.loads(capsys.readouterr().out)["is_in"] is True
        assert (
            await asyncio.to_thread(main, ["explain", f"{crawl.url}/nowhere", "--in", f"{crawl.out}@1"]) == 0
        )
        assert "not in the crawl" in capsys.readouterr().out
        assert await asyncio.to_thread(main, ["explain", "nowhere", "--in", str(crawl.out)]) == 2
        assert (
            await asyncio.to_thread(main, ["explain", f"{crawl.url}/", "--in", str(tmp_path / "none")]) == 2
        )
        assert "Traceback" not in capsys.readouterr().err
        with pytest.raises(UsageError, match="is not an absolute"):
            await told_of("mailto:x", crawl.out)
        with pytest.raises(OutputError, match="has no generation 3"):
            await told_of(f"{crawl.url}/", crawl.out, 3)


async def test_among_many_urls_the_nearest_are_found_at_once(tmp_path: Path):
    async with crawled(tmp_path) as crawl:
        url, out = crawl.url, crawl.out
    found = await asyncio.to_thread(nearest_of_many, url, out)
    assert found[0].url == f"{url}/item/012345"


def nearest_of_many(url: str, out: Path) -> list[Near]:
    with sqlite3.connect(out / "crawl.db") as db:
        (lane,) = db.execute("SELECT id FROM lanes").fetchone()
        rows = ((f"{url}/item/{n:06}", lane) for n in range(50_000))
        db.executemany("INSERT INTO urls (url, lane, depth) VALUES (?, ?, 1)", rows)
    db.close()
    with open_view(out) as view:
        return nearest(f"{url}/itm/012345", view)


def test_variants_of_a_url():
    assert variants("http://x.example/") == {
        "https://x.example/": "by https",
        "http://www.x.example/": "with www.",
        "https://www.x.example/": "by https, with www.",
        "http://x.example/index.html": "with the name of the folder's index",
        "https://x.example/index.html": "by https, with the name of the folder's index",
        "http://www.x.example/index.html": "with www., with the name of the folder's index",
        "https://www.x.example/index.html": "by https, with www., with the name of the folder's index",
    }
    assert variants("https://www.x.example/A/index.php?q")["http://x.example/a/index.php"] == (
        "by http, without www., in lower case, without its query"
    )
    assert variants("http://x.example/%7Ea")["http://x.example/~a"] == "in the normal form of RFC 3986"
