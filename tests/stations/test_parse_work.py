"""From a Page to its Finished: the record's keys, the links passed on, and what failed."""

import pickle
import subprocess
import sys
from array import array
from pathlib import Path
from typing import Any

import msgspec
import pytest
from xxhash import xxh3_128_hexdigest

from crawler.model.messages import Finished, Hop, Page, Ticket
from crawler.model.outcomes import Kind, Outcome, Purpose
from crawler.model.record import decode
from crawler.parse import work
from crawler.parse.extract_page import ExtractPage
from crawler.parse.parser_process import ParseJob
from crawler.parse.work import Parser
from crawler.rules.dedup import fingerprint
from crawler.rules.near_duplicates import near_hash
from crawler.rules.scope import Scope

SITE = "http://site.test"
SCOPE = Scope(frozenset([SITE]))
BODY = (
    b"<title>T</title><link rel=canonical href=/c><meta name=robots content=NOARCHIVE>"
    b"<a href=a>a</a><a href=http://other.test/>o</a><a href=b rel=nofollow>b</a><a href=a#x>a</a>"
)


def ticket(**changes: Any) -> Ticket:
    return Ticket(
        **{"id": 7, "url": SITE + "/p", "lane": 1, "depth": 2, "referrer": SITE + "/", "attempt": 3} | changes
    )


def page(body: bytes = BODY, **changes: Any) -> Page:
    values: dict[str, Any] = {
        "ticket": ticket(),
        "status": 200,
        "headers": (("content-type", "text/html"),),
        "pieces": (body[:7], body[7:]),
        "body_path": None,
        "size": len(body),
        "content_type": "text/html",
        "fetched_at": 1_714_979_289.0625,
        "elapsed": 0.012_46,
    }
    return Page(**values | changes)


def parser(function: Any = None, **changes: Any) -> Parser:
    return Parser(ParseJob(**{"scope": SCOPE, "hash_seed": 5} | changes), function)


def urls(finished: Finished, purpose: Purpose = Purpose.PAGE) -> list[str]:
    """What it leads to, for that purpose."""
    return [
        url for some in finished.links if some.purpose is purpose for url in some.urls.decode().split("\n")
    ]


def test_an_ordinary_page() -> None:
    finished = parser().parse(page())
    assert (finished.outcome, finished.kind, finished.ticket) == (Outcome.OK, None, ticket())
    assert msgspec.json.decode(finished.record) == {
        "url": SITE + "/p",
        "final_url": SITE + "/p",
        "outcome": "ok",
        "kind": None,
        "message": None,
        "status": 200,
        "depth": 2,
        "referrer": SITE + "/",
        "attempts": 3,
        "fetched_at": "2024-05-06T07:08:09.062Z",
        "elapsed_ms": 12.5,
        "bytes": len(BODY),
        "content_type": "text/html",
        "charset": "windows-1252",
        "title": "T",
        "canonical": SITE + "/c",
        "meta_robots": ["noarchive"],
        "links": [SITE + "/a", "http://other.test/", SITE + "/b"],
        "text_length": 4,
        "extracted": None,
        "redirects": [],
        "generation": 1,
        "unchanged": False,
        "content_hash": xxh3_128_hexdigest(BODY),
        "near_hash": f"{near_hash('aoba') % 2**64:016x}",
    }


def test_links_in_scope_are_passed_on_with_their_fingerprints() -> None:
    finished = parser().parse(page())
    assert urls(finished) == [SITE + "/a"]
    assert (finished.links_out_of_scope, finished.links_nofollow, finished.links_too_deep) == (1, 1, 0)
    (links,) = finished.links
    assert list(array("Q", links.fingerprints)) == [fingerprint(SITE + "/a", 5)]


def test_when_robots_are_not_obeyed_nofollow_means_nothing() -> None:
    finished = parser(obey_robots=False).parse(page(b"<meta name=robots content=none>" + BODY))
    assert urls(finished) == [SITE + "/a", SITE + "/b"]
    assert finished.links_nofollow == 0
    assert decode(finished.record).meta_robots == ["noarchive", "nofollow", "noindex"]


@pytest.mark.parametrize("how", ["meta", "header"])
def test_a_page_that_says_nofollow_passes_no_links_on_but_records_them(how: str) -> None:
    if how == "meta":
        finished = parser().parse(page(b"<meta name=robots content=none>" + BODY))
    else:
        finished = parser().parse(page(follow=False))
    assert finished.links == ()
    assert (finished.links_out_of_scope, finished.links_nofollow) == (1, 2)
    assert len(decode(finished.record).links) == 3


@pytest.mark.parametrize(("max_depth", "too_deep"), [(3, 0), (2, 1), (0, 1), (None, 0)])
def test_links_too_deep_are_counted_and_left_to_the_frontier(max_depth: int | None, too_deep: int) -> None:
    scope = Scope(frozenset([SITE]), max_depth=max_depth)
    finished = parser(scope=scope).parse(page())
    assert (len(urls(finished)), finished.links_too_deep) == (1, too_deep)
    assert (finished.links_out_of_scope, finished.links_nofollow) == (1, 1)


def test_a_truncated_page_is_parsed_as_far_as_it_goes() -> None:
    finished = parser().parse(page(BODY[:-30], truncated=True))
    record = decode(finished.record)
    assert (
        (finished.outcome, finished.kind)
        == (record.outcome, record.kind)
        == (Outcome.TRUNCATED, Kind.TOO_LARGE)
    )
    assert record.message == f"only the first {len(BODY) - 30} bytes of the body were kept"
    assert urls(finished) == [SITE + "/a"]


def test_a_spooled_body_is_read_and_left(tmp_path: Path) -> None:
    path = tmp_path / "body"
    path.write_bytes(BODY)
    finished = parser().parse(page(b"", body_path=str(path), size=len(BODY)))
    assert decode(finished.record).title == "T"
    assert path.exists()


def test_text_only_when_asked_for() -> None:
    record = decode(parser(keep_text=True).parse(page()).record)
    assert record.text == "aoba"
    assert record.text_length == len("aoba")
    assert decode(parser().parse(page()).record).text is msgspec.UNSET


def test_redirects_and_headers_that_are_not_utf8_can_be_written() -> None:
    hops = (Hop(SITE + "/old", 302, "/p\udce9"),)
    finished = parser().parse(page(ticket=ticket(redirects=hops), content_type="text/html; x=\udce9"))
    record = decode(finished.record)
    assert record.redirects == (Hop(SITE + "/old", 302, "/p?"),)
    assert record.content_type == "text/html; x=?"


def test_what_extract_returns_stands_in_the_record() -> None:
    finished = parser(lambda page: {"h": [e.text for e in page.css("a")]}).parse(page())
    assert decode(finished.record).extracted == {"h": ["a", "o", "b", "a"]}


def test_extract_is_loaded_by_name() -> None:
    finished = parser(extract=f"{__name__}:headers_of").parse(page())
    assert decode(finished.record).extracted == {"type": "text/html", "status": 200}


def headers_of(page: ExtractPage) -> dict[str, Any]:
    return {"type": page.headers["Content-Type"], "status": page.status}


def test_an_extract_that_fails_costs_its_result_only() -> None:
    def extract(page: ExtractPage) -> Any:
        page.links.clear()
        raise KeyError("price")

    finished = parser(extract).parse(page(truncated=True))
    record = decode(finished.record)
    assert finished.outcome is Outcome.TRUNCATED
    assert record.extracted is None
    assert (
        record.message
        == f"only the first {len(BODY)} bytes of the body were kept; extract: KeyError: 'price'"
    )
    assert len(record.links) == 3


def test_the_first_failure_of_an_extract_comes_with_its_traceback_and_later_ones_in_a_line() -> None:
    def extract(page: ExtractPage) -> Any:
        raise KeyError("price")

    parsing = parser(extract)
    first, second = (parsing.parse(page()).extract_error for _ in range(2))
    assert first is not None
    assert first.startswith("Traceback (most recent call last):\n")
    assert f'File "{__file__}", line {extract.__code__.co_firstlineno + 1}, in extract' in first
    assert "crawler/parse" not in first
    assert second == "extract: KeyError: 'price'"
    assert parser(lambda _: None).parse(page()).extract_error is None


def test_a_page_that_asks_for_a_password_is_noted_by_its_title() -> None:
    form = b"<title> Sign\n in </title><input type=PASSWORD>"
    assert parser().parse(page(body=form)).login == "Sign in"
    assert parser().parse(page(body=b"<input type=password>")).login == ""
    assert (
        parser().parse(page(body=b"<input type=text><template><input type=password></template>")).login
        is None
    )


def test_memory_errors_are_raised_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def hungry(page: ExtractPage) -> Any:
        raise MemoryError

    with pytest.raises(MemoryError):
        parser(hungry).parse(page())


def test_an_error_of_the_parser_itself_costs_one_page(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*args: object, **kwargs: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(work, "parse_html", broken)
    finished = parser().parse(page(content_type="\udce9"))
    record = decode(finished.record)
    assert (
        (finished.outcome, finished.kind)
        == (record.outcome, record.kind)
        == (Outcome.ERROR, Kind.PARSE_CRASH)
    )
    assert record.message == "the parser failed: RuntimeError: a bug"
    assert (record.status, record.bytes, record.attempts) == (200, len(BODY), 3)
    assert "a bug" in caplog.text


def test_a_spooled_body_that_is_gone_costs_one_page(tmp_path: Path) -> None:
    finished = parser().parse(page(b"", body_path=str(tmp_path / "gone")))
    assert finished.body_lost
    assert finished.kind is Kind.PARSE_CRASH
    assert "FileNotFoundError" in str(decode(finished.record).message)


def test_a_spooled_body_that_is_cut_or_cannot_be_read_is_lost_too(tmp_path: Path) -> None:
    (tmp_path / "cut").write_bytes(BODY[:-1])
    for path, why in (("cut", f"{len(BODY) - 1} of {len(BODY)} bytes"), (".", "IsADirectoryError")):
        finished = parser().parse(page(b"", body_path=str(tmp_path / path), size=len(BODY)))
        assert finished.body_lost
        assert why in str(decode(finished.record).message)


def test_an_error_of_the_page_is_no_lost_body(tmp_path: Path) -> None:
    def missing(page: ExtractPage) -> Any:
        return Path(tmp_path / "none").read_text()

    assert not parser(missing).parse(page()).body_lost


def test_a_job_travels_to_another_process() -> None:
    job = ParseJob(scope=SCOPE, hash_seed=2**64 - 1, extract="a:b")
    assert pickle.loads(pickle.dumps(job)) == job


def test_a_child_imports_nothing_that_it_does_not_need() -> None:
    code = "import sys, crawler.parse.work; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    heavy = {
        "aiohttp",
        "click",
        "rich",
        "sqlite3",
        "asyncio",
        "multiprocessing",
    }
    assert heavy.isdisjoint(loaded)
    assert not [
        name for name in loaded if name.startswith(("crawler.config", "crawler.engine", "crawler.cli"))
    ]


# -- sitemaps --------------------------------------------------------------------------------------


def sitemap(body: str, indexes: int = 0, **changes: Any) -> Page:
    asked = ticket(purpose=Purpose.SITEMAP, indexes=indexes, depth=0)
    return page(body.encode(), ticket=asked, content_type="text/xml", **changes)


def maps(finished: Finished) -> list[str]:
    return urls(finished, Purpose.SITEMAP)


URLSET = "<urlset><url><loc>/a</loc></url><url><loc>http://other.test/</loc></url></urlset>"
INDEX = (
    "<sitemapindex><sitemap><loc>/a.xml</loc></sitemap>"
    "<sitemap><loc>http://other.test/b.xml</loc></sitemap></sitemapindex>"
)


def test_what_a_sitemap_names_is_followed_inside_the_scope() -> None:
    finished = parser().parse(sitemap(URLSET))
    assert (finished.outcome, finished.kind) == (Outcome.OK, None)
    assert (urls(finished), maps(finished), finished.links_out_of_scope) == ([SITE + "/a"], [], 1)
    line = decode(finished.record)
    assert line.links == [SITE + "/a", "http://other.test/"]
    assert (line.title, line.charset, line.depth) == (None, "UTF-8", 0)


def test_an_index_is_followed_where_sitemaps_may_lie_and_three_deep() -> None:
    for scope, inside in ((None, ["/a.xml"]), (SCOPE.for_sitemaps(["http://other.test/x"]), ["/a.xml", "b"])):
        finished = parser(sitemap_scope=scope).parse(sitemap(INDEX, indexes=1))
        assert len(maps(finished)) == len(inside) == 2 - finished.links_out_of_scope
        assert urls(finished) == []
    finished = parser().parse(sitemap(INDEX, indexes=2))
    assert (maps(finished), finished.links_too_deep, finished.links_out_of_scope) == ([], 1, 1)
    assert decode(finished.record).message == "an index within 2 others is not followed"


def test_nofollow_holds_for_sitemaps_and_a_depth_limit_for_their_pages() -> None:
    for body in (URLSET, INDEX):
        finished = parser().parse(sitemap(body, follow=False))
        assert (urls(finished), maps(finished), finished.links_nofollow) == ([], [], 1)
        assert parser(obey_robots=False).parse(sitemap(body, follow=False)).links_nofollow == 0
    assert parser(scope=Scope(frozenset([SITE]), max_depth=0)).parse(sitemap(URLSET)).links_too_deep == 1


def test_a_sitemap_that_is_cut_damaged_or_none_ends_as_such_and_what_it_named_counts() -> None:
    cut = parser().parse(sitemap(URLSET[:-30], truncated=True))
    assert (cut.outcome, cut.kind, urls(cut)) == (Outcome.TRUNCATED, Kind.TOO_LARGE, [SITE + "/a"])
    assert decode(cut.record).message == f"only the first {len(URLSET) - 30} bytes of the sitemap were kept"
    damaged = parser().parse(sitemap(URLSET[:-9] + "&"))
    assert (damaged.outcome, damaged.kind, urls(damaged)) == (Outcome.ERROR, Kind.ENCODING, [SITE + "/a"])
    none = parser().parse(sitemap("<html><a href=/a>a</a>"))
    assert (none.outcome, none.kind, urls(none)) == (Outcome.SKIPPED, Kind.CONTENT_TYPE, [])


# -- links that are too long, or grow; URLs that are told apart otherwise -----------------------------


def test_links_that_are_too_long_are_counted_and_said() -> None:
    scope = Scope(frozenset([SITE]), max_url_length=100)
    body = (
        b"<a href=/" + b"x" * 100 + b">x</a><a href=/a>a</a><a rel=nofollow href=/" + b"y" * 100 + b">y</a>"
    )
    finished = parser(scope=scope).parse(page(body))
    assert (urls(finished), finished.links_too_long, finished.links_nofollow) == ([SITE + "/a"], 2, 0)
    record = decode(finished.record)
    assert record.message == "2 links are too long, or grow for ever: they are not followed"
    assert (record.outcome, record.kind, len(record.links)) == (Outcome.OK, None, 3)


def test_links_that_grow_are_counted_and_said() -> None:
    scope, body = Scope(frozenset([SITE]), max_repeats=3), b"<a href=more/>more</a><a href=/a>a</a>"
    for times in range(3):
        shallow = parser(scope=scope).parse(page(body, ticket=ticket(url=f"{SITE}/{'more/' * times}")))
        assert (len(urls(shallow)), shallow.links_too_long) == (2, 0)
    deep = parser(scope=scope).parse(page(body, ticket=ticket(url=f"{SITE}/{'more/' * 3}")))
    assert (urls(deep), deep.links_too_long) == ([SITE + "/a"], 1)


def test_urls_in_the_normal_form_of_rfc_3986() -> None:
    body = (
        b"<a href=/%70 rel=nofollow>1</a><a href=/p?>2</a><a href=/%71 rel=nofollow>3</a><a href=/r%2f>4</a>"
    )
    finished = parser(scope=Scope(frozenset([SITE]), normalise="rfc3986")).parse(page(body))
    # /p is also linked without nofollow, if under another spelling.
    assert (urls(finished), finished.links_nofollow) == ([SITE + "/p", SITE + "/r%2F"], 1)
    assert decode(finished.record).links == [SITE + "/p", SITE + "/q", SITE + "/r%2F"]
    assert len(urls(parser(obey_robots=False).parse(page(body)))) == 4
    mapped = parser(scope=Scope(frozenset([SITE]), normalise="rfc3986")).parse(
        sitemap(URLSET.replace("/a", "/%70") + " ")
    )
    assert urls(mapped) == [SITE + "/p"]


def test_the_refresh_header_is_read() -> None:
    headers = (("content-type", "text/html"), ("refresh", "0; url=/real"))
    assert urls(parser().parse(page(b"<p>nothing", headers=headers))) == [SITE + "/real"]


def test_what_was_sniffed_stands_for_the_header() -> None:
    finished = parser().parse(page(b"<a href=/a>a</a>", content_type=None, sniffed="text/plain"))
    assert (urls(finished), decode(finished.record).content_type) == ([], None)
    said = "text/html; charset=koi8-r"
    finished = parser().parse(page(b"<title>\xc1</title>", content_type="*/*; charset=koi8-r", sniffed=said))
    assert (decode(finished.record).title, decode(finished.record).content_type) == (
        "\u0430",
        "*/*; charset=koi8-r",
    )


def test_a_damaged_sitemap_is_read_and_the_damage_said() -> None:
    finished = parser().parse(sitemap(URLSET.replace("</urlset>", "<url><loc>/b?x&y</loc></url></urlset>")))
    assert (finished.outcome, finished.kind) == (Outcome.OK, None)
    assert urls(finished) == [SITE + "/a", SITE + "/b?x&y"]
    assert str(decode(finished.record).message).startswith(
        "the sitemap is damaged, and was read all the same: "
    )
