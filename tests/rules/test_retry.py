from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.model.outcomes import MEANING, Kind, Outcome
from crawler.rules.retry import RetryPolicy, parse_retry_after

POLICY = RetryPolicy(retries=3, backoff=0.5, backoff_max=60, retry_after_max=300)
NOW = datetime(1994, 11, 6, 8, 49, 37, tzinfo=UTC)


def delay(attempt=1, kind=None, status=None, retry_after=None, random=0.5, policy=POLICY, **known):
    return policy.delay(attempt, kind=kind, status=status, retry_after=retry_after, random=random, **known)


def test_of_every_kind_it_is_said_once_whether_it_may_pass_and_why():
    assert MEANING.keys() == set(Kind)
    assert all(meaning.why for meaning in MEANING.values())


def test_no_kind_means_that_all_is_well():
    assert Outcome.OK not in {meaning.outcome for meaning in MEANING.values()}


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize("status", [None, 404, 503])
def test_what_is_known_of_the_very_failure_outweighs_its_kind(kind, status):
    assert delay(kind=kind, status=status, retryable=False) is None
    assert delay(kind=kind, status=status, retryable=True) == 0.25
    assert delay(4, kind, status, retryable=True) is None


@pytest.mark.parametrize("kind", list(Kind))
def test_only_passing_failures_are_tried_again(kind):
    again = {Kind.TIMEOUT, Kind.CONNECT, Kind.RESET, Kind.DNS, Kind.FRAMING}
    assert (delay(kind=kind) is not None) == (kind in again)


def test_only_not_now_answers_are_tried_again():
    again = {n for n in range(200, 600) if delay(kind=Kind.HTTP_STATUS, status=n) is not None}
    assert again == {408, 425, 429, 500, 502, 503, 504}


def test_the_wait_doubles_up_to_its_cap():
    longest = [delay(n, Kind.RESET, random=1.0, policy=RetryPolicy(20, 0.5, 60, 300)) for n in range(1, 11)]
    assert longest == [0.5, 1, 2, 4, 8, 16, 32, 60, 60, 60]


def test_full_jitter_scales_the_wait():
    assert delay(2, Kind.RESET, random=0.0) == 0
    assert delay(2, Kind.RESET, random=0.25) == 0.25


def test_it_gives_up_after_the_last_retry():
    assert delay(3, Kind.RESET) is not None
    assert delay(4, Kind.RESET) is None
    assert delay(1, Kind.RESET, policy=RetryPolicy(0, 0.5, 60, 300)) is None


def test_retry_after_is_the_least_wait_and_is_capped():
    assert delay(status=503, retry_after=7) == 7
    assert delay(status=503, retry_after=0.1) == 0.25
    assert delay(status=429, retry_after=86_400) == 300
    assert delay(status=404, retry_after=7) is None


def test_a_huge_attempt_does_not_overflow():
    assert delay(5000, Kind.RESET, random=0.5, policy=RetryPolicy(10_000, 0.5, 60, 300)) == 30


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120),
        (" 0 ", 0),
        ("-5", 0),
        ("Sun, 06 Nov 1994 08:50:37 GMT", 60),
        ("Sunday, 06-Nov-94 08:50:37 GMT", 60),
        ("Sun Nov  6 08:50:37 1994", 60),
        ("Sun, 06 Nov 1994 08:49:00 GMT", 0),
        (None, None),
        ("", None),
        ("soon", None),
        ("1.5", None),
        ("Sun, 99 Nov 1994 08:50:37 GMT", None),
    ],
)
def test_retry_after_header(value, seconds):
    assert parse_retry_after(value, NOW) == seconds


def test_now_may_be_in_any_time_zone():
    there = NOW.astimezone(timezone(timedelta(hours=5)))
    assert parse_retry_after("Sun, 06 Nov 1994 08:50:37 GMT", there) == 60


@given(
    st.one_of(st.text(max_size=40), st.from_regex(r"[A-Z][a-z]{2}, [0-9]{1,5} Nov [0-9]{1,9} [0-9:+ GMT]*"))
)
def test_no_header_makes_it_raise(value):
    seconds = parse_retry_after(value, NOW)
    assert seconds is None or seconds >= 0
