"""``crawler status OUT --open`` in a browser: a real crawl from its begin to its end."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from crawler.lab.site.site_process import SiteProcess
from crawler.watch.history import history_of, read_history
from crawler.watch.picture import Picture
from crawler.watch.progress_line import done as pages_done
from tests import crawls


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Picture], dict[str, Any]]:
    """A finished crawl, its history, and its summary; made before the browser keeps a loop in this thread."""
    folder = tmp_path_factory.mktemp("out")
    with SiteProcess() as site:
        done = crawls.crawl("run", site.url, "-o", folder, "--no-progress", "--workers", 1)
    assert done.returncode == 0, done.stderr
    return folder, read_history(history_of(folder, 1)), crawls.summary(folder)


@contextmanager
def opened(folder: Path) -> Iterator[str]:
    """The URL at which the page of the crawl is served, until the block ends."""
    serving = crawls.start("status", folder, "--open", "--no-browser")
    with serving:
        assert serving.stdout is not None
        try:
            found = re.match(r"(http://127\.0\.0\.1:\d+/) shows ", serving.stdout.readline())
            assert found is not None
            yield found[1]
        finally:
            serving.terminate()
            serving.communicate(timeout=20)


def test_the_slider_shows_each_moment_and_the_last_is_the_summary(
    ended: tuple[Path, list[Picture], dict[str, Any]], browser: Any
) -> None:
    out, pictures, summary = ended
    said: list[str] = []
    with opened(out) as url:
        context = browser.new_context()
        page = context.new_page()
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(url)
        page.wait_for_selector("main:not([hidden])")
        assert page.text_content("#state") == "finished"
        assert page.text_content("#done") == f"{summary['discovered']:,}"
        page.focus("#moment")
        page.keyboard.press("Home")
        for shown in pictures:
            assert page.text_content("#done") == f"{pages_done(shown):,}"
            page.keyboard.press("ArrowRight")
        context.close()
    assert said == []
