"""The timeline in a real browser: what is drawn, chosen and read out, and nothing is asked of anybody."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe

from crawler.trace.recorded import Trace
from crawler.view.timeline.page import page
from crawler.view.timeline.target import write
from tests.browser import NARROW, WIDE, browser, opened  # noqa: F401
from tests.view_traces import trace

THREE = ("inline", "thread", "process")


def made(file: Path, traces: Mapping[str, Trace]) -> Path:
    """The page as a file; not made in this thread, in which Playwright keeps an event loop."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(lambda: write(page(traces), file)).result()
    return file


@pytest.fixture(scope="module")
def file(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("timeline")
    return made(folder / "timeline.html", {name: trace(60, parse=0.004) for name in THREE})


def place_of(shown, crawl: int, row: str, number: int) -> tuple[float, float]:
    """Where the middle of a bar is drawn in its canvas."""
    x, y = shown.evaluate(
        """([number, name, nth]) => {
            const crawl = crawls[number], row = crawl.rows.find((each) => each.name === name);
            const at = row.first + nth, width = crawl.canvas.clientWidth, labels = labelWidth(width);
            const middle = (crawl.begin[at] + crawl.end[at]) / 2;
            const x = labels + (middle - view.begin) / (view.end - view.begin) * (width - labels);
            return [x, row.y + row.height / 2 - crawl.canvas.offsetTop];
        }""",
        [crawl, row, number],
    )
    return x, y


def click_bar(shown, crawl: int, row: str, number: int) -> None:
    x, y = place_of(shown, crawl, row, number)
    shown.locator(".rows canvas").nth(crawl).click(position={"x": x, "y": y})


def colours(shown, crawl: int, x: float, top: float, bottom: float) -> set[tuple[int, ...]]:
    """The colours of a column of the canvas."""
    pixels = shown.evaluate(
        """([number, x, top, bottom]) => {
            const canvas = crawls[number].canvas, ratio = devicePixelRatio;
            const high = Math.round((bottom - top) * ratio);
            const copy = new OffscreenCanvas(1, high).getContext("2d", { willReadFrequently: true });
            copy.drawImage(canvas, -Math.round(x * ratio), -Math.round(top * ratio));
            return [...copy.getImageData(0, 0, 1, high).data];
        }""",
        [crawl, x, top, bottom],
    )
    return {tuple(pixels[at : at + 3]) for at in range(0, len(pixels), 4)}


def chosen(shown) -> list | None:
    return shown.evaluate("chosen && [crawls.indexOf(chosen.crawl), chosen.bar, chosen.url]")


def seen(shown) -> tuple[float, float]:
    begin, end = shown.evaluate("[view.begin, view.end]")
    return begin, end


def wait_for(shown, condition: str) -> None:
    """Until that is so; Playwright's own way is shut by the page's policy."""
    look = f"(function look() {{ ({condition}) ? so() : requestAnimationFrame(look) }})()"
    shown.evaluate(f"new Promise((so) => {{ {look} }})")


def test_every_crawl_is_drawn_below_the_other_at_one_scale(browser, file):  # noqa: F811
    with opened(browser, file) as shown:
        assert shown.locator("h2").all_inner_texts() == list(THREE)
        x, y = place_of(shown, 0, "parser-0", 5)
        assert (37, 99, 168) in colours(shown, 0, x, y - 5, y + 5), "parsing is blue"
        places = [place_of(shown, number, "parser-0", 5)[0] for number in range(3)]
        assert len(set(places)) == 1


def test_waiting_is_apart_from_working_by_its_shape(browser, file):  # noqa: F811
    with opened(browser, file) as shown:
        waits, work = place_of(shown, 0, "fetch-0", 1), place_of(shown, 0, "parser-0", 5)
        assert len(colours(shown, 0, work[0], work[1] - 7, work[1] + 7)) == 1, (
            "work fills the height of its row"
        )
        assert len(colours(shown, 0, waits[0], waits[1] - 9, waits[1] + 9)) > 2, "waiting is low and hatched"


def test_a_click_shows_the_source_the_url_and_its_life(browser, file):  # noqa: F811
    with opened(browser, file) as shown:
        click_bar(shown, 2, "parser-0", 3)
        detail = shown.locator("#detail")
        assert detail.locator("h2").inner_text() == "parsing"
        text = detail.inner_text()
        assert "parser-0, a process (pid 4001)" in text
        assert "http://127.0.0.1:8000/books/" in text
        assert "CPU" in text
        ran = detail.locator(".ran").all_inner_texts()
        assert "step.enter(Activity.PARSE, batch[0].ticket.url)" in ran[0]
        steps = [row.split("\t")[0] for row in detail.locator("tbody").inner_text().splitlines()]
        assert steps == ["wait for the answer", "read", "page_queue", "parsing", "write a batch", "syncing",
                         "committing"]  # fmt: skip
        assert detail.locator("[aria-current] button").inner_text() == "parsing"


def test_the_life_of_the_url_is_marked_in_all_rows_and_crawls(browser, file):  # noqa: F811
    with opened(browser, file) as shown:
        before = shown.evaluate("crawls[1].canvas.toDataURL()")
        click_bar(shown, 0, "parser-0", 3)
        shown.evaluate("new Promise(requestAnimationFrame)")
        box = shown.evaluate(
            """() => {
                const bar = chosen.life[0], crawl = crawls[0], row = crawl.rows[crawl.row[bar]];
                const width = crawl.canvas.clientWidth, labels = labelWidth(width);
                const scale = (width - labels) / (view.end - view.begin);
                const middle = (crawl.begin[bar] + crawl.end[bar]) / 2;
                return [labels + (middle - view.begin) * scale, row.y - crawl.canvas.offsetTop];
            }"""
        )
        edge = colours(shown, 0, box[0], box[1] - 2, box[1] + 4)
        assert any(red > 190 and green < 120 for red, green, _ in edge), "a frame, half of it on a pixel"
        life = shown.evaluate("[chosen.life, choiceFor(crawls[1]).life].map((each) => each.length)")
        assert life[0] == life[1] >= 7
        assert shown.evaluate("crawls[1].canvas.toDataURL()") != before


def test_a_batch_offers_each_of_its_urls(browser, file):  # noqa: F811
    with opened(browser, file) as shown:
        shown.evaluate("open(crawls[0], crawls[0].rows.find((row) => row.name === 'commit').first)")
        choice = shown.locator("#detail select")
        assert choice.locator("option").count() == 8
        choice.select_option(index=5)
        assert choice.locator("option").nth(5).inner_text().endswith("/6.html")
        assert chosen(shown)[2] == int(choice.input_value())
        assert "http" in shown.locator("#said").inner_text()


def test_all_of_it_can_be_done_with_the_keyboard(browser, file):  # noqa: F811
    with opened(browser, file) as shown:
        shown.locator(".rows canvas").first.focus()
        shown.keyboard.press("ArrowRight")
        assert chosen(shown) == [0, 0, -1]
        shown.keyboard.press("ArrowRight")
        assert (
            shown.locator("#said").inner_text().startswith("fetch-0: wait for the answer, waits for 5.00 ms")
        )
        shown.keyboard.press("Enter")
        assert shown.locator("#detail").is_visible()
        assert "Activity.WAIT_FOR_ANSWER" in shown.locator(".ran").first.inner_text()
        assert shown.evaluate("document.activeElement.id") == "detail"
        shown.keyboard.press("Escape")
        assert shown.locator("#detail").is_hidden()
        assert shown.evaluate("document.activeElement === crawls[0].canvas")
        shown.keyboard.press("End")
        shown.keyboard.press("ArrowRight")
        shown.keyboard.press("n")
        assert shown.locator("#said").inner_text().startswith("fetch-0: read, works")
        shown.keyboard.press("n")
        assert shown.locator("#said").inner_text().startswith("page_queue: page_queue, waits")
        shown.keyboard.press("p")
        shown.keyboard.press("ArrowDown")
        assert shown.locator("#said").inner_text().startswith("fetch-1: ")
        shown.keyboard.press("ArrowUp")
        assert shown.locator("#said").inner_text().startswith("fetch-0: ")


def test_time_is_zoomed_and_moved_by_keys_wheel_mouse_and_buttons(browser, file):  # noqa: F811
    with opened(browser, file) as shown:
        canvas = shown.locator(".rows canvas").first
        begin, end = seen(shown)
        canvas.focus()
        shown.keyboard.press("+")
        shown.keyboard.press("Shift+ArrowRight")
        moved = seen(shown)
        assert moved[1] - moved[0] == pytest.approx((end - begin) * 0.6)
        assert moved[0] > (end - begin) * 0.2
        shown.keyboard.press("0")
        assert seen(shown) == (begin, end)
        canvas.hover(position={"x": 600, "y": 60})
        shown.keyboard.down("Control")
        shown.mouse.wheel(0, -400)
        shown.keyboard.up("Control")
        wait_for(shown, f"view.end - view.begin < {(end - begin) * 0.7}")
        zoomed = seen(shown)
        box = canvas.bounding_box()
        shown.mouse.move(box["x"] + 600, box["y"] + 60)
        shown.mouse.down()
        shown.mouse.move(box["x"] + 400, box["y"] + 60, steps=4)
        shown.mouse.up()
        assert seen(shown)[0] > zoomed[0]
        assert chosen(shown) is None, "a drag is no click"
        for name in ("Zoom out", "Earlier", "Later", "Zoom in", "All"):
            shown.get_by_role("button", name=name).click()
        assert seen(shown) == (begin, end)
        canvas.dblclick(position={"x": 900, "y": 8})
        assert seen(shown)[1] - seen(shown)[0] < end - begin


def test_the_wheel_alone_scrolls_the_page(browser, file):  # noqa: F811
    with opened(browser, file) as shown:
        before = seen(shown)
        shown.locator(".rows canvas").first.hover()
        shown.mouse.wheel(0, 300)
        wait_for(shown, "scrollY > 100")
        assert seen(shown) == before


def test_a_url_is_found_by_a_part_of_it(browser, file):  # noqa: F811
    with opened(browser, file) as shown:
        field = shown.get_by_role("searchbox")
        field.fill("books/17.html")
        field.press("Enter")
        assert "books/17.html" in shown.locator("#detail").inner_text()
        field.fill("nowhere")
        field.press("Enter")
        assert "nowhere" in shown.locator("#said").inner_text()


def test_the_same_is_there_as_a_table(browser, file):  # noqa: F811
    with opened(browser, file) as shown:
        section = shown.locator("#crawls section").first
        section.locator("summary").click()
        rows = section.get_by_role("region", name="The rows of inline").locator("tbody tr")
        rows.first.wait_for()
        assert rows.count() == 11
        assert rows.nth(8).inner_text().split("\t")[:3] == ["parser-0", "process", "parser-0 (4001)"]
        section.locator("select").select_option(label="parser-0 (parser-0)")
        bars = section.get_by_role("region", name="The bars of parser-0")
        assert bars.locator("tbody tr").count() == 30
        bars.get_by_role("button").nth(2).click()
        assert shown.locator("#detail h2").inner_text() == "parsing"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [WIDE, NARROW], ids=["wide", "narrow"])
def test_it_can_be_used_by_everybody(browser, file, viewport, scheme):  # noqa: F811
    with opened(browser, file, viewport, scheme) as shown:
        shown.locator("#crawls summary").first.click()
        shown.evaluate("open(crawls[0], crawls[0].rows.find((row) => row.name === 'commit').first)")
        found = Axe().run(shown, options={"resultTypes": ["violations"]}).response["violations"]
        assert [(each["id"], each["nodes"][0]["html"]) for each in found] == []
        assert shown.evaluate("document.documentElement.scrollWidth <= innerWidth"), "no scrolling aside"


def test_a_phone_shows_the_detail_below_and_the_bar_above_it(browser, file):  # noqa: F811
    with opened(browser, file, NARROW) as shown:
        shown.evaluate("open(crawls[2], crawls[2].rows.at(-1).first)")
        shown.evaluate("new Promise(requestAnimationFrame)")
        _, y = place_of(shown, 2, "writer-jsonl", 0)
        top = shown.locator(".rows canvas").nth(2).bounding_box()["y"]
        assert 0 < top + y < shown.locator("#detail").bounding_box()["y"]
        shown.get_by_role("button", name="Close").click()
        assert chosen(shown) is None


def test_another_colour_scheme_is_followed_at_once(browser, file):  # noqa: F811
    with opened(browser, file) as shown:
        assert colours(shown, 0, 4, 2, 8) == {(255, 255, 255)}
        shown.emulate_media(color_scheme="dark")
        shown.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        assert colours(shown, 0, 4, 2, 8) == {(20, 23, 27)}


def test_a_hundred_thousand_bars_are_drawn_quickly(browser, tmp_path):  # noqa: F811
    file = made(tmp_path / "many.html", {"many": trace(17_000, fetchers=32, parsers=4)})
    with opened(browser, file) as shown:
        assert shown.evaluate("crawls[0].count") > 90_000
        assert "bars than that would make the page slow" in shown.locator(".note").inner_text()
        milliseconds = shown.evaluate(
            """() => {
                const began = performance.now();
                for (let at = 0; at < 10; at++) {
                    draw(crawls[0], { begin: at / 10, end: 5 + at }, null);
                }
                crawls[0].canvas.getContext("2d").getImageData(0, 0, 1, 1); // by then it is drawn
                return (performance.now() - began) / 10;
            }"""
        )
        assert milliseconds < 500, "about 25 on two slow cores without a graphics card"
        shown.evaluate("open(crawls[0], crawls[0].rows[0].first + 1)")
        assert "Activity.WAIT_FOR_ANSWER" in shown.locator(".ran").first.inner_text()


def test_an_empty_trace_says_that_there_is_nothing(browser, tmp_path):  # noqa: F811
    empty = trace(0, slices=lambda: iter(()), seconds=0.0, tracks={}, counters={}, is_cut_off=True)
    file = made(tmp_path / "empty.html", {"out": empty})
    with opened(browser, file) as shown:
        assert "There is no bar in that time." in shown.locator("main").inner_text()
        shown.locator(".rows canvas").focus()
        shown.keyboard.press("ArrowRight")
        shown.locator("#crawls summary").click()
