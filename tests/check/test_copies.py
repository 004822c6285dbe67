"""A file of a folder that is linked by several URLs is one page of the report."""

import os
import sys
from pathlib import Path

import pytest

from crawler.check.named import NamedResult
from crawler.check.result import open_result
from crawler.model.facts import Odd
from crawler.model.sources import Source
from tests.check.sites import HOME, MadeSite, one, placed, told


@pytest.fixture
def public(tmp_path: Path) -> Path:
    folder = tmp_path / "public"
    (folder / "guide").mkdir(parents=True)
    for name in ("index.html", "about.html", "alone.html", "guide/index.html"):
        (folder / name).write_text("a page")
    return folder


def site_of(folder: Path) -> MadeSite:
    site = MadeSite(check={"enabled": True, "folder": folder}, sitemaps={"urls": [f"{HOME}list"]})
    site.page("/?v=1", "/gone", title="Home", marks=[(Odd.NO_ALT, 3, 1, "i.png")])
    for url in ("/", "/index.html"):
        site.page(
            url,
            "/gone",
            "/about#no",
            "/about.html#no",
            "/guide",
            title="Home",
            marks=[(Odd.NO_ALT, 3, 1, "i.png")],
        )
    for url in ("/about", "/about.html", "/about?v=2"):
        site.page(url, "/", title="About")
    site.page("/guide/", ("/about#no", Source.A), title="Guide").page("/guide/index.html", title="Guide")
    site.page("/alone.html", title="Alone").redirect("/guide", "/guide/").missing("/gone")
    return site.sitemap("/list", "/index.html", "/about.html", "/guide/", "/alone.html")


def test_what_is_said_of_it_is_said_once(tmp_path: Path, public: Path) -> None:
    site = site_of(public)
    with open_result(site.write(tmp_path / "out")) as found:
        result = NamedResult(found, site.config)
        assert told(result) == {
            "broken-link": ["gone"],
            "broken-fragment": ["about.html#no"],
            "redirect-permanent": ["guide"],
            "missing-alt": ["i.png"],
            "orphan": ["alone.html"],
        }
        assert placed(result, one(result, "broken-link")) == [("index.html", 1)]
        lost = one(result, "broken-fragment")
        assert placed(result, lost) == [("index.html", 2), ("index.html", 3), ("guide/index.html", 1)]
        assert result.pages == 4


def test_the_urls_of_a_site_are_pages_of_their_own(tmp_path: Path, public: Path) -> None:
    site = site_of(public)
    site.config = site.config.replace({"check.folder": None})
    with open_result(site.write(tmp_path / "out")) as result:
        assert len(placed(result, one(result, "broken-link"))) == 3
        assert result.pages == 9


@pytest.mark.skipif(sys.platform != "linux", reason="the system takes no name that is not UTF-8")
def test_a_file_whose_name_is_no_utf8_has_it_escaped_and_is_located(
    public: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    (public / os.fsdecode(b"b\xff.html")).write_text("a page with a <a href=/gone>link</a>")
    site = MadeSite(
        check={"enabled": True, "folder": public, "ignore": [{"rule": "orphan", "url": "x", "reason": "y"}]}
    )
    site.page("/", "/b%FF.html", title="Home").page("/b%FF.html", "/gone", title="B").missing("/gone")
    with open_result(site.write(tmp_path / "out")) as found:
        result = NamedResult(found, site.config)
        ((page, _),) = placed(result, one(result, "broken-link"))
        assert page == "b\\xff.html"
        spot = result.sources.at(next(result.places(one(result, "broken-link"))), result.findings[0])
        assert os.fsencode(spot.file) == b"public/b\xff.html"
