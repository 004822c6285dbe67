"""What is broken is listed at the end, with the pages that link to it; all of it by ``status --errors``."""

import asyncio
import json
import os
import signal
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from crawler import Config, Crawler
from tests import crawls
from tests.stations.fetch_servers import Served, by_target, byte_server, ok

OPTIONS = ("--no-progress", "--retries", 0, "--executor", "inline")
MISSING = "The server answered 404 (Not Found)."


def page(*links: str) -> bytes:
    return ok("".join(f"<a href='{link}'>{link}</a> " for link in links).encode())


def to(location: str) -> bytes:
    return ok(b"", f"Location: {location}\r\n", "301 Moved")


SITE = {
    "/": page("/a", "/b", "/c", "/gone", "/trouble"),
    "/a": page("/gone", "/old"),
    "/b": page("/older#there"),
    "/c": ok(b"<a rel=nofollow href=/gone>x</a><a href='//user:pw@HOST/trouble'>y</a>"),
    "/old": to("/gone"),
    "/older": to("/old"),
    "/trouble": ok(b"", status="500 Internal Server Error"),
    "/gone/too": page("/gone"),
}
WANTED = {
    "/gone": (404, {("/", None), ("/a", None), ("/b", "/older"), ("/c", None)}),
    "/trouble": (500, {("/", None), ("/c", None)}),
}


@asynccontextmanager
async def site() -> AsyncIterator[Served]:
    answers = dict(SITE)
    async with byte_server(lambda *how: by_target(answers)(*how)) as served:
        answers["/c"] = ok(SITE["/c"].partition(b"\r\n\r\n")[2].replace(b"HOST", served.url[7:].encode()))
        yield served


def errors_of(out: Path, base: str) -> dict[str, tuple[int, set[tuple[str, str | None]]]]:
    done = crawls.crawl("status", out, "--errors", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    report: dict[str, Any] = json.loads(done.stdout)
    found = {}
    for error in report["errors"]:
        pages = [
            (one["url"][len(base) :], one["through"] and one["through"][len(base) :])
            for one in error["linked_from"]
        ]
        assert len(pages) == len(set(pages))
        found[error["url"][len(base) :]] = (error["status"], set(pages))
    assert report["counts"]["error"] == len(found)
    return found


@pytest.mark.parametrize("sinks", [["jsonl"], ["sqlite"], ["sqlite", "jsonl"]])
async def test_every_page_that_leads_to_a_failed_url_is_named(tmp_path, sinks):
    named = [part for sink in sinks for part in ("--sink", sink)]
    async with site() as served:
        done = await asyncio.to_thread(
            crawls.crawl, "run", f"{served.url}/", "-o", tmp_path, *OPTIONS, *named
        )
        assert done.returncode == 0, done.stderr
        assert errors_of(tmp_path, served.url) == WANTED
    lines = crawls.crawl("status", tmp_path, "--errors").stdout.replace(served.url, "").splitlines()
    assert "  /gone: 404 (Not Found)" in lines
    assert "    linked from /b, through /older" in lines
    assert "  /trouble: 500 (Internal Server Error)" in lines


async def test_the_summary_names_the_first_of_them_and_the_way_to_all(tmp_path):
    async with site() as served:
        done = await asyncio.to_thread(crawls.crawl, "run", f"{served.url}/", "-o", tmp_path, *OPTIONS)
    printed = done.stdout.replace(served.url, "")
    assert f"crawler status {tmp_path} --errors" in printed
    gone, trouble = crawls.summary(tmp_path)["errors"]
    assert (gone["url"], gone["kind"], gone["status"]) == (f"{served.url}/gone", "http_status", 404)
    assert gone["message"] == MISSING
    assert [one["url"] for one in gone["linked_from"]] == [
        record.url for record in crawls.records(tmp_path) if record.outcome == "ok"
    ][:3]
    for error in (gone, trouble):
        assert f"    {error['url'][len(served.url) :]}: " in printed
        for one in error["linked_from"]:
            assert f"      linked from {one['url'][len(served.url) :]}" in printed


async def test_ten_are_named_of_each_kind_in_turn(tmp_path):
    links = [*(f"/missing/{n}" for n in range(20)), "/busy", "http://127.0.0.1:1/", "/circle"]
    answers = {"/": page(*links), "/busy": ok(b"", status="503 Busy"), "/circle": to("/circle")}
    async with byte_server(by_target(answers)) as served:
        more = ("--set", "scope.origins=http://127.0.0.1:1")
        await asyncio.to_thread(crawls.crawl, "run", f"{served.url}/", "-o", tmp_path, *OPTIONS, *more)
    errors = crawls.summary(tmp_path)["errors"]
    assert len(errors) == 10
    rare = {(error["kind"], error["status"]) for error in errors}
    assert rare == {("http_status", 404), ("http_status", 503), ("connect", None), ("redirect_loop", 301)}
    (refused,) = [error["message"] for error in errors if error["kind"] == "connect"]
    assert "Connection refused" in refused


async def test_without_records_the_page_that_first_named_it_is_known(tmp_path):
    async with site() as served:
        settings = {"write": {"sinks": []}, "fetch": {"retries": 0}, "parse": {"executor": "inline"}}
        async with Crawler(Config(seeds=[f"{served.url}/"], out=tmp_path, **settings)) as crawl:
            assert len([record async for record in crawl]) == 8
    assert crawl.report is not None
    first = {error["url"]: error["linked_from"] for error in crawl.report.summary["errors"]}
    assert first[f"{served.url}/gone"] == [{"url": f"{served.url}/", "through": None}]
    done = crawls.crawl("status", tmp_path, "--errors")
    assert f"linked from {served.url}/\n" in done.stdout
    assert "Only the page that first named each is known" in done.stdout
    assert json.loads(crawls.crawl("status", tmp_path, "--errors", "--json").stdout)["all_pages"] is False


async def test_a_failed_seed_and_what_it_redirects_to_are_linked_from_no_page(tmp_path):
    async with byte_server(by_target({"/": ok(), "/x": to("/y")})) as served:
        seeds = [f"{served.url}{path}" for path in ("/", "/x", "/z")]
        await asyncio.to_thread(crawls.crawl, "run", *seeds, "-o", tmp_path, *OPTIONS)
        assert errors_of(tmp_path, served.url) == {"/y": (404, set()), "/z": (404, set())}


@pytest.mark.parametrize("sink", ["jsonl", "sqlite"])
async def test_a_crawl_that_is_running_or_was_killed_is_told_as_far_as_it_is_committed(tmp_path, sink):
    """The last line of the records may be half written."""
    ready = asyncio.Event()
    answers = by_target(SITE)

    async def answer(served: Served, head: str, writer: asyncio.StreamWriter) -> None:
        if head.startswith("GET /b "):
            await ready.wait()
        await answers(served, head, writer)

    async with byte_server(answer) as served:
        running = await asyncio.create_subprocess_exec(
            *crawls.command("run", f"{served.url}/", "-o", tmp_path, *OPTIONS, "--sink", sink),
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,
        )
        wanted = {"/gone": (404, {("/", None), ("/a", None), ("/c", None)}), "/trouble": (500, {("/", None)})}
        async with asyncio.timeout(20):
            while await asyncio.to_thread(told, tmp_path, served.url) != wanted:
                await asyncio.sleep(0.05)
        os.killpg(running.pid, signal.SIGKILL)
        await running.wait()
        spoil(tmp_path, served.url)
        assert await asyncio.to_thread(told, tmp_path, served.url) == wanted
    crawls.wait_for_empty_group(running.pid, 5)
    await asyncio.to_thread(crawls.remove_leftovers, tmp_path)


def told(out: Path, base: str) -> object:
    """What is told of the crawl; None before there is one."""
    try:
        return errors_of(out, base)
    except AssertionError:
        return None


def spoil(out: Path, base: str) -> None:
    """What was being written as everything was killed."""
    if (out / "records.jsonl").exists():
        with (out / "records.jsonl").open("a") as file:
            file.write(f'{{"url":"{base}/half","links":["{base}/gone"]}}\n{{"url":"{base}/torn","lin')
    else:
        with sqlite3.connect(out / "records.db") as db:
            row = (1_000, f"{base}/half", json.dumps([f"{base}/gone"]))
            db.execute("INSERT INTO records (id, url, links) VALUES (?, ?, ?)", row)
        db.close()


async def test_records_that_somebody_damaged_are_named(tmp_path):
    async with site() as served:
        await asyncio.to_thread(crawls.crawl, "run", f"{served.url}/", "-o", tmp_path, *OPTIONS)
    path = tmp_path / "records.jsonl"
    path.write_bytes(b"{{{" + path.read_bytes()[3:])
    for options in ((), ("--json",)):
        done = crawls.crawl("status", tmp_path, "--errors", *options)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith(f"crawler: {path} cannot be read: a record is damaged, ")
    path.unlink()
    assert (
        "Only the page that first named each is known" in crawls.crawl("status", tmp_path, "--errors").stdout
    )
