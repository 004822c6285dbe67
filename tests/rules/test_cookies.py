"""Cookies by RFC 6265 and its revision, in jars that no origin shares."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.rules.cookies import MAX_BYTES, MAX_COOKIES, CookieJar, cookie_date

NOW = 1_800_000_000.0
SITE = "https://www.example.co.uk"
SUFFIXES = {"uk", "co.uk", "github.io", "test"}


def jar_with(*headers: str, url: str = f"{SITE}/a/b", now: float = NOW) -> CookieJar:
    jar = CookieJar(url)
    for header in headers:
        jar.receive(header, url, now, SUFFIXES.__contains__)
    return jar


@pytest.mark.parametrize(
    ("header", "sent"),
    [
        ("a=1", "a=1"),
        ("a=1; Path=/; HttpOnly; SameSite=None; Secure", "a=1"),
        (' a = "two words" ;x', 'a="two words"'),
        ("a=b=c", "a=b=c"),
        ("alone", "alone"),
        ("=alone", "alone"),
        ("a=", "a="),
        ("", ""),
        ("=", ""),
        (";a=1", ""),
        ("a=1\x00", ""),
        ("a=1\r\nX: y", ""),
        ("a=" + "x" * 5_000, ""),
        ("a=1; Max-Age=0", ""),
        ("a=1; Max-Age=-1", ""),
        ("a=1; Max-Age=x", "a=1"),
        ("a=1; Max-Age=" + "9" * 5_000, "a=1"),
        ("a=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT", ""),
        ("a=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=10", "a=1"),
        ("a=1; Expires=garbage", "a=1"),
        ("a=1; Path=/a", "a=1"),
        ("a=1; Path=/a/", "a=1"),
        ("a=1; Path=/a/b/", ""),
        ("a=1; Path=/other", ""),
        ("a=1; Path=nonsense", "a=1"),
        ("__Secure-a=1", ""),
        ("__Secure-a=1; Secure", "__Secure-a=1"),
        ("__Host-a=1; Secure", ""),
        ("__Host-a=1; Secure; Path=/", "__Host-a=1"),
        ("__Host-a=1; Secure; Path=/; Domain=www.example.co.uk", ""),
        ("=__Host-a=1", ""),
    ],
)
def test_what_is_sent_back(header, sent):
    assert jar_with(header).header(f"{SITE}/a/b?x", NOW + 1) == sent


@pytest.mark.parametrize(
    ("url", "domain", "taken"),
    [
        (SITE, "www.example.co.uk", True),
        (SITE, ".Example.CO.UK", True),
        (SITE, "", True),
        (SITE, "co.uk", False),
        (SITE, ".uk", False),
        (SITE, "other.co.uk", False),
        (SITE, "ww.example.co.uk", False),
        (SITE, "sub.www.example.co.uk", False),
        (SITE, "ample.co.uk", False),
        (SITE, "example.co.uk/", False),
        (SITE, "example.co.uk:443", False),
        (SITE, "x@example.co.uk", False),
        ("https://me.github.io", "github.io", False),
        ("https://github.io", "github.io", True),  # its own, and of nobody else
        ("https://10.0.0.1", "0.0.1", False),
        ("https://10.0.0.1", "10.0.0.1", True),
    ],
)
def test_a_domain_only_decides_whether_a_cookie_is_taken(url, domain, taken):
    jar = CookieJar(f"{url}/")
    assert jar.receive(f"a=1; Domain={domain}", f"{url}/", NOW, SUFFIXES.__contains__) is taken
    assert bool(jar.header(f"{url}/", NOW)) is taken


def test_the_bundled_list_of_public_suffixes_is_the_one_that_is_asked():
    from crawler.fetch.session import _public_suffixes

    is_public = _public_suffixes()
    assert all(map(is_public, ("com", "co.uk", "github.io", "xn--p1ai")))
    assert not any(map(is_public, ("example.com", "www.example.co.uk")))


def test_secure_cookies_are_for_tls_and_for_this_machine():
    for url, taken in (("http://a.test/", ""), ("https://a.test/", "a=1"), ("http://127.0.0.1:8/", "a=1")):
        assert jar_with("a=1; Secure", url=url).header(url, NOW) == taken


def test_longer_paths_come_first_and_then_older_cookies():
    jar = jar_with("one=1; Path=/", "two=2; Path=/a", "three=3; Path=/", "one=4; Path=/")
    assert jar.header(f"{SITE}/a/b", NOW) == "two=2; one=4; three=3"


def test_a_cookie_ends_in_time_and_can_be_deleted():
    jar = jar_with("a=1; Path=/; Max-Age=10", "b=2; Path=/")
    assert jar.header(SITE, NOW + 9) == "a=1; b=2"
    assert jar.header(SITE, NOW + 10) == "b=2"
    jar.receive("b=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT", SITE, NOW, SUFFIXES.__contains__)
    assert jar.header(SITE, NOW + 10) == ""


def test_a_hostile_server_fills_no_memory():
    jar = jar_with(*(f"n{number}=1" for number in range(1_000)))
    assert len(jar) == MAX_COOKIES
    assert "n999=1" in jar.header(f"{SITE}/a/b", NOW)
    jar = jar_with(*(f"n{number}={'x' * 3_000}" for number in range(100)))
    assert 0 < len(jar.header(f"{SITE}/a/b", NOW)) <= MAX_BYTES + 2 * MAX_COOKIES


def test_cookies_that_are_over_go_before_those_that_are_not():
    jar = jar_with(
        "good=1; Path=/", *(f"n{number}=1; Path=/; Max-Age=1" for number in range(MAX_COOKIES - 1))
    )
    jar.receive("late=1; Path=/", SITE, NOW + 2, SUFFIXES.__contains__)
    assert jar.header(SITE, NOW + 2) == "good=1; late=1"


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777),
        ("Sunday, 06-Nov-94 08:49:37 GMT", 784_111_777),
        ("Sun Nov  6 08:49:37 1994", 784_111_777),
        ("1994 6 november 8:49:37", 784_111_777),
        ("6 november 1994 8:49:37z", 784_111_777),
        ("Fri, 30 Feb 2024 00:00:00 GMT", None),
        ("06 Nov 1600 00:00:00", None),
        ("06 Nov 1994 24:00:00", None),
        ("06 Nov 1994", None),
        ("", None),
    ],
)
def test_dates_are_read_as_browsers_read_them(text, seconds):
    assert cookie_date(text) == seconds


@given(st.text(max_size=200))
def test_no_header_is_too_strange(text):
    jar = jar_with(f"a=1; Expires={text}; Domain={text}; Path={text}; {text}", text)
    sent = jar.header(f"{SITE}/a/b", NOW)
    assert "\n" not in sent
    assert "\r" not in sent
