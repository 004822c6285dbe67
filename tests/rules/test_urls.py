import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from crawler.rules.urls import distinct_links, host_port, is_loopback, normalised, origin, resolve

BASE = "http://example.com/a/b?c"

# Text in which the characters that mean something in a URL are frequent.
hrefs = st.one_of(
    st.text(alphabet="ab/.:?#%2e\\@~-_=&+ \t\n[]|", max_size=16),
    st.text(max_size=12),
    st.builds("http://example.com{}".format, st.text(alphabet="ab/.?#:@\\ %", max_size=12)),
)


def test_the_standards_own_cases(shared_cases):
    cases = shared_cases("urls.jsonl")
    assert len(cases) > 400
    wrong = [
        (case["id"], got)
        for case in cases
        if (got := resolve(case["input"], case["base"], keep_fragment=True)) != case["href"]
    ]
    assert wrong == []


def test_without_its_fragment_every_case_is_the_same_url(shared_cases):
    for case in shared_cases("urls.jsonl"):
        expected = case["href"] and case["href"].split("#")[0]
        assert resolve(case["input"], case["base"]) == expected


@pytest.mark.parametrize(
    ("href", "url"),
    [
        ("", "http://example.com/a/b?c"),
        ("#top", "http://example.com/a/b?c"),
        ("?d", "http://example.com/a/b?d"),
        ("x/../y", "http://example.com/a/y"),
        ("%2e%2e/y", "http://example.com/y"),
        ("//other:80/x", "http://other/x"),
        ("\\x\\y", "http://example.com/x/y"),
        ("HTTPS://EXAMPLE.com:443", "https://example.com/"),
        ("/caf\u00e9?\u00e9", "http://example.com/caf%C3%A9?%C3%A9"),
        ("http://b\u00fccher.example/", "http://xn--bcher-kva.example/"),
        ("http://0x7f.1/", "http://127.0.0.1/"),
        ("/a\ud800b", "http://example.com/a%EF%BF%BDb"),
        ("/\ud83d\ude00", "http://example.com/%F0%9F%98%80"),
        ("mailto:a@example.com", None),
        ("javascript:void(0)", None),
        ("ftp://example.com/", None),
        ("http://", None),
        ("http://a b/", None),
        ("http://example.com:99999/", None),
    ],
)
def test_resolve(href, url):
    assert resolve(href, BASE) == url


def test_a_fragment_is_kept_only_on_demand():
    assert resolve("x#y", BASE, keep_fragment=True) == "http://example.com/a/x#y"
    assert resolve("x#y", BASE) == "http://example.com/a/x"


def test_without_a_base_only_absolute_urls_resolve():
    assert resolve("http://a/b") == "http://a/b"
    assert resolve("b") is None
    assert resolve("b", "no base") is None
    assert resolve("http://a/", "no base") is None


@given(hrefs)
@example("//a//b")
def test_resolve_is_idempotent(href):
    once = resolve(href, BASE)
    assert once is None or resolve(once) == resolve(once, BASE) == once


@given(
    st.lists(hrefs, max_size=8),
    st.sampled_from([BASE, "https://u:p@h:8/x/y/#f", "http://h", "HTTP://H/./x", "about:blank", ""]),
)
@example(
    ["../x", "../../x", "../../../x", "..//x", "../", "../../", "../x/", ".../x", "../x:y", "../x?y#z"], BASE
)
@example(
    ["../" * 9 + "x", "../" * 8 + "x", "../a/../b", "../.x", " ../x", "../é"], "http://h/a/b/c/d/e/f/g/h/i/j"
)
@example(
    ["", "?q", "#f", "?", " ", "http:?q", "http:", "http:x", "ht\ttp:?q", "\n?q", "HTTP:?q", "https:?q"], BASE
)
@example(["http://example.com//x", "x:y", "~/", "./a", "a/", "a//b", "-", "a?b#c", "a?b=%2e&c"], BASE)
def test_distinct_links_is_resolve_on_each_without_repeats(links, base):
    naive = [url for href in links if (url := resolve(href, base)) is not None]
    assert distinct_links(links, base) == list(dict.fromkeys(naive))


def test_distinct_links_keeps_document_order():
    links = ["c", "a#1", "http://example.com/a/c", "/b", "a#2", "mailto:x", " a "]
    assert distinct_links(links, BASE) == [f"http://example.com/{x}" for x in ("a/c", "a/a", "b")]


@pytest.mark.parametrize(
    ("url", "whole", "parts"),
    [
        ("http://example.com/a/b", "http://example.com", ("example.com", 80)),
        ("https://example.com/", "https://example.com", ("example.com", 443)),
        ("http://u:p@example.com:8080/@", "http://example.com:8080", ("example.com", 8080)),
        ("http://[::1]:8080/", "http://[::1]:8080", ("::1", 8080)),
        ("https://[2001:db8::1]/x:9", "https://[2001:db8::1]", ("2001:db8::1", 443)),
        ("http://example.com", "http://example.com", ("example.com", 80)),
    ],
)
def test_origin_host_and_port(url, whole, parts):
    assert origin(url) == whole
    assert host_port(url) == parts


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://127.0.0.1:8000/", True),
        ("http://127.9.9.9/", True),
        ("http://[::1]/", True),
        ("http://[::ffff:7f00:1]/", True),
        ("http://localhost:80/", True),
        ("https://localhost./", True),
        ("http://a.localhost/", True),
        ("http://notlocalhost/", False),
        ("http://localhost.example.com/", False),
        ("http://127.0.0.1.example.com/", False),
        ("http://10.0.0.1/", False),
        ("http://[::2]/", False),
    ],
)
def test_is_loopback(url, expected):
    assert is_loopback(url) is expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://h/%70", "http://h/p"),
        ("http://h/%7Euser/%2d%5F%2E%7e", "http://h/~user/-_.~"),
        ("http://h/a%2fb%3a?q=%e4&%41=%26", "http://h/a%2Fb%3A?q=%E4&A=%26"),
        ("http://h/p?", "http://h/p"),
        ("http://h/p??", "http://h/p??"),
        ("http://h/p?a=?", "http://h/p?a=?"),
        ("http://h/?", "http://h/"),
        ("http://h/%zz%4", "http://h/%zz%4"),
        # What is no code must not become one: it would be another URL with each time.
        ("http://h/%4%31", "http://h/%4%31"),
        ("http://h/%%34%31", "http://h/%%341"),
        ("http://h/%2541", "http://h/%2541"),
        ("http://h/p", "http://h/p"),
    ],
)
def test_the_normal_form_of_rfc_3986(url, expected):
    assert normalised(url) == expected


@given(st.text(alphabet="ab%25463?/~", max_size=16))
@example("%%3%311")
def test_what_is_normalised_stays_as_it_is(text):
    url = resolve(f"/x{text}", BASE)
    assert url is not None
    once = normalised(url)
    assert normalised(once) == once == resolve(once)
