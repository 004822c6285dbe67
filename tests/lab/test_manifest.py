"""The manifest against a second crawler, the site's data, and what is written here by hand."""

import json
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from crawler.lab.site_process import SiteProcess
from crawler.model.outcomes import Kind, Outcome
from tests.lab.reference_crawl import MANIFEST, Crawl, crawl, manifest

SITE = MANIFEST.parent / "site"
FRAME_LINKS = 21
"""On every framed page: the start page, 7 rooms, 5 shelves, 6 bestsellers, imprint and workshop."""


def toml(name: str) -> dict[str, Any]:
    return tomllib.loads((SITE / name).read_text("utf-8"))


@pytest.fixture(scope="module")
def expected() -> dict[str, Any]:
    return json.loads(MANIFEST.read_text("utf-8"))


@pytest.fixture(scope="module")
def urls(expected: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return expected["urls"]


@pytest.fixture(scope="module")
def walked() -> tuple[Crawl, str, list[str]]:
    """The reference crawl, the site's base, and what the site was asked for."""
    with SiteProcess() as site:
        return crawl(site.url), site.url, [path for _, path, _ in site.requests()]


def test_it_is_what_the_reference_crawl_finds(
    walked: tuple[Crawl, str, list[str]], expected: dict[str, Any]
) -> None:
    assert manifest(walked[0], expected["never_requested"]) == MANIFEST.read_text("utf-8")


def test_it_speaks_the_language_of_records(urls: dict[str, dict[str, Any]]) -> None:
    for path, record in urls.items():
        assert record["outcome"] in list(Outcome), path
        assert record["kind"] in [None, *Kind], path
        assert (record["kind"] is None) == (record["outcome"] == Outcome.OK), path
        assert path.startswith("/")
        assert "#" not in path


def test_its_counts_add_up(expected: dict[str, Any], urls: dict[str, dict[str, Any]]) -> None:
    counts = expected["counts"]
    assert counts["discovered"] == len(urls) == counts["ok"] + counts["error"] + counts["skipped"]
    assert sum(expected["kinds"].values()) == counts["error"] + counts["skipped"]
    pages = [
        path
        for path, record in urls.items()
        if record["outcome"] == "ok" and "html" in record["content_type"]
    ]
    assert len(pages) >= 80


def test_depths_and_hops_do_not_depend_on_timing(walked: tuple[Crawl, str, list[str]]) -> None:
    """Whatever else links to a page is only reached through the pages that link to it at its depth."""
    found = walked[0]
    for path, record in found.urls.items():
        if path == "/":
            continue
        sources = [
            (source, step) for source, edges in found.edges.items() for to, step in edges if to == path
        ]
        sources = [(source, step) for source, step in sources if source != path]
        nearest = {
            source for source, step in sources if found.urls[source]["depth"] + step == record["depth"]
        }
        if record["redirects"]:
            assert len(sources) == 1, f"{path} has hops only if its redirect comes first"
        else:
            nearest = {source for source, step in sources if step == 1 and source in nearest}
        assert path not in reachable(found, nearest), f"{path} may be found at another depth"


def reachable(found: Crawl, without: set[str]) -> set[str]:
    seen: set[str] = set()
    todo = [] if "/" in without else ["/"]
    while todo:
        path = todo.pop()
        if path not in seen:
            seen.add(path)
            todo += [target for target, _ in found.edges[path] if target not in without]
    return seen


@pytest.mark.parametrize(
    ("path", "outcome", "kind", "status"),
    [
        ("/", "ok", None, 200),
        ("/catalogue.html", "skipped", "redirected", 301),
        ("/shop/contact.php", "skipped", "redirected", 302),
        ("/workshop/moved/307", "skipped", "redirected", 307),
        ("/workshop/moved/308", "skipped", "redirected", 308),
        ("/workshop/chain/one", "skipped", "redirected", 301),
        ("/workshop/chain/three", "skipped", "redirected", 307),
        ("/workshop/chain/end", "ok", None, 200),
        ("/workshop/loop/a", "skipped", "redirected", 302),
        ("/workshop/loop/b", "error", "redirect_loop", 302),
        ("/workshop/loop/self", "error", "redirect_loop", 302),
        ("/workshop/greeting", "ok", None, 200),
        ("/workshop/moved/off-site", "skipped", "out_of_scope", 302),
        ("/workshop/moved/nowhere", "error", "bad_redirect", 302),
        ("/workshop/moved/garbled", "error", "bad_redirect", 302),
        ("/workshop/desk", "skipped", "redirected", 302),
        ("/admin/desk", "skipped", "robots", None),
        ("/admin/", "skipped", "robots", None),
        ("/admin/opening-hours", "ok", None, 200),
        ("/basket?session=7f3a", "skipped", "robots", None),
        ("/search.cgi", "skipped", "robots", None),
        ("/search.cgi?q=tea", "ok", None, 200),
        ("/books/a-book-nobody-wrote", "error", "http_status", 404),
        ("/articles/2022/", "error", "http_status", 404),
        ("/books/the-lamp-that-went-out", "error", "http_status", 410),
        ("/stock/yesterday", "error", "http_status", 500),
        ("/stock/today", "ok", None, 200),
        ("/static/shopfront.png", "skipped", "content_type", 200),
        ("/static/price-list.pdf", "skipped", "content_type", 200),
        ("/house-rules.txt", "ok", None, 200),
        ("/api/books.json", "ok", None, 200),
        ("/sitemap.xml", "ok", None, 200),
        ("/workshop/colophon.xhtml", "ok", None, 200),
        ("/workshop/empty", "ok", None, 200),
    ],
)
def test_what_is_odd_ends_as_the_rules_say(
    urls: dict[str, dict[str, Any]], path: str, outcome: str, kind: str | None, status: int | None
) -> None:
    record = urls[path]
    assert (record["outcome"], record["kind"], record["status"]) == (outcome, kind, status)


def test_hops_and_attempts_are_as_written_down(urls: dict[str, dict[str, Any]]) -> None:
    chain = ["/workshop/chain/one", "/workshop/chain/two", "/workshop/chain/three"]
    assert [hop["url"] for hop in urls["/workshop/chain/end"]["redirects"]] == chain
    assert urls["/workshop/chain/two"]["redirects"] == [
        {"url": "/workshop/chain/one", "status": 301, "location": "/workshop/chain/two"}
    ]
    assert urls["/books/"]["redirects"] == urls["/contact"]["redirects"] == []
    attempts = {path: record["attempts"] for path, record in urls.items() if record["attempts"] != 1}
    assert attempts == {"/stock/yesterday": 4, "/stock/today": 2}


def test_charsets_are_as_written_down(urls: dict[str, dict[str, Any]]) -> None:
    names = {"lisbon": "windows-1252", "zurich": "UTF-8", "athens": "UTF-16LE", "odessa": "KOI8-R"}
    names |= {"kanazawa": "Shift_JIS", "hangzhou": "GB18030", "malmo": "UTF-8"}
    assert {name: urls[f"/letters/{name}"]["charset"] for name in names} == names
    titles = {page["path"]: page["title"] for page in toml("pages.toml")["page"]}
    for path, title in titles.items():
        assert urls[path]["title"] == f"{title} · Lantern Street Books"


def test_every_book_author_and_article_is_in_it(urls: dict[str, dict[str, Any]]) -> None:
    books = [book for shelf in toml("shop.toml")["shelves"] for book in toml(f"books/{shelf}.toml")["book"]]
    assert len(books) == 45
    for book in books:
        record = urls[f"/books/{book['slug']}"]
        assert record["title"] == f"{book['title']} · Lantern Street Books"
        assert record["depth"] == (1 if book.get("featured") else 3)
        assert record["links"] == FRAME_LINKS
    for key, author in toml("authors.toml").items():
        record = urls[f"/authors/{key}"]
        own = [book for book in books if book["author"] == key and not book.get("featured")]
        assert (record["title"], record["depth"]) == (f"{author['name']} · Lantern Street Books", 2)
        assert record["links"] == FRAME_LINKS + len(own)
    for article in toml("articles.toml")["article"]:
        assert urls[f"/articles/{article['date'].year}/{article['slug']}"]["title"].startswith(
            article["title"]
        )
    for page in toml("docs.toml")["page"]:
        assert urls[page["path"]]["depth"] == (3 if "parent" in page else 2)
    assert set(toml("workshop.toml")["found"]["paths"]) <= set(urls)


def test_odd_links_resolve_as_written_down(walked: tuple[Crawl, str, list[str]]) -> None:
    found, base, _ = walked
    in_the_frame = set(found.links["/workshop/private-notes"])
    odd = [url.replace(base, "/") for url in found.links["/workshop/odd-links"] if url not in in_the_frame]
    host = base.removeprefix("http://")
    assert odd == [
        "/workshop/odd-links",
        "/workshop/odd/spaces-around",
        "/workshop/odd/on-its-own-line",
        "/workshop/odd/tabbed",
        "/workshop/odd/white%20space",
        "/workshop/odd/loud-scheme",
        "/workshop/odd/no-scheme",
        "/workshop/odd/one-slash",
        "/workshop/odd/backslash",
        "/workshop/odd/dot",
        "/workshop/odd/dot-dot",
        "/workshop/odd/trail/",
        "/workshop/odd/above-the-root",
        "/workshop/odd/encoded-dots",
        "/workshop/odd//two-slashes",
        "/workshop/odd-links?view=list",
        "/workshop/odd/query?a=1&b=2",
        "/workshop/odd/query?b=2&a=1",
        "/workshop/odd/caf%C3%A9",
        "/workshop/odd/%E7%81%AF",
        "/workshop/odd/search?q=k%C3%A4se",
        "/workshop/odd/semi;colon=1,2",
        "/workshop/odd/fragment",
        "http://offsite.example/no-scheme",
        "http://offsite.example/backslashes",
        "https://offsite.example/default-port",
        "http://offsite.example/loud-host",
        "http://xn--bcher-kva.example/stra%C3%9Fe",
        "http://user:secret@offsite.example/",
        f"https://{host}",
    ]


def test_what_must_not_be_requested_was_not(
    walked: tuple[Crawl, str, list[str]], expected: dict[str, Any], urls: dict[str, dict[str, Any]]
) -> None:
    never = expected["never_requested"]
    never_at_all = {path for paths in never.values() for path in paths}
    assert {reason: set(paths) for reason, paths in never.items()} == {
        reason: set(paths) for reason, paths in toml("workshop.toml")["never"].items() if reason != "title"
    }
    assert not never_at_all & set(walked[2])
    assert {path for path, record in urls.items() if record["kind"] == "robots"} == set(never["robots"])
    assert not set(urls) & (never_at_all - set(never["robots"]))


def test_everything_else_was_requested(
    walked: tuple[Crawl, str, list[str]], urls: dict[str, dict[str, Any]]
) -> None:
    asked = walked[2]
    for path, record in urls.items():
        again = 1 if path == "/workshop/greeting" else 0
        assert asked.count(path) == (0 if record["kind"] == "robots" else record["attempts"] + again), path


def test_fragments_lead_somewhere(walked: tuple[Crawl, str, list[str]]) -> None:
    found = walked[0]
    broken = []
    for page, targets in found.fragments.items():
        for target in targets:
            path, _, fragment = target.partition("#")
            if fragment not in found.ids.get(path, ()):
                broken.append((page, target))
    assert broken == [
        ("/workshop/odd-links", "/workshop/odd/fragment#first"),
        ("/workshop/odd-links", "/workshop/odd/fragment#second"),
        ("/workshop/based", "/workshop/annex/#wall"),
    ]


def test_the_site_holds_data_only() -> None:
    files = [path.suffix for path in files_in(MANIFEST.parent)]
    assert set(files) == {".md", ".json", ".toml", ".html", ".css", ".svg", ".png", ".pdf"}


def files_in(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file())
