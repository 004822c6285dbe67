"""Which conditions a request gets, by what the generation before had been answered."""

import pytest

from crawler.model.page_version import PageVersion
from crawler.rules.validators import conditions

AT = 1_790_000_000.0  # Mon, 21 Sep 2026 14:13:20 GMT
PAST = "Mon, 21 Sep 2026 14:13:00 GMT"


@pytest.mark.parametrize("etag", ['"abc"', 'W/"abc"', '"abc-gzip"', '""'])
def test_an_entity_tag_goes_back_as_it_came(etag):
    assert conditions(PageVersion(AT, etag=etag)) == {"If-None-Match": etag}


def test_both_validators_are_sent():
    found = conditions(PageVersion(AT, etag='"a"', last_modified=PAST))
    assert found == {"If-None-Match": '"a"', "If-Modified-Since": PAST}


@pytest.mark.parametrize(
    "date",
    [
        PAST,
        "Mon, 21 Sep 2026 14:13:20 GMT",  # the second in which it was asked for
        "Monday, 21-Sep-26 14:13:00 GMT",  # RFC 850
        "Mon Sep 21 14:13:00 2026",  # asctime
    ],
)
def test_a_date_that_is_over_goes_back_as_it_came(date):
    assert conditions(PageVersion(AT, last_modified=date)) == {"If-Modified-Since": date}


@pytest.mark.parametrize(
    "date", ["Mon, 21 Sep 2026 14:14:00 GMT", "Fri, 31 Dec 9999 23:59:59 GMT", "yesterday", "", "0", "-1"]
)
def test_a_date_in_the_future_or_none_at_all_says_nothing(date):
    assert conditions(PageVersion(AT, last_modified=date)) == {}
    assert conditions(PageVersion(AT, etag='"a"', last_modified=date)) == {"If-None-Match": '"a"'}


def test_without_validators_there_is_no_condition():
    assert conditions(PageVersion(AT)) == {}
