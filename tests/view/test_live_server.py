"""The live page's server beside a real crawl: what it says is true, its verbs work, and no viewer matters."""

import asyncio
import json
import logging
import socket
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession

from crawler import Crawler
from crawler.frontier.view import open_view
from crawler.model.errors import UsageError
from crawler.plumbing.starter_thread import off_loop
from crawler.view.live import events as live_events
from crawler.view.live import live_thread
from crawler.view.live.events import changes
from crawler.view.live.shown import Shown
from crawler.watch.history import read_history
from crawler.watch.picture import Picture, as_dict, decode
from crawler.watch.status import make_report
from crawler.watch.watching import look
from tests.view.feeder import PAGE
from tests.view.watched import (
    WITHIN,
    merged,
    page_of,
    seen_by,
    served,
    settings,
    watched,
)

COUNTS = ("ok", "truncated", "error", "skipped", "pending")


async def drained(crawl: Crawler) -> int:
    return len([record async for record in crawl])


def agrees(shown: Picture, summary: dict[str, Any]) -> None:
    """Each figure that both have is the same in both."""
    assert {end: shown.counts[end] for end in COUNTS} == {end: summary[end] for end in COUNTS}
    assert dict(shown.kinds) == summary["kinds"]
    of_both = {
        "elapsed": "seconds",
        "longest_stall": "longest_stall_ms",
        "hosts_known": "hosts_total",
        **{key: key for key in as_dict(shown).keys() & summary.keys()},
    }
    found = as_dict(shown) | {"longest_stall": round(shown.longest_stall * 1_000, 1)}
    found["seeds"] = list(shown.seeds)
    wanted = summary | {"targets": sum(ends["discovered"] for ends in summary["targets"].values())}
    apart = {"hosts", "errors", "kinds"}  # of these each has another part
    for key, its_name in of_both.items():
        if key not in apart:
            assert found[key] == wanted[its_name], key


def left_in(out: Path) -> tuple[Picture, Picture | None, dict[str, Any]]:
    """The last picture of its history, that of ``status --watch``, and what ``status --json`` says."""
    with open_view(out) as view:
        now = time.time()
        return read_history(out / "history.jsonl")[-1], look(view, now).picture, make_report(view, now)


async def test_in_the_end_the_picture_says_what_the_summary_says(tmp_path):
    async with served() as site, page_of() as (page, session):
        async with Crawler(settings(site, tmp_path), beside=page.beside) as crawl:
            assert await drained(crawl) == 66
        async with session.get("/picture") as answer:
            found = decode(await answer.read())
        summary = json.loads((tmp_path / "summary.json").read_text())
        agrees(found, summary)
        assert (found.state, found.elapsed > 0) == ("finished", True)
        kept, seen, told = await off_loop(lambda: left_in(tmp_path))
        agrees(kept, summary)
        assert seen is not None
        agrees(seen, summary)
        assert told["counts"] == {end: summary[end] for end in COUNTS}
        of_status = ("discovered", "generation", "targets", "peak_memory_bytes", "state")
        assert {key: told[key] for key in of_status} == {key: summary[key] for key in of_status}
        assert (told["standing"], told["alive"]) == (None, False)
        assert (found.counts["ok"], found.counts["error"]) == (60, 6)
        assert {recent.status for recent in found.errors} == {404}
        assert len(found.records) == 30
        assert found.records[0].title is not None or found.records[0].outcome == "error"
        assert found.hosts[0].origin == site.url.removesuffix("/0")


async def test_the_page_and_its_parts_are_served(tmp_path):
    async with page_of() as (_, session):
        modules = {f"/{file.name}": "text/javascript" for file in PAGE.glob("*.js")}
        assert "/live.js" in modules
        for path, kind in {"/": "text/html", "/live.css": "text/css", **modules}.items():
            async with session.get(path) as answer:
                assert (answer.status, answer.content_type) == (200, kind)
                assert "{{mode}}" not in await answer.text()
        async with session.get("/picture") as answer:
            assert (answer.status, (await answer.json())["ok"]) == (503, False)
        async with session.post("/do/stop", headers={"Origin": str(session._base_url).rstrip("/")}) as answer:
            assert answer.status == 409


async def test_no_request_is_made_during_a_pause_and_nobody_is_called_stuck(tmp_path, caplog):
    async with served(delay=0.01) as site:
        config = settings(site, tmp_path, fetch={"concurrency": 4}, watchdog={"stall": 0.1})
        async with watched(config) as live:
            while site.asked < 5:
                await asyncio.sleep(0.005)
            assert await live.post("pause") == (200, {"ok": True})
            found = await live.until(state="paused", in_flight=0)
            asked = site.asked
            assert found["counts"]["pending"] > 0
            await asyncio.sleep(0.5)
            assert site.asked == asked
            assert await live.post("resume") == (200, {"ok": True})
            assert await drained(live.crawl) == 66
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


async def test_fewer_requests_at_once_are_fewer_at_once(tmp_path):
    async with served(pages=400, delay=0.02) as site:
        config = settings(site, tmp_path, fetch={"concurrency": 8})
        async with watched(config) as live:
            while site.peak < 8:
                await asyncio.sleep(0.005)
            await live.post("pause")  # whoever waits meanwhile was promised eight places
            await live.until(state="paused", in_flight=0)
            assert await live.post("concurrency?n=2") == (200, {"ok": True})
            site.peak, asked = 0, site.asked
            await live.post("resume")
            await live.until(concurrency=2)
            while site.asked < asked + 20:
                await asyncio.sleep(0.005)
            assert site.peak == 2
            await live.post("concurrency?n=8")
            while site.peak < 8:
                await asyncio.sleep(0.005)
            for wrong in ("0", "9", "-1", "1e1", "two", "", "99999999"):
                status, told = await live.post(f"concurrency?n={wrong}")
                assert (status, "1 to 8" in told["error"]) == (400, True)
            assert (await live.post("evaluate"))[0] == 404


async def test_stopped_from_the_page_it_saves_and_a_further_run_counts_on(tmp_path):
    async with served(pages=300, delay=0.01) as site:
        config = settings(site, tmp_path, fetch={"concurrency": 4})
        async with page_of() as (page, session):
            async with Crawler(config, beside=page.beside) as crawl:
                while site.asked < 20:
                    await asyncio.sleep(0.005)
                async with session.post("/do/stop", headers={"Origin": page.address.rstrip("/")}) as answer:
                    assert answer.status == 200
                first = await drained(crawl)
            assert crawl.report is not None
            assert crawl.report.state == "stopped"
            async with session.get("/picture") as answer:
                told = await answer.json()
            assert (told["state"], told["message"]) == ("stopped", crawl.report.message)
            assert sum(told["counts"].values()) - told["counts"]["pending"] == first
        site.delay = 0.0
        async with page_of() as (page, session):
            async with Crawler(config, beside=page.beside) as crawl:
                async with session.get("/picture") as answer:
                    begun = await answer.json()
                assert sum(begun["counts"].values()) - begun["counts"]["pending"] >= first
                await drained(crawl)
            async with session.get("/picture") as answer:
                found = await answer.json()
            assert crawl.report is not None
            assert found["counts"] == {end: crawl.report.summary[end] for end in COUNTS}
            assert found["discovered"] == crawl.report.summary["discovered"]


async def test_two_viewers_see_the_same_end(tmp_path):
    async with served(pages=300, delay=0.01) as site, ClientSession(read_bufsize=2**22) as session:
        async with page_of() as (page, _), Crawler(settings(site, tmp_path), beside=page.beside) as crawl:
            looking = [asyncio.create_task(seen_by(session, page.address)) for _ in range(2)]
            await drained(crawl)
        async with asyncio.timeout(WITHIN):
            seen = await asyncio.gather(*looking)
    for viewer in seen:
        names = [name for name, _ in viewer]
        assert names[0] == "snapshot"
        assert set(names[1:-2]) <= {"change"}
        assert names[-2:] == ["snapshot", "end"]
        picture = viewer[0][1]
        for _, patch in viewer[1:-2]:
            picture = merged(picture, patch)
        assert picture.keys() >= viewer[0][1].keys() - {"message"}
        assert (viewer[-2][1]["state"], viewer[-2][1]["counts"]["ok"]) == ("finished", 300)


def test_a_change_leads_from_one_picture_to_the_next():
    before = {"at": 1, "counts": {"ok": 1, "error": 2}, "kinds": {"dns": 1}, "steps": [1, 2], "out": "x"}
    now = {"at": 2, "counts": {"ok": 5, "error": 2}, "kinds": {"tls": 3}, "steps": [2], "out": "x"}
    patch = changes(before, now)
    assert patch == {"at": 2, "counts": {"ok": 5}, "kinds": {"dns": None, "tls": 3}, "steps": [2]}
    assert merged(before, patch) == now
    assert changes(now, now) == {}


async def test_a_viewer_that_takes_nothing_is_let_go_and_slows_nobody(tmp_path, monkeypatch):
    monkeypatch.setattr(live_events, "INTERVAL", 0.001)
    monkeypatch.setattr(live_events, "PATIENCE", 0.3)
    monkeypatch.setattr(live_events, "changes", lambda _, now: now)  # as much as there can be
    async with served(pages=300, delay=0.04) as site:
        config = settings(site, tmp_path, fetch={"concurrency": 8})
        async with watched(config) as live:
            host, port = live.page.address.split("/")[2].split(":")
            with socket.socket() as viewer:
                viewer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                viewer.connect((host, int(port)))
                viewer.sendall(f"GET /events HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
                assert await drained(live.crawl) == 330
                viewer.setblocking(False)
                kept = b""
                with suppress(ConnectionResetError):
                    async with asyncio.timeout(WITHIN):
                        while more := await asyncio.get_running_loop().sock_recv(viewer, 65_536):
                            kept += more
    assert b"event: snapshot" in kept
    assert b"event: end" not in kept, "it was waited for"
    assert len(kept) < 1_000_000


async def test_a_viewer_that_has_gone_is_forgotten_and_there_are_not_too_many(tmp_path, monkeypatch):
    monkeypatch.setattr(live_events, "MAX_VIEWERS", 1)
    monkeypatch.setattr(live_events, "INTERVAL", 0.01)
    async with served(pages=300, delay=0.01) as site, watched(settings(site, tmp_path)) as live:
        async with live.session.get("/events") as first:
            await first.content.readline()
            async with live.session.get("/events") as second:
                assert second.status == 503
                assert "viewers" in (await second.json())["error"]
        async with asyncio.timeout(WITHIN):
            while not await may_look(live.session):
                await asyncio.sleep(0.01)
        await drained(live.crawl)


async def may_look(session: ClientSession) -> bool:
    async with session.get("/events") as answer:
        return answer.status == 200


async def test_no_picture_is_taken_where_nobody_looks(tmp_path, monkeypatch):
    taken = []
    picture = Shown.picture
    monkeypatch.setattr(Shown, "picture", lambda shown: taken.append(1) or picture(shown))
    async with served() as site, watched(settings(site, tmp_path)) as live:
        await drained(live.crawl)
        assert taken == []
        await live.picture()
        assert taken == [1]


async def test_a_page_that_cannot_be_shown_leaves_the_crawl_alone(tmp_path, monkeypatch, caplog):
    async def fail(*_):
        raise RuntimeError("no page")

    monkeypatch.setattr(live_thread.LivePage, "_serve", fail)
    async with served() as site, watched(settings(site, tmp_path)) as live:
        assert await drained(live.crawl) == 66
    assert "the live page failed" in caplog.text


def test_a_port_that_is_taken_is_named():
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(UsageError, match=rf"port {port} of 127\.0\.0\.1 is in use.*--dashboard"):
            live_thread.LivePage(live_thread.DashboardConfig(port=port))


def test_an_address_that_is_not_of_this_machine_is_named():
    with pytest.raises(UsageError, match=r"192\.0\.2\.1 \(dashboard\.host\)"):
        live_thread.LivePage(live_thread.DashboardConfig(port=0, host="192.0.2.1"))
