import pickle

import pytest

from crawler.model.errors import ConfigError
from crawler.model.messages import Ticket
from crawler.model.outcomes import Purpose
from crawler.rules.scope import Scope, Scopes
from crawler.rules.urls import resolve

SEEDS = ["http://Example.com:80/start"]


def test_the_scope_is_the_seeds_own_origin():
    scope = Scope.of(SEEDS)
    assert scope.origins == {"http://example.com"}
    assert scope.allows("http://example.com/anything?x")
    assert scope.allows("http://user:pass@example.com/")
    assert not scope.allows("https://example.com/")
    assert not scope.allows("http://example.com:8080/")
    assert not scope.allows("http://www.example.com/")
    assert not scope.allows("http://example.com.evil.test/")
    assert not scope.allows("http://example.com@evil.test/")


def test_further_origins():
    scope = Scope.of(SEEDS, ["https://cdn.example/with/a/path"])
    assert scope.allows("https://cdn.example/other")


def test_includes_and_excludes_are_searched_in_the_url():
    scope = Scope.of(SEEDS, include=(r"/docs/", r"/blog/"), exclude=(r"\.pdf$",))
    assert scope.allows("http://example.com/docs/a")
    assert scope.allows("http://example.com/x/blog/")
    assert not scope.allows("http://example.com/other")
    assert not scope.allows("http://example.com/docs/a.pdf")
    assert not scope.allows("http://other.example/docs/a")


@pytest.mark.parametrize("more", [[], ["http://b.example/"], [f"http://{n}.example/" for n in range(20)]])
@pytest.mark.parametrize("exclude", [(), ("no",)])
def test_split_agrees_with_allows(more, exclude):
    scope = Scope.of(SEEDS + more, exclude=exclude)
    found = [
        "http://example.com/1",
        "http://b.example/2",
        "http://7.example/3",
        "mailto:x",
        "http://u@example.com/no",
        "http://example.com:8080/5",
        "http://example.com/6",
    ]
    inside, outside = scope.split(found)
    assert inside == [url for url in found if scope.allows(url)]
    assert inside
    assert outside == len(found) - len(inside)


def test_it_travels_to_a_child_process():
    scope = Scope.of(SEEDS, include=("x",), max_depth=3)
    scope.allows("http://example.com/x")
    copy = pickle.loads(pickle.dumps(scope))
    assert copy == scope
    assert copy.allows("http://example.com/x")
    assert copy.max_depth == 3


def test_a_seed_that_is_no_url_is_refused_by_name():
    with pytest.raises(ConfigError, match=r"seeds: 'example\.com'"):
        Scope.of(["example.com"])
    with pytest.raises(ConfigError, match=r"scope\.origins: 'ftp://x'"):
        Scope.of(SEEDS, ["ftp://x"])


def test_a_url_that_is_too_long_is_out_of_scope():
    scope = Scope.of(SEEDS, max_url_length=30)
    url = "http://example.com/".ljust(30, "x")
    page = "http://example.com/"
    assert scope.allows(url)
    assert not scope.allows(url + "x")
    assert scope.short_enough([url, url + "x", page], page) == [url, page]
    assert Scope.of(SEEDS).allows(url * 1_000)


GROWN = [
    "/more/more/more/more",
    "/x/more/y/more/z/more/more/",
    "/a/b/a/b/a/b/a/b/",
    "/x////",
    "/x?a=1&a=1&a=1&a=1",
    "/x?a=1&b=2&a=1&b=2&a=1&b=2&a=1",
]


@pytest.mark.parametrize("path", GROWN)
def test_a_url_that_grows_is_out_of_scope(path):
    url = f"http://example.com{path}"
    assert not Scope.of(SEEDS, max_repeats=3).allows(url)
    assert Scope.of(SEEDS, max_repeats=4).allows(url)
    assert Scope.of(SEEDS).allows(url)


@pytest.mark.parametrize(
    "path", ["/more/more/more", "/a/b/a/b/a/b/c", "/1?a=1&a=2&a=3&a=4&a=5", "/moremoremoremore"]
)
def test_a_url_that_does_not_grow(path):
    assert Scope.of(SEEDS, max_repeats=3).allows(f"http://example.com{path}")


@pytest.mark.parametrize("most", [1, 2, 3, 8])
@pytest.mark.parametrize("step", ["more/", "a/b/", "x/x/x/", "./more/."])
def test_from_page_to_page_it_ends(most, step):
    scope = Scope.of(SEEDS, max_repeats=most)
    url, pages = "http://example.com/start/", 0
    while True:
        links = scope.short_enough([resolve(step, url)], url)
        if not links:
            break
        (url,), pages = links, pages + 1
        assert pages <= most


@pytest.mark.parametrize("most", [1, 3, 8])
def test_from_query_to_query_it_ends_too(most):
    scope = Scope.of(SEEDS, max_repeats=most)
    url, pages = "http://example.com/start?", 0
    while links := scope.short_enough([f"{url}&a=b"], url):
        (url,), pages = links, pages + 1
        assert pages <= most


def test_urls_are_told_apart_as_the_user_wants():
    found = ["http://example.com/%70", "http://example.com/p", "http://example.com/p?"]
    assert Scope.of(SEEDS).normalised(found) == found
    scope = Scope.of(SEEDS, normalise="rfc3986")
    assert scope.normalised(found) == ["http://example.com/p"]
    assert scope.for_sitemaps([]).normalised(found) == ["http://example.com/p"]


def test_assets_may_lie_wherever_the_crawl_s_origins_have_them():
    scope = Scope.of(SEEDS, include=("/blog/",), exclude=("/logout",), max_depth=1, max_url_length=60)
    near, far = scope.for_assets(), scope.for_assets(anywhere=True)
    for url, is_near, is_far in (
        ("http://example.com/static/a.png", True, True),
        ("http://example.com/logout", False, False),
        ("https://elsewhere.test/a", False, True),
        ("https://elsewhere.test/logout", False, False),
        (f"https://elsewhere.test/{'a' * 60}", False, False),
    ):
        assert (near.allows(url), far.allows(url)) == (is_near, is_far), url
    assert not scope.allows("http://example.com/static/a.png")


@pytest.mark.parametrize("purpose", Purpose)
def test_where_a_redirect_may_lead_is_said_by_what_its_url_is_asked_for(purpose):
    pages = Scope.of(SEEDS, include=("/blog/",))
    outside, picture = "https://elsewhere.test/", "http://example.com/a.png"
    for asks_external in (False, True):
        scopes = Scopes.around(pages, pages.for_sitemaps([]), asks_external=asks_external)
        scope = scopes.of(Ticket(1, "http://example.com/", 1, 0, purpose=purpose))
        assert scope.allows(picture) is (purpose is not Purpose.PAGE)
        may_leave = purpose is Purpose.EXTERNAL or (asks_external and not purpose.is_recorded)
        assert scope.allows(outside) is may_leave


def test_only_from_outside_is_it_back_to_this_machine():
    scope = Scope.of(["http://127.0.0.1:8000/"])
    far, near = scope.for_assets(anywhere=True), scope.for_assets()
    outside = "https://elsewhere.test/"
    for target in ("http://127.0.0.1:9000/", "http://localhost/", "http://[::1]/", "http://127.9.9.9/"):
        assert far.leads_back(outside, target)
        assert not far.leads_back("http://127.0.0.1:8000/", target)
        assert not far.leads_back("http://localhost:7000/", target)
        assert not near.leads_back(outside, target)  # which allows none of them
    assert not far.leads_back(outside, "http://127.0.0.1:8000/a")  # the crawl's own
    assert not far.leads_back(outside, "https://third.test/")
