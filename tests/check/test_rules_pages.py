"""The rules about pages: each finds its planted fault, and not what only looks like it."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from crawler.check.folder import LIST
from crawler.check.media_types import TYPED, wrong_for
from crawler.check.rules import RULES
from crawler.model.facts import Odd
from crawler.model.findings import RULE_IDS, SEVERITIES
from crawler.model.outcomes import Purpose
from crawler.model.sources import Source
from tests.check.pages_builder import ORIGIN, SmallSite


@pytest.fixture
def site() -> Iterator[SmallSite]:
    with SmallSite() as site:
        yield site


# -- all of them ---------------------------------------------------------------------------------


def test_every_rule_that_can_be_named_is_there_once_and_in_order():
    assert tuple(rule.id for rule in RULES) == RULE_IDS


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_each_rule_says_what_it_is_in_sentences(rule):
    assert rule.severity in SEVERITIES
    assert rule.title[0].isupper()
    assert not rule.title.endswith(".")
    for text in (rule.what, rule.why, rule.mend):
        assert text[0].isupper()
        assert text.rstrip(")").endswith(".")
        assert "  " not in text


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_nothing_is_found_on_a_good_site(rule, site: SmallSite):
    start, other = site.answer("/", canonical=f"{ORIGIN}/"), site.answer("/other")
    site.answer("/style.css", purpose=Purpose.STYLESHEET, content_type="text/css", is_html=False, title=None)
    site.answer("/no-such-page", purpose=Purpose.PROBE, outcome="error", kind="http_status", status=404)
    sitemap = site.answer("/sitemap.xml", purpose=Purpose.SITEMAP, is_html=False, title=None)
    site.relation(start, "/", start)
    site.relation(sitemap, "/", start, Source.SITEMAP)
    site.relation(sitemap, "/other", other, Source.SITEMAP)
    site.linked(other)
    assert site.found(rule.id) == []


# -- titles --------------------------------------------------------------------------------------


def test_missing_title(site: SmallSite):
    site.answer("/without", title=None, title_line=0, title_column=0)
    site.answer("/empty", title="")
    site.answer("/cut", title=None, title_line=0, outcome="truncated", kind="too_large")
    site.answer("/data.json", title=None, title_line=0, is_html=False)
    site.answer("/picture", title=None, title_line=0, purpose=Purpose.ASSET)
    site.answer("/404", title=None, title_line=0, outcome="error", kind="http_status", status=404)
    (found,) = site.found("missing-title")
    assert found == (
        f"{ORIGIN}/without",
        "The page has no title.",
        {},
        f"{ORIGIN}/without",
        None,
        None,
        None,
        "",
    )


def test_empty_title(site: SmallSite):
    site.answer("/empty", title=None, title_line=3, title_column=5)
    site.answer("/blank", title="  ", title_line=3, title_column=5)
    site.answer("/without", title=None, title_line=0, title_column=0)
    found = site.found("empty-title")
    assert [row.target for row in found] == [f"{ORIGIN}/blank", f"{ORIGIN}/empty"]
    assert {(row.line, row.col) for row in found} == {(3, 5)}


def test_duplicate_title(site: SmallSite):
    for path in ("/a", "/b", "/c"):
        site.answer(path, title="Same", title_line=2, title_column=9)
    found = site.found("duplicate-title")
    assert [(row.target, row.page, row.line, row.col) for row in found] == [
        ("Same", f"{ORIGIN}/a", 2, 9),
        ("Same", f"{ORIGIN}/b", 2, 9),
        ("Same", f"{ORIGIN}/c", 2, 9),
    ]
    assert found[0].message == "3 pages have this title."
    assert found[0].detail == {"pages": 3}


@pytest.mark.parametrize(
    "second",
    [
        {"noindex": True},
        {"canonical": f"{ORIGIN}/a"},
        {"title": "same"},
        {"outcome": "skipped", "kind": "redirected", "status": 301},
        {"outcome": "error", "kind": "http_status", "status": 404},
        {"purpose": Purpose.ASSET},
    ],
    ids=str,
)
def test_no_duplicate_title(site: SmallSite, second: dict[str, object]):
    site.answer("/a", title="Same")
    site.answer("/b", **{"title": "Same", **second})
    assert site.found("duplicate-title") == []


def test_empty_titles_are_no_duplicates(site: SmallSite):
    site.answer("/a", title="")
    site.answer("/b", title="")
    assert site.found("duplicate-title") == []


def test_a_page_that_is_its_own_canonical_has_a_title_of_its_own(site: SmallSite):
    site.answer("/a", title="Same", canonical=f"{ORIGIN}/a")
    site.answer("/b", title="Same", canonical=f"{ORIGIN}/here", final_url="/here")
    assert site.targets("duplicate-title") == ["Same"]


# -- markup --------------------------------------------------------------------------------------


def test_missing_lang(site: SmallSite):
    site.answer("/a", lang=None)
    site.answer("/b", lang="")
    site.answer("/well", lang="de")
    site.answer("/drawing.svg", lang=None, is_html=False)
    site.answer("/dead", lang=None, outcome="error", kind="http_status", status=404)
    assert [(row.target, row.page, row.line) for row in site.found("missing-lang")] == [
        ("<html>", f"{ORIGIN}/a", None),
        ("<html>", f"{ORIGIN}/b", None),
    ]


def test_missing_alt(site: SmallSite):
    a, b = site.answer("/a"), site.answer("/b")
    for page in (a, b):
        site.mark(page, Odd.NO_ALT, "logo.png", 12, 6)
    site.mark(a, Odd.NO_ALT, "", 13, 1)
    site.mark(a, Odd.NO_ALT, "data:image/png;base64," + 1_000 * "A", 14, 1)
    site.mark(a, Odd.DUPLICATE_ID, "logo.png")
    found = site.found("missing-alt")
    assert [len(row.target) for row in found] == [201, 7, 8, 8]
    assert [(row.target, row.page, row.line, row.col) for row in found[1:]] == [
        ("img src", f"{ORIGIN}/a", 13, 1),
        ("logo.png", f"{ORIGIN}/a", 12, 6),
        ("logo.png", f"{ORIGIN}/b", 12, 6),
    ]


def test_duplicate_id(site: SmallSite):
    for path in ("/a", "/b"):
        site.mark(site.answer(path), Odd.DUPLICATE_ID, "nav", 30, 8)
    found = site.found("duplicate-id")
    assert [(row.target, row.page, row.line, row.col) for row in found] == [
        ("nav", f"{ORIGIN}/a", 30, 8),
        ("nav", f"{ORIGIN}/b", 30, 8),
    ]
    assert found[0].message == 'More than one element of a page has the id "nav".'


# -- canonical pages -------------------------------------------------------------------------------


def test_canonical_broken(site: SmallSite):
    pages = [site.answer(f"/{name}") for name in "abcdef"]
    site.relation(pages[0], "/dead", site.failed("/dead"))
    site.relation(pages[1], "/dead", 7)
    site.relation(pages[2], "/old", site.redirect("/old", "/new"))
    site.relation(pages[3], "/hidden", site.answer("/hidden", noindex=True))
    site.relation(pages[4], "/off", site.failed("/off", "timeout", None))
    site.relation(pages[5], "/round", site.failed("/round", "redirect_loop", 302))
    found = site.found("canonical-broken")
    assert [
        (row.target.removeprefix(ORIGIN), row.page.removeprefix(ORIGIN), row.message) for row in found
    ] == [
        ("/dead", "/a", "The canonical page cannot be had: The server answered 404 (Not Found)."),
        ("/dead", "/b", "The canonical page cannot be had: The server answered 404 (Not Found)."),
        ("/hidden", "/d", "The canonical page is not to be indexed (noindex)."),
        ("/off", "/e", "The canonical page cannot be had: the system's words."),
        ("/old", "/c", f"The canonical page redirects to {ORIGIN}/new."),
        ("/round", "/f", "The canonical page cannot be had: the system's words."),
    ]
    assert {(row.line, row.col, row.source) for row in found} == {(5, 2, Source.CANONICAL)}
    assert found[0].detail == {"status": 404, "kind": "http_status"}


def test_no_canonical_broken(site: SmallSite):
    hidden = site.answer("/hidden", noindex=True)
    site.relation(hidden, "/hidden", hidden)
    page = site.answer("/a")
    site.relation(page, "https://elsewhere.example/", None)
    site.relation(page, "/private", site.forbidden("/private"))
    site.relation(page, "/paper.pdf", site.answer("/paper.pdf", outcome="skipped", kind="content_type"))
    site.relation(page, "/dead", site.failed("/dead"), Source.ALTERNATE)
    site.relation(page, "/dead", 6, Source.OG_URL)
    assert site.found("canonical-broken") == []


def test_canonical_conflict_between_pages(site: SmallSite):
    a, b, c = (site.answer(f"/{name}") for name in "abc")
    site.relation(a, "/b", b)
    site.relation(b, "/c", c)
    site.relation(c, "/c", c)
    (found,) = site.found("canonical-conflict")
    message = f"It is named as canonical, and itself names {ORIGIN}/c."
    assert found[:6] == (f"{ORIGIN}/b", message, {"canonical": f"{ORIGIN}/c"}, f"{ORIGIN}/a", 5, 2)


def test_canonical_conflict_of_two_that_name_each_other(site: SmallSite):
    a, b = site.answer("/a"), site.answer("/b")
    site.relation(a, "/b", b)
    site.relation(b, "/a", a)
    assert site.targets("canonical-conflict") == ["/a", "/b"]


def test_canonical_conflict_within_a_page(site: SmallSite):
    page, other = site.answer("/a"), site.answer("/b")
    site.relation(page, "/a", page, line=5)
    site.relation(page, "/b", other, line=6)
    site.relation(site.answer("/c"), "/a", page)  # that one also says what it says itself
    found = site.found("canonical-conflict")
    assert [(row.target, row.line, row.text) for row in found] == [
        (f"{ORIGIN}/a", 5, f"{ORIGIN}/a"),
        (f"{ORIGIN}/a", 6, f"{ORIGIN}/b"),
    ]
    assert found[0].message == "It names 2 different pages as canonical."


def test_no_canonical_conflict(site: SmallSite):
    a, b, c = (site.answer(f"/{name}") for name in "abc")
    site.relation(a, "/b", b)
    site.relation(a, "/b", b, line=6)  # twice the same
    site.relation(b, "/b", b)
    site.relation(b, "/c", c, Source.ALTERNATE)
    site.relation(site.answer("/d"), "/c", c)  # it says nothing of itself
    site.relation(site.answer("/e"), "https://elsewhere.example/", None)
    assert site.found("canonical-conflict") == []


# -- sitemaps ------------------------------------------------------------------------------------


def entries(site: SmallSite, *entries: tuple[str, int | None]) -> None:
    sitemap = site.answer("/sitemap.xml", purpose=Purpose.SITEMAP, is_html=False, content_type="text/xml")
    for line, (url, answer) in enumerate(entries, 3):
        site.relation(sitemap, url, answer, Source.SITEMAP, line)


def test_what_is_wrong_with_entries_of_a_sitemap(site: SmallSite):
    entries(
        site,
        ("/", site.answer("/")),
        ("/dead", site.failed("/dead")),
        ("/off", site.failed("/off", "dns", None)),
        ("/old", site.redirect("/old", "/new")),
        ("/hidden", site.answer("/hidden", noindex=True)),
        ("/private", site.forbidden("/private")),
        ("https://www.example.org/a", None),
        ("https://www.example.org/b", site.answer("https://www.example.org/b", purpose=Purpose.EXTERNAL)),
        ("http://example.org/", None),
        ("/paper.pdf", site.answer("/paper.pdf", outcome="skipped", kind="content_type", is_html=None)),
        ("/map2.xml", site.answer("/map2.xml", purpose=Purpose.SITEMAP, is_html=False)),
        ("https://cdn.example/m.xml", site.answer("https://cdn.example/m.xml", purpose=Purpose.SITEMAP)),
    )
    assert site.targets("sitemap-broken") == ["/dead", "/off"]
    assert site.targets("sitemap-redirect") == ["/old"]
    assert site.targets("sitemap-noindex") == ["/hidden"]
    outside = site.found("sitemap-outside")
    assert [(row.target.removeprefix(ORIGIN), row.line, row.text) for row in outside] == [
        ("http://example.org/", 11, "http://example.org/"),
        ("/private", 8, ""),
        ("https://www.example.org/", 9, "https://www.example.org/a"),
        ("https://www.example.org/", 10, "https://www.example.org/b"),
    ]


def test_the_place_of_a_dead_entry_is_in_the_sitemap(site: SmallSite):
    entries(site, ("/dead", site.failed("/dead")))
    (found,) = site.found("sitemap-broken")
    assert found == (
        f"{ORIGIN}/dead",
        "It is in the sitemap, and cannot be had: The server answered 404 (Not Found).",
        {"status": 404, "kind": "http_status"},
        f"{ORIGIN}/sitemap.xml",
        3,
        2,
        Source.SITEMAP,
        "",
    )


def test_an_orphan(site: SmallSite):
    start, linked = site.answer("/"), site.answer("/linked")
    site.linked(linked)
    entries(site, ("/", start), ("/linked", linked), ("/alone", site.answer("/alone")))
    (found,) = site.found("orphan")
    assert found.target == found.page == f"{ORIGIN}/alone"
    assert found.line is None
    assert found.detail == {"sitemap": f"{ORIGIN}/sitemap.xml"}


def test_what_redirects_lead_to_is_linked(site: SmallSite):
    start = site.redirect("/", "/en/")
    old, older = site.redirect("/old", "/new"), site.redirect("/older", "/old")
    site.linked(older)
    entries(site, ("/en/", site.answer("/en/")), ("/new", site.answer("/new")), ("/", start), ("/old", old))
    assert site.found("orphan") == []


@pytest.mark.parametrize(
    "columns",
    [
        {"noindex": True},
        {"canonical": f"{ORIGIN}/"},
        {"outcome": "error", "kind": "http_status", "status": 404},
        {"outcome": "skipped", "kind": "content_type", "is_html": None},
        {"purpose": Purpose.SITEMAP},
    ],
    ids=str,
)
def test_no_orphan(site: SmallSite, columns: dict[str, object]):
    entries(site, ("/alone", site.answer("/alone", **columns)))
    assert site.found("orphan") == []


def test_no_orphans_are_told_while_pages_wait():
    with SmallSite(scope={"exclude": ["/private/"]}) as site:
        entries(site, ("/alone", site.answer("/alone")), ("/private/x", None))
        assert site.targets("orphan") == ["/alone"]  # what is outside the scope never comes
        site.relation(2, "/next", None, Source.SITEMAP)
        assert site.found("orphan") == []


def test_a_folder_s_list_of_its_pages_is_no_sitemap():
    made_up = f"{ORIGIN}/{LIST.format('1-0')}"
    with SmallSite(check={"folder": "public"}, sitemaps={"urls": [f"{ORIGIN}/sitemap.xml", made_up]}) as site:
        listed = site.answer(made_up, purpose=Purpose.SITEMAP, is_html=False)
        for path, answer in (
            ("/alone", site.answer("/alone")),
            ("/hidden", site.answer("/hidden", noindex=True)),
            ("/dead", site.failed("/dead")),
            ("/old", site.redirect("/old", "/new")),
            ("/private", site.forbidden("/private")),
            ("https://other.example/", None),
        ):
            site.relation(listed, path, answer, Source.SITEMAP)
        for rule in ("sitemap-broken", "sitemap-redirect", "sitemap-noindex", "sitemap-outside"):
            assert site.found(rule) == []
        (found,) = site.found("orphan")
        assert found.target == f"{ORIGIN}/alone"
        assert found.detail == {"sitemap": None}
        entries(site, ("/dead", 4), ("/alone", 2))
        assert site.targets("sitemap-broken") == ["/dead"]
        assert site.found("orphan")[0].detail == {"sitemap": f"{ORIGIN}/sitemap.xml"}


# -- robots.txt ------------------------------------------------------------------------------------


def test_robots_disallowed(site: SmallSite):
    page, private = site.answer("/"), site.forbidden("/private")
    site.suspect(page, "/private", private)
    away = site.forbidden(
        "/away", status=302, final_url="/private", message="robots.txt does not allow the …"
    )
    site.suspect(page, "/away", away)
    site.suspect(page, "/private", private, Source.CANONICAL)
    site.suspect(page, "/private.png", site.forbidden("/private.png", purpose=Purpose.ASSET), Source.IMG)
    site.suspect(page, "/dead", site.failed("/dead"))
    theirs = site.forbidden("https://other.example/private", purpose=Purpose.EXTERNAL)
    site.suspect(page, "https://other.example/private", theirs)
    lost = "robots.txt was answered with 503, so nothing may be fetched there."
    site.suspect(page, "/unknown", site.forbidden("/unknown", message=lost))
    sitemap = site.answer("/sitemap.xml", purpose=Purpose.SITEMAP)
    site.suspect(sitemap, "/private", private, Source.SITEMAP)
    found = site.found("robots-disallowed")
    assert [(row.target, row.line, row.col, row.source, row.text) for row in found] == [
        (f"{ORIGIN}/away", 9, 5, Source.A, "its text"),
        (f"{ORIGIN}/private", 9, 5, Source.A, "its text"),
    ]
    assert found[0].message == f"It is linked, and redirects to what robots.txt forbids: {ORIGIN}/private."


# -- types ---------------------------------------------------------------------------------------


def test_html_that_is_sent_as_text(site: SmallSite):
    as_text = {"content_type": "text/plain; charset=utf-8", "is_html": False, "title": None}
    site.answer("/named.HTML?q=a.txt", **as_text)
    for path in ("/seen", "/seen.php", "/shown-on-purpose.txt", "/_sources/page.html.txt"):
        site.mark(site.answer(path, **as_text), Odd.SENT_AS_TEXT, "", None, None)
    site.answer("/robots.txt", **as_text)
    site.answer("/notes", **as_text)
    site.answer("/well.html")
    site.answer("/dead.html", outcome="error", kind="http_status", status=404, content_type="text/plain")
    found = site.found("wrong-content-type")
    assert [row.target.removeprefix(ORIGIN) for row in found] == ["/named.HTML?q=a.txt", "/seen", "/seen.php"]
    assert {(row.line, row.page == row.target) for row in found} == {(None, True)}


def test_references_to_what_has_another_type(site: SmallSite):
    page, other = site.answer("/"), site.answer("/other")
    style = site.answer("/style.css", purpose=Purpose.STYLESHEET)
    for each in (page, other):
        site.mistyped(each, "/style.css", style, Source.STYLESHEET)
    found = site.found("wrong-content-type")
    assert [(row.target, row.page, row.line, row.source) for row in found] == [
        (f"{ORIGIN}/style.css", f"{ORIGIN}/", 9, Source.STYLESHEET),
        (f"{ORIGIN}/style.css", f"{ORIGIN}/other", 9, Source.STYLESHEET),
    ]
    assert found[0].message == "It is used by link stylesheet, and is sent as text/html."
    assert found[0].detail == {"content_type": "text/html"}


@pytest.mark.parametrize(
    ("header", "sources"),
    [
        ("text/html; charset=utf-8", TYPED),
        ("application/xhtml+xml", TYPED),
        ("text/plain", {Source.STYLESHEET, Source.IMG, Source.ICON}),
        ("TEXT/PLAIN;charset=utf-8", {Source.STYLESHEET, Source.IMG}),
        ("application/json", {Source.IMG, Source.CSS_IMPORT}),
        ("text/css", {Source.SCRIPT, Source.IMG}),
        ("image/png", {Source.SCRIPT, Source.STYLESHEET}),
        ("image/svg+xml", {Source.SCRIPT, Source.STYLESHEET}),
        ("video/mp4", {Source.SCRIPT}),
        ("application/octet-stream", {Source.STYLESHEET}),
    ],
)
def test_types_that_do_not_fit(header: str, sources: set[Source]):
    assert sources <= wrong_for(header)


@pytest.mark.parametrize(
    ("header", "sources"),
    [
        (None, TYPED),
        ("", TYPED),
        ("nonsense", TYPED),
        ("text/css;charset=utf-8", {Source.STYLESHEET, Source.CSS_IMPORT}),
        ("text/javascript", {Source.SCRIPT}),
        ("text/plain", {Source.SCRIPT, Source.TRACK, Source.CSS_URL, Source.MANIFEST}),
        ("image/svg+xml", {Source.IMG, Source.ICON, Source.CSS_URL}),
        ("application/octet-stream", {Source.IMG, Source.SCRIPT, Source.VIDEO, Source.CSS_URL}),
        ("application/vnd.apple.mpegurl", {Source.VIDEO}),
        ("application/manifest+json", {Source.MANIFEST}),
        ("text/html", {Source.A, Source.IFRAME, Source.OBJECT, Source.EMBED, Source.USE, Source.PRELOAD}),
    ],
)
def test_types_that_fit(header: str | None, sources: set[Source]):
    assert not sources & wrong_for(header)


# -- missing pages -------------------------------------------------------------------------------

PROBE = "/0f3a-no-such-page"


def test_soft_404(site: SmallSite):
    site.answer(PROBE, purpose=Purpose.PROBE, title="Oops", text_hash=1, text_length=400)
    site.answer("/", title="Welcome")
    site.answer("/gone", title="Oops", text_hash=1, text_length=400)
    site.answer("/gone-with-its-name", title="Oops", text_hash=2, text_length=420)
    site.answer("/about-oops", title="Oops", text_hash=3, text_length=2_000)
    site.answer("/as-long", title="Something", text_hash=4, text_length=400)
    site.answer("https://other.example/gone", title="Oops", text_hash=1, text_length=400)
    site.failed("/dead", text_hash=1)
    site.answer("/picture", purpose=Purpose.ASSET, title="Oops", text_hash=1, text_length=400)
    found = site.found("soft-404")
    assert [row.target.removeprefix(ORIGIN) for row in found] == ["/gone", "/gone-with-its-name"]
    assert found[0].page == found[0].target
    assert found[0].detail == {"probe": f"{ORIGIN}{PROBE}", "status": 200}


def test_the_login_that_everything_redirects_to_is_no_missing_page(site: SmallSite):
    login = "/login?next=/0f3a-no-such-page"
    site.redirect(PROBE, login, status=302, purpose=Purpose.PROBE)
    site.answer(login, purpose=Purpose.PROBE, title="Log in", text_hash=1, text_length=40)
    site.answer("/login", title="Log in", text_hash=1, text_length=40)
    assert site.targets("soft-404") == []


def test_pages_without_text_are_told_apart_by_their_titles(site: SmallSite):
    site.answer(PROBE, purpose=Purpose.PROBE, title="App", text_hash=0, text_length=0)
    site.answer("/gallery", title="Pictures", text_hash=0, text_length=0)
    site.answer("/app", title="App", text_hash=0, text_length=0)
    assert site.targets("soft-404") == ["/app"]


def test_a_server_that_says_404_has_no_soft_ones(site: SmallSite):
    site.failed(PROBE, purpose=Purpose.PROBE, title="Oops", text_hash=1, text_length=400)
    site.answer("/about-404s", title="Oops", text_hash=1, text_length=400)
    assert site.found("soft-404") == []


def test_an_application_of_one_page_is_one_finding(site: SmallSite):
    shell = {"title": "App", "text_hash": 5, "text_length": 12}
    site.answer(PROBE, purpose=Purpose.PROBE, **shell)
    for path in ("/", "/users", "/settings"):
        site.answer(path, **shell)
    site.answer("/terms", title="Terms")
    found = site.found("soft-404")
    assert [(row.target, row.page) for row in found] == [
        (f"{ORIGIN}/", f"{ORIGIN}/users"),
        (f"{ORIGIN}/", f"{ORIGIN}/settings"),
    ]


def test_a_start_page_that_is_answered_to_everything_is_told(site: SmallSite):
    shell = {"title": "App", "text_hash": 5, "text_length": 12}
    site.answer(PROBE, purpose=Purpose.PROBE, **shell)
    site.answer("/", **shell)
    (found,) = site.found("soft-404")
    assert found.target == found.page == f"{ORIGIN}/"


def test_missing_pages_that_are_redirected(site: SmallSite):
    start = site.answer("/")
    site.redirect(PROBE, "/", 302, purpose=Purpose.PROBE)
    for path in ("/gone", "/index.html"):
        site.suspect(start, path, site.redirect(path, "/", 302))
    site.suspect(start, "/gone-too", site.redirect("/gone-too", "/gone-too/", 301))
    site.redirect("/gone-too/", "/", 302)
    site.suspect(start, "/moved", site.redirect("/moved", "/moved-here"))
    site.suspect(start, "/picture", site.redirect("/picture", "/", purpose=Purpose.ASSET), Source.IMG)
    elsewhere = "https://other.example/gone"
    site.suspect(start, elsewhere, site.redirect(elsewhere, "/"))
    found = site.found("soft-404")
    assert [(row.target, row.page, row.line) for row in found] == [
        (f"{ORIGIN}/gone", f"{ORIGIN}/", 9),
        (f"{ORIGIN}/gone-too", f"{ORIGIN}/", 9),
    ]
    assert found[0].message == f"It redirects to {ORIGIN}/, as a URL that cannot exist does."


def test_a_start_page_that_redirects_as_missing_ones_do_is_none(site: SmallSite):
    home = site.answer("/en/")
    site.redirect(PROBE, "/en/", 302, purpose=Purpose.PROBE)
    site.suspect(home, "/", site.redirect("/", "/en/", 302))
    assert site.found("soft-404") == []


@pytest.mark.parametrize("end", ["/users/sign_in", "/not-found", "/round"])
def test_redirects_that_say_nothing_of_the_page(site: SmallSite, end: str):
    start = site.answer("/")
    site.redirect(PROBE, end, 302, purpose=Purpose.PROBE)
    site.answer("/users/sign_in")
    site.failed("/not-found")
    site.redirect("/round", "/round")
    site.suspect(start, "/somewhere", site.redirect("/somewhere", end, 302))
    assert site.found("soft-404") == []


def test_a_probe_that_gets_a_slash_first(site: SmallSite):
    site.redirect(PROBE, f"{PROBE}/", purpose=Purpose.PROBE)
    site.answer(f"{PROBE}/", purpose=Purpose.PROBE, title="Oops", text_hash=1)
    site.answer("/gone/", title="Oops", text_hash=1)
    page = site.answer("/well/")
    site.suspect(page, "/well", site.redirect("/well", "/well/"))
    assert site.targets("soft-404") == ["/gone/"]


# -- pages that are slow, large, cut off or in doubt ---------------------------------------------


def test_slow():
    with SmallSite(check={"slow": 2.0}) as site:
        site.answer("/slow", elapsed_ms=2_345.6)
        site.answer("/just", elapsed_ms=2_000.0)
        site.answer("/style.css", purpose=Purpose.STYLESHEET, elapsed_ms=2_500.0)
        site.answer("/video", purpose=Purpose.ASSET, elapsed_ms=9_000.0)
        site.failed("/timeout", "timeout", None, elapsed_ms=30_000.0)
        found = site.found("slow")
    assert [row.target.removeprefix(ORIGIN) for row in found] == ["/slow", "/style.css"]
    assert found[0].message == "The last byte came after 2.3 s; more than 2 s is slow."
    assert found[0].detail == {"seconds": 2.346}


def test_large():
    with SmallSite(check={"large": 100_000}) as site:
        site.answer("/large", bytes=1_234_567)
        site.answer("/just", bytes=100_000)
        site.answer("/data.json", bytes=1_234_567, is_html=False)
        site.answer("/video", purpose=Purpose.ASSET, bytes=1_234_567)
        (found,) = site.found("large")
    assert found[:4] == (
        f"{ORIGIN}/large",
        "It has 1.2 MB; more than 0.1 MB is large.",
        {"bytes": 1_234_567},
        f"{ORIGIN}/large",
    )


def test_truncated(site: SmallSite):
    cut = {"outcome": "truncated", "kind": "too_large"}
    site.answer("/cut", message="only the first 100 bytes of the body were kept", **cut)
    site.answer("/whole")
    site.answer("/picture", purpose=Purpose.ASSET, **cut)
    (found,) = site.found("truncated")
    assert found.message == "It was not read to its end: only the first 100 bytes of the body were kept."
    assert found.target == found.page == f"{ORIGIN}/cut"


def test_charset(site: SmallSite):
    for path in ("/a", "/b"):
        site.mark(site.answer(path), Odd.CHARSET, "The header says utf-8, the page windows-1252.", 3, 9)
    found = site.found("charset")
    assert [(row.target, row.page, row.line) for row in found] == [
        ("The header says utf-8, the page windows-1252.", f"{ORIGIN}/a", 3),
        ("The header says utf-8, the page windows-1252.", f"{ORIGIN}/b", 3),
    ]


@pytest.mark.parametrize(
    ("ends", "message"),
    [
        ("2026-12-05T13:00", "The certificate ends in 7 days, on 2026-12-05 13:00 UTC."),
        ("2026-11-29T13:00", "The certificate ends in 1 day, on 2026-11-29 13:00 UTC."),
        ("2026-11-28T13:00", "The certificate ends in 0 days, on 2026-11-28 13:00 UTC."),
        ("2026-11-01T00:00", "The certificate has ended, on 2026-11-01 00:00 UTC."),
    ],
)
def test_certificate(site: SmallSite, ends: str, message: str):
    probe = site.failed(PROBE, purpose=Purpose.PROBE)
    seconds = datetime.fromisoformat(ends).replace(tzinfo=UTC).timestamp()
    for _ in range(2):
        site.mark(probe, Odd.CERTIFICATE, str(seconds), None, None)
    site.forbidden("/private", depth=0)
    site.answer("/other", depth=1)
    site.answer("/", depth=0)
    (found,) = site.found("certificate")
    assert (found.target, found.message, found.page, found.line) == (
        f"{ORIGIN}/",
        message,
        f"{ORIGIN}/",
        None,
    )
    assert json.dumps(found.detail).startswith(f'{{"ends": "{ends}:00+00:00", "days": ')


def test_certificates_that_are_good_or_not_ours(site: SmallSite):
    probe = site.failed(PROBE, purpose=Purpose.PROBE)
    good = datetime(2026, 12, 12, 12, 0, 1, tzinfo=UTC).timestamp()  # 14 days and a second
    site.mark(probe, Odd.CERTIFICATE, str(good), None, None)
    other = site.answer("https://other.example/", purpose=Purpose.EXTERNAL)
    site.mark(other, Odd.CERTIFICATE, str(good - 86_400), None, None)
    assert site.found("certificate") == []


# -- security ------------------------------------------------------------------------------------


def test_mixed_content(site: SmallSite):
    for path in ("/a", "/b"):
        site.mark(site.answer(path), Odd.MIXED_CONTENT, "http://cdn.example/x.js", 8, 9)
    for host in ("localhost:3000", "127.0.0.1", "[::1]:80", "app.localhost"):
        site.mark(1, Odd.MIXED_CONTENT, f"http://{host}/x.js")
    found = site.found("mixed-content")
    assert [(row.target, row.page, row.line, row.col) for row in found] == [
        ("http://cdn.example/x.js", f"{ORIGIN}/a", 8, 9),
        ("http://cdn.example/x.js", f"{ORIGIN}/b", 8, 9),
    ]


def test_insecure_login(site: SmallSite):
    page = site.answer("/login")
    targets = ["http://example.org/session", "https://example.org/session", "http://localhost:8000/session"]
    for target in (
        *targets,
        "http://127.0.0.1/session",
        "http://[::1]/session",
        "http://httpd.example/s",
        "mailto:me@example.org",
    ):
        site.mark(page, Odd.LOGIN_FORM, target, 20, 7)
    found = site.found("insecure-login")
    assert [row.target for row in found] == ["http://example.org/session", "http://httpd.example/s"]
    assert found[0][3:6] == (f"{ORIGIN}/login", 20, 7)


LONG, SHORT = "00000000000000a1", "00000000000000a0"
"""Near hashes: of a text long enough to be compared with other pages', and of one that is not."""


def test_pages_that_say_the_same(site: SmallSite):
    site.answer("/b", near_hash=LONG, content_hash="01")
    site.answer("/a", near_hash=LONG, content_hash="02")
    site.answer("/c", near_hash=LONG, content_hash="03")
    site.answer("/d", near_hash="00000000000000b1", content_hash="04")
    found = site.found("near-duplicate")
    pages = [f"{ORIGIN}/b", f"{ORIGIN}/a", f"{ORIGIN}/c"]
    assert [(row.target, row.page, row.line) for row in found] == [
        (f"{ORIGIN}/a", page, None) for page in pages
    ]
    words = "3 pages say the same, but for numbers and dates where they begin and end."
    assert {row.message for row in found} == {words}
    assert found[0].detail == {"pages": 3, "contents": 3}


@pytest.mark.parametrize("near", [SHORT, None])
def test_pages_with_little_text_are_the_same_only_where_all_of_them_is(site: SmallSite, near: str | None):
    site.answer("/a", near_hash=near, content_hash="01")
    site.answer("/b", near_hash=near, content_hash="02")
    site.answer("/c", near_hash=near, content_hash="02")
    found = site.found("near-duplicate")
    assert [row.page for row in found] == [f"{ORIGIN}/b", f"{ORIGIN}/c"]
    assert {row.message for row in found} == {"2 pages are the same."}


@pytest.mark.parametrize(
    "second",
    [
        {"noindex": True},
        {"canonical": f"{ORIGIN}/a"},
        {"is_html": False},
        {"bytes": 0},
        {"near_hash": None, "content_hash": None},
        {"outcome": "truncated", "kind": "too_large"},
        {"outcome": "skipped", "kind": "redirected", "status": 301},
        {"purpose": Purpose.SITEMAP},
    ],
    ids=str,
)
def test_no_near_duplicate(site: SmallSite, second: dict[str, object]):
    site.answer("/a", near_hash=LONG, content_hash="01")
    site.answer("/b", **{"near_hash": LONG, "content_hash": "01", **second})
    assert site.found("near-duplicate") == []


def test_what_is_said_to_a_url_that_cannot_exist_is_a_soft_404_and_no_duplicate(site: SmallSite):
    site.answer(PROBE, purpose=Purpose.PROBE, text_hash=1)
    site.answer("/a", near_hash=LONG, content_hash="01", text_hash=1)
    site.answer("/b", near_hash=LONG, content_hash="01", text_hash=1)
    assert site.found("near-duplicate") == []
