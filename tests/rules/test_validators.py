"""Which ETag and Last-Modified of an answer are kept."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.rules.validators import MAX_LENGTH, is_entity_tag, is_http_date, validators

DATE = "Sun, 06 Nov 1994 08:49:37 GMT"


@pytest.mark.parametrize(
    "tag", ['""', '"a"', 'W/"a b"'.replace(" ", ""), '"a\'b"', f'"{"x" * (MAX_LENGTH - 2)}"']
)
def test_entity_tags(tag: str) -> None:
    assert is_entity_tag(tag)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a",
        '"',
        '"a',
        'a"',
        'w/"a"',
        'W/ "a"',
        "W/a",
        '"a" ',
        '"a","b"',
        '"a""b"',
        '"a b"',
        '"a\n"',
        '"a\r\nX: y"',
        '"a\x00"',
        '"a\x7f"',
        '"é"',
        '"\udcff"',
        '"a"\n',
        f'"{"x" * (MAX_LENGTH - 1)}"',
    ],
)
def test_what_is_no_entity_tag(text: str) -> None:
    assert not is_entity_tag(text)


@pytest.mark.parametrize(
    "date",
    [
        DATE,
        "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994",
        "Sun Nov 16 08:49:37 1994",
        "Thu, 29 Feb 2024 00:00:00 GMT",
        "Sat, 31 Dec 2016 23:59:60 GMT",
        "Fri, 31 Dec 9999 23:59:59 GMT",
    ],
)
def test_dates(date: str) -> None:
    assert is_http_date(date)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0",
        "-1",
        "now",
        "1994-11-06T08:49:37Z",
        "784111777",
        f"{DATE} ",
        f"{DATE}\n",
        f" {DATE}",
        DATE.lower(),
        DATE.replace("GMT", "UTC"),
        DATE.replace("GMT", "+0000"),
        DATE.replace("06", "6"),
        DATE.replace("06", "32"),
        DATE.replace("1994", "94"),
        DATE.replace("08:", "24:"),
        DATE.replace(":37", ":61"),
        DATE.replace("06", "00"),
        DATE.replace("Sun", "Son"),
        DATE.replace("Nov", "NOV"),
        DATE.replace("1994", "１９９４"),
        "Sunday, 06-Nov-1994 08:49:37 GMT",
        "Sun Nov 6 08:49:37 1994",
        "Sun Nov  0 08:49:37 1994",
    ],
)
def test_what_is_no_date(text: str) -> None:
    assert not is_http_date(text)


@given(st.text())
def test_any_text_is_judged(text: str) -> None:
    assert is_entity_tag(text) in (True, False)
    assert is_http_date(text) in (True, False)


def test_the_first_of_each_counts_and_is_left_out_where_it_is_none() -> None:
    assert validators([]) == (None, None)
    assert validators([("etag", '"a"'), ("last-modified", DATE), ("etag", '"b"')]) == ('"a"', DATE)
    assert validators([("etag", "a"), ("etag", '"b"'), ("last-modified", "0")]) == (None, None)
    assert validators([("x-etag", '"a"'), ("date", DATE)]) == (None, None)
