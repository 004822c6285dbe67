"""The pictures of the program at work in the README and the documentation.

``python -m docs.make_screenshots`` crawls the fixture site, looks at pages in headless Chromium and at
commands in a terminal, and writes one picture for each entry of :data:`PICTURES` to ``docs/assets``; named
ones only, if names are given. It needs Chromium, Playwright and Pillow, so it is no part of
``python -m docs``; and what it draws has the time in it, so no test compares it.
"""

import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from crawler.lab.site.site_process import SiteProcess
from docs import DOCS, make_inspect_picture
from docs.live_picture import take
from docs.terminal import draw, printed
from tests.browser import ARGUMENTS, chromium

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from crawler.trace.recorded import Trace

ASSETS = DOCS / "assets"
MAX_BYTES = 200_000
"""Of one picture: they are in the repository, and in everybody's README."""
COLOURS = 256
PORT = 8000
"""That of ``crawler serve``."""
EXECUTORS = ("inline", "thread", "process")
WIDE = 124
"""Columns of a terminal for wide tables."""
AT_ONCE = 4
"""Requests: few, so that all rows of three crawls are seen."""
FOLLOWED = "/shelves/crime/"
"""The URL whose way is shown."""


@contextmanager
def browser_page(width: int, height: int) -> Iterator["Page"]:
    """An empty page of a headless browser."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=list(ARGUMENTS))
        yield browser.new_page(viewport={"width": width, "height": height})
        browser.close()


def timeline(folder: Path) -> bytes:
    """The same crawl with each executor, and the way of one URL through them."""
    from crawler.view.trace.traces import trace_in

    for executor in EXECUTORS:
        printed("demo", "-o", executor, "--executor", executor, "--concurrency", AT_ONCE, "--trace",
                "--no-progress", cwd=folder)  # fmt: skip
    lives = [_life(trace_in(folder / each).trace) for each in EXECUTORS]
    begin, end = min(begin for begin, _ in lives) - 0.005, max(end for _, end in lives) + 0.015
    printed("timeline", *EXECUTORS, "-o", "timeline.html", "--seconds", f"{begin:.3f}-{end:.3f}", cwd=folder)
    with browser_page(1280, 1400) as page:
        page.goto((folder / "timeline.html").as_uri())
        page.evaluate(
            """(followed) => {
                document.getElementById("legend").open = false;
                const crawl = crawls.at(-1), is = (bar, name) => crawl.kinds[crawl.kind[bar]].name === name;
                const url = crawl.urls.findIndex((each) => each?.endsWith(followed));
                open(crawl, lifeOf(crawl, url).find((bar) => is(bar, "parsing")));
                scrollTo(0, 0);
            }""",
            FOLLOWED,
        )
        height = page.evaluate("document.getElementById('crawls').getBoundingClientRect().bottom")
        page.set_viewport_size({"width": 1280, "height": round(height)})
        page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        return small(page.screenshot())


def _life(trace: "Trace") -> tuple[float, float]:
    """When a crawl begins to do something, and when the URL that is followed is committed."""
    begin, end = trace.seconds, 0.0
    urls = trace.url_of([row for each in trace.slices() for row in each.urls])
    for each in trace.slices():
        begin = min(begin, each.begin)
        if any(urls[row].endswith(FOLLOWED) for row in each.urls):
            end = max(end, each.end)
    return begin, end


def live(folder: Path) -> bytes:
    """The live page of a crawl of a small internet."""
    with browser_page(1280, 1340) as page:
        return small(take(page, folder))


def small(png: bytes) -> bytes:
    """The same picture with fewer colours, which is a fraction of its bytes."""
    from PIL import Image

    made = BytesIO()
    Image.open(BytesIO(png)).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(
        made, "PNG", optimize=True
    )
    return made.getvalue()


def inspect(_folder: Path) -> bytes:
    """One page under the glass."""
    with SiteProcess(PORT) as site:
        return make_inspect_picture.draw(site.url).encode()


def check(folder: Path) -> bytes:
    """The page of a check of the annex, which is full of faults, with a finding opened."""
    with SiteProcess(PORT, annex=True) as site:
        printed("check", site.url, "-o", "annex", "--report", "html=check.html", "--no-progress", cwd=folder)
    with browser_page(1280, 900) as page:
        page.goto((folder / "check.html").as_uri())
        page.locator(".item summary", has_text="2 places").first.click()
        page.mouse.move(0, 0)
        page.evaluate("document.activeElement.blur()")
        return small(page.screenshot())


def trace(folder: Path) -> bytes:
    """Where a crawl's time went."""
    printed("demo", "-o", "out", "--trace", "--no-progress", cwd=folder)
    lines = printed("trace", "out", "-n", 5, cwd=folder, columns=WIDE).splitlines()
    return draw("crawler trace out -n 5", lines, name="trace", columns=WIDE).encode()


PICTURES: dict[str, Callable[[Path], bytes]] = {
    "live.png": live,
    "timeline.png": timeline,
    "inspect.svg": inspect,
    "trace.svg": trace,
    "check.png": check,
}
"""What makes each of them, in a folder of its own."""


def main(names: list[str]) -> None:
    """Make those pictures, or all."""
    for name in names or PICTURES:
        with tempfile.TemporaryDirectory() as folder:
            picture = PICTURES[name](Path(folder))
        if len(picture) > MAX_BYTES:
            raise SystemExit(f"{name}: {len(picture):,} bytes, and a picture may have {MAX_BYTES:,}")
        (ASSETS / name).write_bytes(picture)
        print(f"{ASSETS / name}: {len(picture):,} bytes")


if __name__ == "__main__":
    main(sys.argv[1:])
