"""The manifest against a second crawler and against the site's own data."""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from crawler.model.outcomes import Kind, Outcome
from tests.lab.reference_crawl import MANIFEST, Crawl, manifest

SITE = MANIFEST.parent / "site"
FRAME_LINKS = 21
"""On every framed page: the start page, 7 rooms, 5 shelves, 6 bestsellers, imprint and workshop."""


def toml(name: str) -> dict[str, Any]:
    return tomllib.loads((SITE / name).read_text("utf-8"))


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
    for page in toml("pages.toml")["page"]:
        assert urls[page["path"]]["title"] == f"{page['title']} · Lantern Street Books"
    assert set(toml("workshop.toml")["found"]["paths"]) <= set(urls)


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
    files = {path for path in files_in(MANIFEST.parent) if "annex" not in path.parts}
    assert {path.suffix for path in files} == {
        ".md",
        ".json",
        ".toml",
        ".html",
        ".css",
        ".svg",
        ".png",
        ".pdf",
    }


def test_the_annex_holds_what_is_served_and_nothing_that_is_run() -> None:
    outside = {path.name for path in files_in(MANIFEST.parent / "annex") if "pages" not in path.parts}
    assert outside == {"answers.toml", "manifest.json"}
    assert not [path for path in files_in(MANIFEST.parent / "annex") if path.suffix in (".py", ".sh")]


def files_in(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file())
