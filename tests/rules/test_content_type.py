import pytest

from crawler.rules.content_type import accepted, essence, is_part, parameter

PATTERNS = ("text/html", "text/*", "*+xml", "application/json")


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("text/html", "text/html"),
        (" Text/HTML ; charset=utf-8", "text/html"),
        ("image/svg+xml", "image/svg+xml"),
        ("text/html, text/plain", "text/html"),
        ("html", ""),
        ("", ""),
        ("text/", ""),
        ("text/html garbage", ""),
        ("*/*", "*/*"),
    ],
)
def test_essence(header, expected):
    assert essence(header) == expected


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("text/html; A=1;a=2", "1"),
        ("text/html; a", None),
        ("text/html; a=", None),
        ('text/html; a=""', ""),
        ('text/html; a="x;\\"y\\\\"z; b', 'x;"y\\'),
        ('text/html; a="x\\', "x\\"),
        ("text/html; b=a=1; a= 2 ", " 2"),
        ("a=1", None),
    ],
)
def test_parameter(header, expected):
    assert parameter(header, "a") == expected


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("text/html;charset=x", True),
        ("TEXT/CSV", True),
        ("application/rss+xml", True),
        ("application/json", True),
        ("image/png", False),
        ("application/pdf", False),
        ("application/jsonp", False),
        (None, True),
        ("", True),
        ("nonsense", True),
    ],
)
def test_accepted(header, expected):
    assert accepted(header, PATTERNS) is expected


@pytest.mark.parametrize("header", [None, "", "nonsense", "*/*", "unknown/unknown", "application/unknown"])
def test_a_header_that_says_nothing_is_no_reason_to_refuse_the_body(header):
    assert accepted(header, ("application/json",))


@pytest.mark.parametrize("header", [None, "bytes 0-99/100", "Bytes  0-0/1 "])
def test_a_whole_page(header):
    assert not is_part(header)


@pytest.mark.parametrize(
    "header",
    ["bytes 0-9/100", "bytes 10-99/100", "bytes 0-99/*", "bytes */100", "lines 0-9/10", "", "0-9/10"],
)
def test_a_part_of_one(header):
    assert is_part(header)
