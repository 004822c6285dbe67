"""The report of the lab in Chinese, in a real browser: it can be read on a telephone, and by everybody."""

import json
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe

from crawler.lab.experiment_process import Result
from crawler.lab.finding import Scale
from crawler.lab.laboratory import Report
from crawler.lab.language import CHINESE
from crawler.lab.machine import Machine
from crawler.lab.report.page import page
from docs import make_gallery
from tests.browser import NARROW, WIDE, browser, opened  # noqa: F401

RUN = json.loads((make_gallery.KEPT / "report.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def chinese_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of the kept run, in Chinese."""
    report = Report(Machine(**RUN["machine"]), Scale(RUN["scale"]), language=CHINESE)
    for name, kept in RUN["experiments"].items():
        finding = CHINESE.finding(name, make_gallery.finding_of(kept))
        picture = make_gallery.KEPT / name if kept["pictures"] else None
        report.results.append(Result(name, 1.0, finding, picture=picture))
    report.results += [
        Result(name, 0.1, not_possible=CHINESE.reason(name, why)) for name, why in RUN["not_possible"].items()
    ]
    file = tmp_path_factory.mktemp("report") / "report.html"
    file.write_text(page(report))
    return file


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [NARROW, WIDE], ids=["narrow", "wide"])
def test_the_page_can_be_read(chinese_page: Path, viewport, scheme: str, browser):  # noqa: F811
    with opened(browser, chinese_page, viewport, scheme) as shown:
        assert shown.evaluate("document.documentElement.scrollWidth <= innerWidth"), "no scrolling aside"
        drawn = shown.evaluate("[...document.images].map((one) => [one.naturalWidth, one.clientWidth])")
        assert len(drawn) == sum(bool(kept["pictures"]) for kept in RUN["experiments"].values())
        assert all(shown_width > 0.7 * natural > 0 for natural, shown_width in drawn), "words are readable"
        found = Axe().run(shown, options={"resultTypes": ["violations"]}).response["violations"]
        assert [(each["id"], each["nodes"][0]["html"]) for each in found] == []
