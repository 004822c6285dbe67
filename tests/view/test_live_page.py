"""The live page in a browser, fed by the test: what it shows, says and sends."""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from axe_playwright_python.sync_playwright import Axe

from crawler.model.outcomes import WAITS_ON_PURPOSE, Activity
from crawler.watch.picture import Picture
from tests.view.feeder import PAGE, Feeder
from tests.view.pictures import BAD_TITLE, START, page, picture

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

HUGE = {"known": 1_000_000, "hosts_known": 10_000, "fetchers": 253}
MANY = 700
"""Pictures: more than a chart has points."""
CONTROLS = ["pause", "stop", "concurrency", "concurrency-number", "hold"]


@pytest.fixture
def feeder() -> Iterator[Feeder]:
    with Feeder() as served:
        served.snapshot(picture(1))
        yield served


@contextmanager
def opened(browser: "Browser", url: str, *, problems: str | None = None, **context: Any) -> Iterator["Page"]:
    """The page. On its console are no errors, or, where it is to have ``problems``, those alone."""
    context.setdefault("viewport", {"width": 1280, "height": 900})
    within = browser.new_context(**context)
    shown = within.new_page()
    shown.set_default_timeout(15_000)
    said: list[str] = []
    shown.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    shown.on("pageerror", lambda error: said.append(str(error)))
    shown.goto(url)
    shown.wait_for_selector("main:not([hidden])")
    yield shown
    within.close()
    assert [text for text in said if problems is None or problems not in text] == []
    assert bool(said) == bool(problems)


def until(shown: "Page", selector: str, text: str) -> None:
    """Wait until it says so."""
    shown.wait_for_function(
        "([selector, text]) => document.querySelector(selector).textContent.includes(text)",
        arg=[selector, text],
    )


def until_done(shown: "Page", count: int) -> None:
    until(shown, "#done", f"{count:,}")


def table(shown: "Page", name: str) -> list[list[str]]:
    return shown.eval_on_selector_all(
        f"#{name} tbody tr", "rows => rows.map(row => Array.from(row.cells, cell => cell.textContent))"
    )


def faults(shown: "Page") -> list[str]:
    """What axe finds that is serious or critical."""
    found = Axe().run(shown).response["violations"]
    return [
        f"{fault['id']}: {node['target']}"
        for fault in found
        if fault["impact"] in ("serious", "critical")
        for node in fault["nodes"]
    ]


def offsets(shown: "Page") -> list[str]:
    return shown.eval_on_selector_all(
        ".dashes", "all => all.map(one => one.getAttribute('stroke-dashoffset'))"
    )


def test_a_change_is_shown_as_the_whole_picture_would_be(browser, feeder):
    kinds = {"http_status": 7, "timeout": 9}
    with opened(browser, feeder.url) as shown:
        assert [kind for kind, _ in table(shown, "kinds")] == ["redirected", "http_status", "robots"]
        feeder.change(picture(3, kinds=kinds, message="Something is said."))
        until_done(shown, 1_200)
        assert table(shown, "kinds") == [["timeout", "9"], ["http_status", "7"]]
        assert table(shown, "counts") == [
            ["ok", "1,020"], ["truncated", "0"], ["error", "60"], ["skipped", "120"], ["pending", "18,800"]
        ]  # fmt: skip
        assert shown.text_content("#counts tfoot td") == "20,000"
        assert table(shown, "statuses") == [["200", "1,020"], ["301", "120"], ["404", "48"], ["503", "12"]]
        assert table(shown, "stations")[0] == ["fetch", "57", "64", "4.0 s"]
        assert table(shown, "queues")[0] == ["page (fetched, to parse)", "30", "27.0 MiB", "84 %"]
        assert dict(table(shown, "flows")) == {
            "requests": "430", "bytes read": "15.6 MiB", "new URLs": "0.0", "URLs done": "400"
        }  # fmt: skip
        assert shown.text_content("#oldest-what") == "fetch, for 4.0 s"
        assert shown.get_attribute("#oldest-url a", "href") == page(3)
        assert shown.text_content("#notice") == "Something is said."
        feeder.change(picture(4, kinds={}, message=None))
        until_done(shown, 1_600)
        assert table(shown, "kinds") == []
        assert shown.is_hidden("#notice")


def test_the_page_knows_who_waits():
    script = (PAGE / "picture.js").read_text(encoding="utf-8")
    found = re.search(r"const WAITS = \[(.+?)\];", script, re.DOTALL)
    assert found
    words = set(re.findall(r'"(.+?)"', found[1]))
    assert words <= {str(activity) for activity in Activity}
    assert words >= {str(activity) for activity in WAITS_ON_PURPOSE - {Activity.IDLE}}


def test_each_process_has_its_lanes_and_each_host_its_state(browser, feeder):
    with opened(browser, feeder.url) as shown:
        heads = shown.locator("#workers tbody th[scope=rowgroup]").all_text_contents()
        assert heads == [
            "main process, pid 4000: 58 of 65 at work",
            "process of parser-0, pid 4001: 1 of 1 at work",
            "process of parser-1, pid 4002: 1 of 1 at work",
            "process of writer-jsonl, pid 4090: 1 of 1 at work",
        ]
        lanes = table(shown, "workers")
        assert ["fetch-0", "read", "0.0 s", page(1)] in lanes
        assert [name for name, *_ in lanes[1:4]] == ["commit", "fetch-0", "fetch-1"], "each has its place"
        states = [row[-1] for row in table(shown, "hosts")]
        assert states[:5] == [
            "is asked", "robots.txt asks for 2.0 s", "slowed down 4.0 ×", "rests for 29 s", "given up"
        ]  # fmt: skip


def test_what_a_site_wrote_is_text(browser, feeder):
    shot = picture(2)
    strange = msgspec.structs.replace(
        shot.records[0], url="javascript:bad", title=BAD_TITLE, referrer="data:x"
    )
    feeder.snapshot(msgspec.structs.replace(shot, records=(strange, *shot.records[1:]), message=BAD_TITLE))
    with opened(browser, feeder.url) as shown:
        assert shown.text_content("#records .what") == BAD_TITLE
        assert shown.text_content("#notice") == BAD_TITLE
        assert shown.evaluate("window.bad") is None
        assert shown.locator("main img, main script").count() == 0
        links = shown.eval_on_selector_all(
            "#records a", "all => all.map(a => [a.textContent, a.getAttribute('href'), a.rel])"
        )
        assert links[0] == ["javascript:bad", None, "noreferrer"]
        assert links[1] == ["data:x", None, "noreferrer"]
        assert links[2] == [shot.records[1].url, shot.records[1].url, "noreferrer"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_serious_fault(browser, feeder, scheme):
    with opened(browser, feeder.url, color_scheme=scheme) as shown:
        shown.click("summary")
        assert faults(shown) == []
        shown.click("#stop")
        assert faults(shown) == []
        shown.click("#go-on")
        feeder.change(picture(2, state="paused"))
        until(shown, "#pause", "Resume")
        shown.set_viewport_size({"width": 390, "height": 800})
        assert faults(shown) == []
        assert shown.evaluate("getComputedStyle(document.documentElement).colorScheme") == "light dark"
        red, green, blue = shown.evaluate("getComputedStyle(document.body).backgroundColor.match(/[0-9]+/g)")
        assert (int(red) + int(green) + int(blue) > 384) == (scheme == "light")


def test_a_window_between_narrow_and_wide_has_no_table_over_another_and_no_giant_street(browser, feeder):
    with opened(browser, feeder.url, viewport={"width": 860, "height": 900}) as shown:
        over = """() => [...document.querySelectorAll(".tight table")].filter((table) =>
            table.getBoundingClientRect().right > table.closest(".tight").getBoundingClientRect().right + 1
            || [...table.closest(".tight").querySelectorAll("table")].some((other) => {
                const [one, two] = [table.getBoundingClientRect(), other.getBoundingClientRect()];
                const beside = one.left < two.left && one.right > two.left;
                return beside && one.top < two.bottom && one.bottom > two.top;
            })).length"""
        assert shown.locator(".tight table").count() > 1
        assert shown.evaluate(over) == 0
        shown.set_viewport_size({"width": 760, "height": 900})
        assert shown.evaluate("document.querySelector('#street').getBoundingClientRect().width") <= 480


def test_a_narrow_page_is_not_scrolled_sideways(browser, feeder):
    feeder.snapshot(picture(2, out="crawls/" + "x" * 200, seeds=("https://a.example/" + "y" * 300,)))
    with opened(browser, feeder.url, viewport={"width": 390, "height": 800}) as shown:
        shown.click("summary")
        assert shown.evaluate("document.documentElement.scrollWidth") == 390
        # The street stands upright there, and lies down where there is room.
        upright = shown.get_attribute("#street", "viewBox")
        shown.set_viewport_size({"width": 1280, "height": 800})
        shown.wait_for_function(
            "upright => document.querySelector('#street').getAttribute('viewBox') !== upright", arg=upright
        )
        until(shown, "#street", "pending")


def test_the_keyboard_reaches_every_control(browser, feeder):
    with opened(browser, feeder.url) as shown:
        reached: list[str] = []
        for _ in range(9):
            shown.keyboard.press("Tab")
            focus = "[document.activeElement.id || document.activeElement.tagName,"
            name, outline = shown.evaluate(f"{focus} getComputedStyle(document.activeElement).outlineStyle]")
            assert outline == "solid", name
            reached.append(name)
        assert reached[:5] == CONTROLS
        assert {"SUMMARY", "DIV"} <= set(reached), "the tables under the street, and what scrolls"


def test_pause_resume_and_concurrency_are_asked_for(browser, feeder):
    with opened(browser, feeder.url) as shown:
        shown.focus("#pause")
        shown.keyboard.press("Enter")
        feeder.change(picture(2, state="paused"))
        until(shown, "#pause", "Resume")
        assert shown.text_content("#state") == "paused"
        assert shown.text_content("#said") == "The crawl is paused."
        assert shown.evaluate("document.activeElement.id") == "pause", "the focus stays"
        shown.keyboard.press("Enter")
        feeder.change(picture(3))
        until(shown, "#pause", "Pause")
        shown.fill("#concurrency-number", "8")
        shown.keyboard.press("Enter")
        assert shown.input_value("#concurrency") == "8"
        shown.fill("#concurrency-number", "1000")
        shown.keyboard.press("Enter")
        assert shown.input_value("#concurrency-number") == "64", "the most that it may be"
        shown.focus("#concurrency")
        with shown.expect_response("**/do/concurrency?n=63"):
            shown.keyboard.press("ArrowLeft")
        shown.focus("#hold")
        feeder.change(picture(4, concurrency=17))
        shown.wait_for_function("() => document.querySelector('#concurrency').value === '17'")
        assert shown.input_value("#concurrency-number") == "17"
    assert feeder.verbs == ["pause", "resume", "concurrency?n=8", "concurrency?n=64", "concurrency?n=63"]


def test_what_is_asked_for_in_a_row_is_answered_in_that_order(browser, feeder):
    answered: list[str] = []

    def answer(verb):
        time.sleep(0.3 if verb == "concurrency?n=8" else 0)  # the others would overtake it
        answered.append(verb)
        return 200, {}

    feeder.on_verb = answer
    with opened(browser, feeder.url) as shown, shown.expect_response("**/do/concurrency?n=10"):
        for number in "8", "9", "10":
            shown.fill("#concurrency-number", number)
            shown.keyboard.press("Enter")
    assert answered == ["concurrency?n=8", "concurrency?n=9", "concurrency?n=10"]


def test_stop_asks_once(browser, feeder):
    with opened(browser, feeder.url) as shown:
        shown.click("#stop")
        assert shown.is_visible("#sure")
        shown.keyboard.press("Escape")
        assert shown.is_hidden("#sure")
        assert shown.evaluate("document.activeElement.id") == "stop"
        assert feeder.verbs == []
        shown.click("#stop")
        shown.click("#stop-now")
        feeder.change(picture(2, state="stopping"))
        until(shown, "#state", "stopping")
        assert shown.get_attribute("#stop", "aria-disabled") == "true"
        shown.focus("#stop")
        shown.keyboard.press("Enter")
        assert shown.is_hidden("#sure"), "once is enough"
    assert feeder.verbs == ["stop"]


def test_a_verb_that_is_refused_is_said(browser, feeder):
    feeder.on_verb = lambda _: (409, {"error": "the crawl is stopping"})
    with opened(browser, feeder.url, problems="409") as shown:
        shown.click("#pause")
        until(shown, "#notice", "That did not work: the crawl is stopping")
        assert shown.text_content("#said") == "That did not work: the crawl is stopping"


def test_a_lost_connection_is_said_and_made_again(browser, feeder):
    with opened(browser, feeder.url, problems="503") as shown:
        feeder.change(picture(2))
        until_done(shown, 800)
        assert shown.locator(".dashes.flowing").count() == 5
        feeder.refuses = True
        feeder.drop()
        until(shown, "#notice", "No connection to the crawl")
        shown.wait_for_function(
            "() => parseFloat(document.querySelector('#notice').textContent.split('picture is ')[1]) >= 1"
        )
        assert shown.text_content("#said") == "The connection to the crawl is lost."
        assert shown.get_attribute("#pause", "aria-disabled") == "true"
        still = offsets(shown)
        shown.wait_for_timeout(300)
        assert offsets(shown) == still, "nothing moves that is not known to"
        feeder.first = picture(9)
        feeder.refuses = False
        until_done(shown, 3_600)
        assert shown.is_hidden("#notice")
        assert shown.text_content("#said") == "The connection is back."
        assert shown.get_attribute("#pause", "aria-disabled") == "false"


def test_a_crawl_that_says_nothing_is_told(browser, feeder):
    with opened(browser, feeder.url) as shown:
        shown.wait_for_timeout(100)
        assert shown.is_hidden("#notice")
        until(shown, "#notice", "The crawl sends nothing. This picture is")
        feeder.change(picture(2))
        until_done(shown, 800)
        assert shown.is_hidden("#notice")


def test_the_end_is_said_and_stays(browser, feeder):
    with opened(browser, feeder.url) as shown:
        feeder.snapshot(picture(50, state="finished", message="All is done."))
        feeder.end()
        until(shown, "#notice", "All is done. This is the last picture of it.")
        until_done(shown, 20_000)
        assert dict(table(shown, "flows"))["URLs done"] == "0.0"
        assert shown.title() == "finished 100 % · crawler"
        feeder.drop()
        shown.wait_for_timeout(300)
        assert "No connection" not in shown.text_content("#notice")
        assert shown.get_attribute("#pause", "aria-disabled") == "true"


def test_a_server_that_goes_with_its_crawl_is_no_fault(browser, feeder):
    with opened(browser, feeder.url) as shown:
        feeder.snapshot(picture(50, state="stopped"))
        feeder.drop()
        until(shown, "#notice", "The crawl was stopped. This is the last picture of it.")
        assert shown.text_content("#said") == "The crawl was stopped."


def test_only_a_change_of_state_is_spoken(browser, feeder):
    with opened(browser, feeder.url) as shown:
        assert shown.text_content("#said") == "The crawl is running."
        shown.evaluate(
            "window.spoken = 0; new MutationObserver(() => window.spoken++)"
            ".observe(document.querySelector('#said'), {childList: true, characterData: true, subtree: true})"
        )
        live = shown.locator("[aria-live], [role=status], [role=alert], output").evaluate_all(
            "all => all.filter(one => one.checkVisibility()).map(one => one.id)"
        )
        assert live == ["said"]
        for seconds in range(2, 7):
            feeder.change(picture(seconds))
        until_done(shown, 2_400)
        assert shown.evaluate("window.spoken") == 0
        feeder.change(picture(7, state="stopping"))
        until(shown, "#said", "The crawl is stopping")


def test_what_an_earlier_run_found_is_no_speed(browser, feeder):
    feeder.snapshot(picture(1, state="starting", discovered=0))
    with opened(browser, feeder.url) as shown:
        feeder.change(picture(2))
        until_done(shown, 800)
        assert dict(table(shown, "flows"))["new URLs"] == "0.0"
        feeder.change(picture(3, discovered=20_050))
        until(shown, "#flows", "new URLs50.0")


@pytest.mark.parametrize("motion", ["no-preference", "reduce"])
def test_only_what_flows_moves(browser, feeder, motion):
    with opened(browser, feeder.url, reduced_motion=motion) as shown:
        feeder.change(picture(2))
        until_done(shown, 800)
        before = offsets(shown)
        shown.wait_for_timeout(500)
        moved = [one != other for one, other in zip(before, offsets(shown), strict=True)]
        # Four pipes along the street and the way back; no new URL is found.
        assert moved == ([True] * 5 + [False] if motion == "no-preference" else [False] * 6)
        assert shown.locator(".dashes.flowing").count() == 5


def test_a_picture_can_be_held(browser, feeder):
    with opened(browser, feeder.url) as shown:
        shown.click("#hold")
        feeder.change(picture(5, state="paused"))
        until(shown, "#state", "paused")
        assert shown.text_content("#done") == "400"
        assert shown.text_content("#notice") == "The picture is held; the crawl goes on."
        drawn = shown.text_content("#street")
        assert "pending" in drawn
        lying = shown.get_attribute("#street", "viewBox")
        shown.set_viewport_size({"width": 390, "height": 800})
        shown.wait_for_function(
            "lying => document.querySelector('#street').getAttribute('viewBox') !== lying", arg=lying
        )
        assert shown.text_content("#street") == drawn, "the held one, in its other shape"
        shown.click("#hold")
        until_done(shown, 2_000)


def test_links_keep_the_focus_while_the_picture_changes(browser, feeder):
    with opened(browser, feeder.url) as shown:
        shown.focus("#workers .row .row .url")
        shown.evaluate("window.kept = document.activeElement")
        for seconds in (2, 3, 4):
            feeder.change(picture(seconds))
        until_done(shown, 1_600)
        assert shown.evaluate("document.activeElement === window.kept && window.kept.isConnected")


def test_a_huge_crawl_costs_no_more(browser, feeder):
    with opened(browser, feeder.url) as shown:
        feeder.snapshot(picture(1, **HUGE))
        until(shown, "#hosts-told", "50 of 10,000: those in flight")
        elements = shown.evaluate("document.querySelectorAll('*').length")
        session = shown.context.new_cdp_session(shown)
        session.send("Performance.enable")

        def busy() -> float:
            found = session.send("Performance.getMetrics")["metrics"]
            return {metric["name"]: metric["value"] for metric in found}["TaskDuration"]

        before = busy()
        for seconds in range(2, 12):
            feeder.change(picture(seconds, **HUGE))
            until_done(shown, 400 * seconds)
        each = (busy() - before) / 10
        assert each < 0.25, "seconds of the browser's main thread for one picture"
        print(f"{each * 1000:.0f} ms a picture")
        assert shown.evaluate("document.querySelectorAll('*').length") <= elements + 200


def test_a_chart_is_thinned(browser, feeder):
    with opened(browser, feeder.url) as shown:
        for seconds in range(2, MANY):
            feeder.change(picture(2, at=START + seconds, pages_per_second_now=float(seconds % 10)))
        feeder.change(picture(3, at=START + MANY, pages_per_second_now=480.0))
        until_done(shown, 1_200)
        points = shown.get_attribute("#speed .curve", "d").count("L")
        assert 250 < points < 600
        assert shown.text_content("#speed figcaption") == "now 480, highest 480"
        assert shown.text_content("#speed .axis").startswith("12 min ago")


def past(*, end: str = "finished") -> tuple[Picture, ...]:
    return (*(picture(seconds) for seconds in range(1, 20)), picture(20, state=end))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_finished_crawl_has_a_slider_over_its_time(browser, scheme):
    with Feeder("history", past()) as feeder, opened(browser, feeder.url, color_scheme=scheme) as shown:
        assert shown.text_content("#state") == "finished"
        assert shown.text_content("#done") == "8,000"
        assert shown.is_hidden("#controls")
        assert shown.is_hidden("#notice")
        assert faults(shown) == []
        shown.focus("#moment")
        shown.keyboard.press("Home")
        assert (shown.text_content("#done"), shown.text_content("#state")) == ("400", "running")
        shown.keyboard.press("ArrowRight")
        assert shown.text_content("#done") == "800"
        assert dict(table(shown, "flows"))["URLs done"] == "400"
        assert "picture 2 of 20: running, 800 of 20,000" in shown.get_attribute("#moment", "aria-valuetext")
        assert shown.get_attribute("#speed .now", "d") == "M31.6 0V100"
        shown.keyboard.press("End")
        shown.click("#play")
        until(shown, "#state", "running")
        until_done(shown, 8_000)
        until(shown, "#play", "Play")
        shown.set_viewport_size({"width": 390, "height": 800})
        assert shown.evaluate("document.documentElement.scrollWidth") == 390
        assert feeder.verbs == []


def test_a_crawl_that_was_killed_ends_without_an_end(browser):
    with Feeder("history", past(end="running")) as feeder, opened(browser, feeder.url) as shown:
        until(shown, "#notice", "the crawl was killed, or it still runs")


def test_a_crawl_without_a_history_says_so(browser):
    with Feeder("history") as feeder:
        context = browser.new_context()
        shown = context.new_page()
        shown.goto(feeder.url)
        until(shown, "#notice", "This crawl has kept no pictures of itself.")
        context.close()
