from crawler.model.messages import Hop
from crawler.model.outcomes import Kind
from crawler.rules.redirects import REDIRECT_STATUSES, RedirectDecision, follow
from crawler.rules.scope import Scope

URL = "http://example.com/a"
SCOPE = Scope.of(["http://example.com/"])


def decide(location, hops=(), url=URL, set_cookie=False, most=10, scope=SCOPE, **rest):
    return follow(url, hops, 302, location, most, scope, set_cookie, **rest)


def test_the_target_is_resolved_and_carries_the_hops():
    before = (Hop("http://example.com/0", 301, "/a"),)
    decision = decide("b#part", before)
    assert decision.kind is Kind.REDIRECTED
    assert decision.target == "http://example.com/b"
    assert decision.hops == (*before, Hop(URL, 302, "b#part"))
    assert decision.message is None


def test_a_location_that_leads_nowhere():
    for location in (None, "", "mailto:x@example.com", "http://", "file:///etc/passwd"):
        decision = decide(location)
        assert decision.kind is Kind.BAD_REDIRECT
        assert decision.target is None
        assert decision.message


def test_back_to_an_earlier_hop_is_a_loop():
    assert decide("/0", (Hop("http://example.com/0", 301, "/a"),)).kind is Kind.REDIRECT_LOOP


def test_to_itself_is_a_loop_but_for_one_cookie():
    assert decide("/a").kind is Kind.REDIRECT_LOOP
    assert decide("/a#x").kind is Kind.REDIRECT_LOOP
    for keeps_cookies in (True, False):
        first = decide("/a", set_cookie=True, keeps_cookies=keeps_cookies)
        assert first == RedirectDecision(None, URL, (Hop(URL, 302, "/a"),))
    assert decide("/a", first.hops).kind is Kind.REDIRECT_LOOP


def test_a_cookie_opens_the_way_back_only_where_it_is_kept():
    before = (Hop("http://example.com/0", 302, "/a"),)
    assert decide("/0", before, set_cookie=True).kind is Kind.REDIRECT_LOOP
    opened = decide("/0", before, set_cookie=True, keeps_cookies=True)
    assert (opened.kind, opened.target) == (None, "http://example.com/0")
    assert opened.hops == (*before, Hop(URL, 302, "/0"))
    kept = {"set_cookie": True, "keeps_cookies": True}
    assert decide("http://else.test/", **kept).kind is Kind.OUT_OF_SCOPE
    assert decide("/0", before, most=1, **kept).kind is Kind.TOO_MANY_REDIRECTS
    assert decide("ftp://x/", **kept).kind is Kind.BAD_REDIRECT


def test_the_limit_counts_redirects_in_a_row():
    hops = tuple(Hop(f"http://example.com/{n}", 302, "x") for n in range(2))
    assert decide("/b", hops, most=3).kind is Kind.REDIRECTED
    assert decide("/b", hops, most=2).kind is Kind.TOO_MANY_REDIRECTS
    assert decide("/b", most=0).kind is Kind.TOO_MANY_REDIRECTS


def test_a_target_out_of_scope_is_named_but_not_followed():
    decision = decide("https://example.com/a")
    assert decision.kind is Kind.OUT_OF_SCOPE
    assert decision.target == "https://example.com/a"


def test_a_target_that_is_too_long_or_grows_is_out_of_scope():
    scope = Scope.of(["http://example.com/"], max_url_length=40, max_repeats=2)
    assert decide("/b", scope=scope).kind is Kind.REDIRECTED
    assert decide("/" + "b" * 40, scope=scope).kind is Kind.OUT_OF_SCOPE
    assert decide("/b/b/b", scope=scope).kind is Kind.OUT_OF_SCOPE


def test_targets_are_told_apart_as_the_user_wants():
    scope = Scope.of(["http://example.com/"], normalise="rfc3986")
    assert decide("/%62?", scope=scope).target == "http://example.com/b"
    assert decide("/%62?").target == "http://example.com/%62?"


def test_which_statuses_redirect():
    assert {300, 304, 305, 306}.isdisjoint(REDIRECT_STATUSES)
    assert {301, 302, 303, 307, 308} == REDIRECT_STATUSES


def test_another_host_may_not_send_the_crawler_to_this_machine_not_even_in_place():
    scope = SCOPE.for_assets(anywhere=True)
    for keeps_cookies in (False, True):
        found = decide("http://127.0.0.1/", scope=scope, set_cookie=True, keeps_cookies=keeps_cookies)
        assert (found.kind, found.target) == (Kind.FORBIDDEN_ADDRESS, "http://127.0.0.1/")
        assert found.message
    local = "http://127.0.0.1:8000/"
    assert decide("http://127.0.0.1:9000/", url=local, scope=scope).kind is Kind.REDIRECTED
