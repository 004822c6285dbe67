"""The manifest, and one walk of the reference crawler over the live site for all tests here."""

import json
from typing import Any

import pytest

from crawler.lab.site.site_process import SiteProcess
from tests.lab.reference_crawl import MANIFEST, Crawl, crawl


@pytest.fixture(scope="session")
def expected() -> dict[str, Any]:
    return json.loads(MANIFEST.read_text("utf-8"))


@pytest.fixture(scope="session")
def urls(expected: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return expected["urls"]


@pytest.fixture(scope="session")
def walked() -> tuple[Crawl, str, list[str]]:
    """The reference crawl, the site's base, and what the site was asked for."""
    with SiteProcess() as site:
        return crawl(site.url), site.url, [path for _, path, _ in site.requests()]
