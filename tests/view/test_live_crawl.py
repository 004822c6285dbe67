"""The live page of crawls that run: what it shows is so, and what it is told to do is done."""

import re
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tests.crawls import start, summary
from tests.view.slow_site import SlowSite

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

OUTCOMES = ("ok", "truncated", "error", "skipped", "pending")


@contextmanager
def watched(
    browser: "Browser", out: Path, url: str, *arguments: object
) -> Iterator[tuple["Page", subprocess.Popen[str]]]:
    """A crawl, and its page in the browser; the crawl must have ended when the block does."""
    crawl = start("run", url, "-o", out, "--dashboard", 0, "--no-progress", *arguments)
    try:
        assert crawl.stdout is not None
        told = ""
        while (found := re.search(r"live page: (\S+)", told)) is None:
            line = crawl.stdout.readline()
            assert line, told
            told += line
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        shown = context.new_page()
        shown.set_default_timeout(20_000)
        faults: list[str] = []
        shown.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
        shown.on("pageerror", lambda error: faults.append(str(error)))
        shown.goto(found[1])
        shown.wait_for_selector("main:not([hidden])")
        yield shown, crawl
        context.close()
        assert faults == []
    finally:
        crawl.kill()
        crawl.communicate()


def until(true: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def until_state(shown: "Page", *states: str) -> None:
    shown.wait_for_function(
        "states => states.includes(document.querySelector('#state').textContent)", arg=list(states)
    )


def until_last_picture(shown: "Page") -> None:
    shown.wait_for_function("() => document.querySelector('#notice').textContent.includes('last picture')")
    shown.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")


def counts(shown: "Page") -> dict[str, int]:
    rows = shown.eval_on_selector_all(
        "#counts tr", "rows => rows.slice(1).map(row => [row.cells[0].textContent, row.cells[1].textContent])"
    )
    return {name: int(count.replace(",", "")) for name, count in rows}


def test_what_is_shown_at_the_end_is_the_summary(browser, tmp_path):
    with (
        SlowSite(120, 0.05) as site,
        watched(browser, tmp_path / "out", site.url, "--concurrency", 4) as (shown, crawl),
    ):
        until_state(shown, "running")
        shown.wait_for_function("() => document.querySelectorAll('#records li').length > 3")
        lanes = shown.locator("#workers th[scope=row]").all_text_contents()
        assert {"fetch-0", "fetch-3", "parser-0", "commit"} <= set(lanes)
        assert shown.text_content("#hosts tbody th") == site.url.removesuffix("/0")
        until_state(shown, "finished")
        assert crawl.wait(20) == 0
        until_last_picture(shown)
        told = summary(tmp_path / "out")
        assert counts(shown) == {name: told[name] for name in (*OUTCOMES, "discovered")}
        assert sum(told[name] for name in OUTCOMES) == told["discovered"] > 100
        assert "Page 1 & <b>" not in shown.inner_html("#records"), "it is escaped there"
        assert shown.locator("#records b").count() == 0


def test_pause_resume_concurrency_and_stop_do_what_they_say(browser, tmp_path):
    with (
        SlowSite(100_000, 0.03) as site,
        watched(browser, tmp_path / "out", site.url, "--concurrency", 6) as (shown, crawl),
    ):
        until(lambda: site.most_at_once > 3)
        shown.click("#pause")
        until_state(shown, "paused")
        asked = -1
        while site.requests != asked:  # what was leased is still asked for
            asked = site.requests
            shown.wait_for_timeout(400)
        shown.wait_for_timeout(1_000)
        assert site.requests == asked, "it asks for nothing"
        assert shown.locator(".dashes.flowing").count() <= 6
        shown.click("#pause")
        until_state(shown, "running")
        until(lambda: site.requests > asked + 20)

        shown.fill("#concurrency-number", "1")
        shown.keyboard.press("Tab")
        shown.wait_for_function("() => document.querySelector('#concurrency').value === '1'")
        until(lambda: site.at_once <= 1)  # those that were in flight are finished
        shown.wait_for_timeout(500)
        site.most_at_once = 0
        asked = site.requests
        until(lambda: site.requests > asked + 10)
        assert site.most_at_once == 1

        shown.click("#stop")
        shown.click("#stop-now")
        until_state(shown, "stopped")
        assert crawl.wait(20) == 130
        until_last_picture(shown)
        told = summary(tmp_path / "out")
        assert told["pending"] > 0
        assert counts(shown) == {name: told[name] for name in (*OUTCOMES, "discovered")}


def test_a_finished_crawl_is_opened_with_a_slider(browser, tmp_path):
    with SlowSite(60, 0.05) as site:
        crawl = start("run", site.url, "-o", tmp_path / "out", "--concurrency", 2, "--no-progress")
        crawl.communicate(timeout=40)
    viewer = start("status", tmp_path / "out", "--open", 0, "--no-browser")
    try:
        assert viewer.stdout is not None
        told = ""
        while (found := re.search(r"http://\S+", told)) is None:
            line = viewer.stdout.readline()
            assert line, told
            told += line
        context = browser.new_context()
        shown = context.new_page()
        shown.goto(found[0])
        until_state(shown, "finished")
        shown.focus("#moment")
        end = counts(shown)
        shown.keyboard.press("Home")
        begin = counts(shown)
        context.close()
        ended = summary(tmp_path / "out")
        assert end == {name: ended[name] for name in (*OUTCOMES, "discovered")}
        assert begin["ok"] < end["ok"]
    finally:
        viewer.kill()
        viewer.communicate()
