"""The reasons that are told agree with the rules that decide."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.rules import charset, robots
from crawler.rules.charset import Why, why
from crawler.rules.robots_why import decided
from crawler.rules.scope import Scope
from crawler.rules.scope_why import included_by, outside
from crawler.rules.url_changes import changes
from crawler.rules.urls import resolve

PATHS = st.text("ab/*$%2F", max_size=6)
LINES = st.lists(
    st.one_of(
        st.sampled_from(["user-agent: *", "user-agent: crawler", "", "# a word"]),
        st.builds("{}: /{}".format, st.sampled_from(["allow", "disallow"]), PATHS),
    ),
    max_size=12,
)


@given(LINES, PATHS)
def test_the_line_of_robots_agrees_with_its_verdict(lines: list[str], path: str):
    body, url = "\n".join(lines).encode(), f"http://x.example/{path}"
    found, rules = decided(body, "crawler/1.0", url), robots.parse(body)
    assert found.allowed == rules.allows("crawler/1.0", url)
    if found.line is not None:
        line = lines[found.line - 1]
        assert found.text == line
        assert line.startswith("allow" if found.allowed else "disallow")
    forbidding = robots.forbidding(body, "crawler/1.0", url)
    assert (forbidding is None) == found.allowed
    if forbidding is not None:
        assert (forbidding.line, forbidding.text) == (found.line, found.text)


def test_whom_robots_name():
    body = b"user-agent: crawler\nallow: /\n"
    assert decided(body, "crawler/1.0", "http://x/y").agent == "crawler"
    assert decided(body, "another", "http://x/y").agent is None
    assert decided(b"user-agent: *\ndisallow: /", "another", "http://x/robots.txt").allowed


@given(
    st.lists(st.sampled_from(["a", "b", "/c$", "[?]"]), max_size=2),
    st.lists(st.sampled_from(["a", "b", "/c$", "[?]"]), max_size=2),
    st.sampled_from(["http://x.example", "http://y.example"]),
    st.text("abc/?&", max_size=12),
    st.sampled_from([None, 1, 2]),
    st.booleans(),
)
def test_why_a_url_is_out_of_scope(
    include: list[str], exclude: list[str], origin: str, rest: str, repeats: int | None, anywhere: bool
):
    scope = Scope(
        frozenset({"http://x.example"}), tuple(include), tuple(exclude), None, 26, repeats, anywhere=anywhere
    )
    url = resolve(f"{origin}/{rest}")
    assert url is not None
    found = outside(scope, url)
    assert (found is None) == scope.allows(url)
    if found is None and include:
        assert included_by(scope, url) in include
    if found is not None and found.key == "scope.exclude":
        assert found.pattern in exclude


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("http://x.example/", []),
        (" http://x.example/\n", ["white space is left out"]),
        ("HTTP://x.example/", ["the scheme is written in lower case"]),
        ("http://X.example/", ["the host is written in lower case"]),
        ("http://bücher.example/", ["the host is written as xn--bcher-kva.example"]),
        ("https://x.example:443/", ["the port 443 is left out: it is the scheme's own"]),
        ("http://x.example", ["the path is /"]),
        ("http://x.example/a/../b", ["dot segments are resolved"]),
        ("http://x.example/a b", ["characters of the path are percent-encoded"]),
        ("http://x.example/?ü", ["characters of the query are percent-encoded"]),
        ("http:\\\\x.example\\a", ["backslashes become slashes"]),
        ("http://x.example/#a", ["the fragment #a is left out: it is never sent"]),
        ("mailto:x", []),
    ],
)
def test_what_the_url_standard_changes(typed: str, told: list[str]):
    assert changes(typed) == told


def test_a_password_is_not_told():
    assert "secret" not in str(changes("http://me:secret@x.example/"))
    assert "login" in str(changes("http://me:secret@x.example/"))


def test_the_normal_form_of_the_other_standard():
    assert changes("http://x.example/%7Ea") == []
    assert "scope.normalise" in str(changes("http://x.example/%7Ea", as_rfc3986=True))


@pytest.mark.parametrize(
    ("body", "content_type", "reason"),
    [
        (b"\xff\xfea\0", "text/html; charset=utf-8", Why.MARK),
        (b"a", "text/html; charset=utf-8", Why.HEADER),
        (b"<meta charset=utf-8>", "text/html", Why.DECLARED),
        (b"<?xml version='1.0' encoding='koi8-r'?><a/>", "text/xml", Why.DECLARED),
        ("é".encode(), "text/html", Why.CONTENT),
        (b"\xe9", "text/html", Why.DEFAULT),
    ],
)
def test_why_a_page_is_in_its_charset(body: bytes, content_type: str, reason: Why):
    assert why(body, content_type, charset.sniff(body, content_type)) is reason
