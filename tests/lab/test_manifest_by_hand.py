"""What the manifest must say about what is odd, written down by hand from the contract and the standards."""

from typing import Any

import pytest

from tests.lab.reference_crawl import Crawl


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
    names |= {"kanazawa": "Shift_JIS", "hangzhou": "gb18030", "malmo": "UTF-8"}
    assert {name: urls[f"/letters/{name}"]["charset"] for name in names} == names
    assert urls["/letters/lisbon"]["title"] == "Uma carta de Lisboa · Lantern Street Books"
    assert urls["/letters/athens"]["title"] == "Ένα γράμμα από την Αθήνα · Lantern Street Books"
    assert urls["/letters/odessa"]["title"] == "Письмо из Одессы · Lantern Street Books"
    assert urls["/letters/kanazawa"]["title"] == "金沢からの手紙 · Lantern Street Books"


def test_titles_are_collapsed_and_missing_ones_are_null(urls: dict[str, dict[str, Any]]) -> None:
    assert urls["/workshop/odd-links"]["title"] == "Odd links & ends · Lantern Street Books"
    assert urls["/workshop/damaged"]["title"] == "A damaged page"
    for path in ("/workshop/empty", "/house-rules.txt", "/api/books.json", "/sitemap.xml"):
        assert (urls[path]["title"], urls[path]["links"]) == (None, 0)


def test_links_in_odd_markup_are_as_written_down(walked: tuple[Crawl, str, list[str]]) -> None:
    found, base, _ = walked
    frame = set(found.links["/workshop/twin"])

    def own(path: str) -> list[str]:
        return [url.replace(base, "/") for url in found.links[path] if url not in frame]

    assert own("/workshop/damaged") == [
        f"/workshop/found/{name}"
        for name in (
            "unquoted",
            "first-wins",
            "capitals",
            "outer",
            "inner",
            "entity?a=1&copy=2",
            "between-the-cells",
            "unclosed",
            "wide",
            "after-the-end",
        )
    ]
    assert own("/workshop/hidden-links") == ["/workshop/found/the-real-one"]
    assert own("/workshop/based") == [
        "/workshop/annex/north",
        "/workshop/annex/south?room=2",
        "/workshop/annex/",
    ]


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
