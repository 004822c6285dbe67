"""What a crawl says of itself at its end."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from crawler.engine import conclusion
from crawler.engine.conclusion import CrawlReport


@pytest.mark.parametrize("end", ["", "."])
def test_what_went_wrong_and_how_to_go_on_are_one_sentence(end):
    why = "A long body cannot be written to crawls/x/spool/7.body: No space left on device"
    report = CrawlReport(Path("crawls/x"), "incomplete", message=f"{why}{end}")
    stations: Any = SimpleNamespace(stopped=False)
    view: Any = SimpleNamespace(pages_ok=lambda: (1, 0, 1))
    conclusion._judge(report, stations, view, 3, {})
    assert report.message == f"{why}; to go on: crawler resume crawls/x"
