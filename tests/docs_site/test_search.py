"""The search of the site, opened from a folder as most people open it: prose comes before code."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from docs.site_search import prose_first
from tests.browser import WIDE

pytestmark = pytest.mark.timeout(300)  # the site is built meanwhile, and the machine may do much else
ENGLISH = (
    "back-pressure", "sink", "semaphore", "fork", "robots", "pickle", "heartbeat", "frontier", "daemon",
    "deadlock",
)  # fmt: skip
CHINESE = ("背压", "信号量", "协程", "进程池", "死锁", "守护进程")


class Search:
    """The search of one page that was opened once."""

    def __init__(self, shown, site: Path) -> None:
        self.shown, self.site = shown, site
        shown.goto((site / "index.html").as_uri())
        shown.keyboard.press("Control+k")
        self.words = shown.get_by_role("combobox")
        self.found = shown.get_by_role("option")

    def find(self, words: str) -> list[str]:
        """The addresses of the first results."""
        self.words.fill("")
        self.found.first.wait_for(state="hidden")  # those of the words before are gone
        self.words.fill(words)
        self.found.first.wait_for()
        found = self.found.evaluate_all("(links) => links.map((link) => link.href)")
        return [address.removeprefix(f"{self.site.as_uri()}/") for address in found]


@pytest.fixture(scope="module")
def search(site: Path, browser) -> Iterator[Search]:
    context = browser.new_context(viewport=WIDE, reduced_motion="reduce")
    yield Search(context.new_page(), site)
    context.close()


@pytest.mark.parametrize("words", ENGLISH)
def test_prose_is_found_before_code(search: Search, words: str):
    found = search.find(words)
    code = [address.startswith("code/") for address in found]
    assert not any(code[:3]), found
    assert code == sorted(code)


@pytest.mark.parametrize("words", CHINESE)
def test_chinese_words_find_chinese_pages(search: Search, words: str):
    found = search.find(words)
    assert ".zh.html" in found[0]
    assert len([address for address in found[:3] if ".zh.html" in address]) >= 2, found


@pytest.mark.parametrize("page", ["learn/glossary.html", "learn/gallery.html", "lab.html"])
def test_a_page_is_found_by_its_name(search: Search, page: str):
    name = page.rpartition("/")[2].removesuffix(".html")
    assert search.find(name)[0].partition("#")[0] == page


def test_code_is_still_found(search: Search):
    assert search.find("ByteQueue QueueClosed")[-1].startswith("code/")
    found = search.find("remove_semaphores")
    assert "code/crawler/plumbing/fork_server_process.py.html#remove_semaphores" in found


def test_a_search_that_sorts_in_another_way_is_refused(tmp_path: Path):
    worker = tmp_path / "assets" / "javascripts" / "workers" / "search.1.js"
    worker.parent.mkdir(parents=True)
    worker.write_text("a.items.sort(b)")
    (tmp_path / "search.json").write_text('{"items": []}')
    with pytest.raises(LookupError, match="0 places"):
        prose_first(tmp_path)
