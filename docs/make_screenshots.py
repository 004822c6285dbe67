"""The pictures of the program at work in the README and the documentation.

``python -m docs.make_screenshots`` crawls the fixture site, looks at pages in headless Chromium and at
commands in a terminal, and writes two pictures for each entry of :data:`PICTURES` to ``docs/assets``: one
for a screen and one for a telephone (``live.png``, ``live.narrow.png``), so that both can be read; named ones
only, if names are given. It needs Chromium, Playwright and Pillow, so it is no part of ``python -m docs``;
and what it draws has the time in it, so no test compares it.
"""

import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from crawler.lab.site.site_process import SiteProcess
from docs import DOCS, make_check_picture, make_inspect_picture
from docs.live_picture import take
from docs.terminal import COLUMNS, NARROW_COLUMNS, draw, printed
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
SCREEN, TELEPHONE = 760, 390
"""Widths of a window whose picture is shown in a column of 688 or 343 pixels: so its letters can be read."""
DENSITY = 1.4
"""Pixels of a picture to each of the window."""
AT_ONCE = 4
"""Requests: few, so that all rows of three crawls are seen."""
FOLLOWED = "/shelves/crime/"
"""The URL whose way is shown."""
FOLLOW = """(followed) => {
    document.getElementById("legend").open = false;
    const crawl = crawls.at(-1), is = (bar, name) => crawl.kinds[crawl.kind[bar]].name === name;
    const url = crawl.urls.findIndex((each) => each?.endsWith(followed));
    open(crawl, lifeOf(crawl, url).find((bar) => is(bar, "parsing")));
    document.getElementById("detail").hidden = true; // the way stays
    scrollTo(0, 0);
}"""


@contextmanager
def browser_pages(screen: int, telephone: int) -> Iterator[tuple["Page", "Page"]]:
    """Two empty pages of a headless browser, so high, as wide as a screen's and a telephone's."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=list(ARGUMENTS))
        wide, narrow = (
            browser.new_page(viewport={"width": width, "height": height}, device_scale_factor=DENSITY)
            for width, height in ((SCREEN, screen), (TELEPHONE, telephone))
        )
        yield wide, narrow
        browser.close()


def timeline(folder: Path) -> list[bytes]:
    """The same crawl with each executor, and the way of one URL through them."""
    from crawler.view.trace.traces import trace_in

    for executor in EXECUTORS:
        printed("demo", "-o", executor, "--executor", executor, "--concurrency", AT_ONCE, "--trace",
                "--no-progress", cwd=folder)  # fmt: skip
    lives = [_life(trace_in(folder / each).trace) for each in EXECUTORS]
    begin, end = min(begin for begin, _ in lives) - 0.005, max(end for _, end in lives) + 0.015
    printed("timeline", *EXECUTORS, "-o", "timeline.html", "--seconds", f"{begin:.3f}-{end:.3f}", cwd=folder)
    with browser_pages(1400, 1400) as pages:
        for page in pages:
            page.goto((folder / "timeline.html").as_uri())
            page.evaluate(FOLLOW, FOLLOWED)
            height = page.evaluate("document.getElementById('crawls').getBoundingClientRect().bottom")
            page.set_viewport_size({"width": page.viewport_size["width"], "height": round(height)})
            page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        return [small(page.screenshot()) for page in pages]


def _life(trace: "Trace") -> tuple[float, float]:
    """When a crawl begins to do something, and when the URL that is followed is committed."""
    begin, end = trace.seconds, 0.0
    urls = trace.url_of([row for each in trace.slices() for row in each.urls])
    for each in trace.slices():
        begin = min(begin, each.begin)
        if any(urls[row].endswith(FOLLOWED) for row in each.urls):
            end = max(end, each.end)
    return begin, end


def live(folder: Path) -> list[bytes]:
    """The live page of a crawl of a small internet."""
    with browser_pages(1480, 1420) as pages:
        return [small(picture) for picture in take(pages, folder)]


def small(png: bytes) -> bytes:
    """The same picture with fewer colours, which is a fraction of its bytes."""
    from PIL import Image

    made = BytesIO()
    Image.open(BytesIO(png)).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(
        made, "PNG", optimize=True
    )
    return made.getvalue()


def inspect(_folder: Path) -> list[bytes]:
    """One page under the glass."""
    with SiteProcess(PORT) as site:
        return [
            make_inspect_picture.draw(site.url, columns).encode() for columns in (COLUMNS, NARROW_COLUMNS)
        ]


def check_printed(folder: Path) -> list[bytes]:
    """What a check of the annex prints."""
    pictures = []
    for columns in (COLUMNS, NARROW_COLUMNS):
        (folder / f"{columns}").mkdir()
        pictures.append(make_check_picture.take(folder / f"{columns}", columns).encode())
    return pictures


def check(folder: Path) -> list[bytes]:
    """The page of a check of the annex, which is full of faults, with a finding opened."""
    with SiteProcess(PORT, annex=True) as site:
        printed("check", site.url, "-o", "annex", "--report", "html=check.html", "--no-progress", cwd=folder)
    with browser_pages(900, 1100) as pages:
        for page in pages:
            page.goto((folder / "check.html").as_uri())
            page.locator(".item summary", has_text="2 places").first.click()
            page.mouse.move(0, 0)
            page.evaluate("document.activeElement.blur()")
            page.evaluate("scrollTo(0, 0)")
        return [small(page.screenshot()) for page in pages]


def trace(folder: Path) -> list[bytes]:
    """Where a crawl's time went."""
    printed("demo", "-o", "out", "--trace", "--no-progress", cwd=folder)
    pictures = []
    for columns in (COLUMNS, NARROW_COLUMNS):
        lines = printed("trace", "out", "-n", 5, cwd=folder, columns=columns).splitlines()
        pictures.append(draw("crawler trace out -n 5", lines, name="trace", columns=columns).encode())
    return pictures


PICTURES: dict[str, Callable[[Path], list[bytes]]] = {
    "live.png": live,
    "timeline.png": timeline,
    "inspect.svg": inspect,
    "trace.svg": trace,
    "check.svg": check_printed,
    "check.png": check,
}
"""What makes each of them, wide and narrow, in a folder of its own."""


def files_of(name: str) -> tuple[Path, Path]:
    """Where the two forms of a picture are kept."""
    return ASSETS / name, (ASSETS / name).with_suffix(f".narrow{Path(name).suffix}")


def main(names: list[str]) -> None:
    """Make those pictures, or all."""
    for name in names or PICTURES:
        with tempfile.TemporaryDirectory() as folder:
            pictures = PICTURES[name](Path(folder))
        for path, picture in zip(files_of(name), pictures, strict=True):
            if len(picture) > MAX_BYTES:
                raise SystemExit(f"{path}: {len(picture):,} bytes, and a picture may have {MAX_BYTES:,}")
            path.write_bytes(picture)
            print(f"{path}: {len(picture):,} bytes")


if __name__ == "__main__":
    main(sys.argv[1:])
