import pytest

from crawler.watch.rate import Rate


def test_no_rate_before_the_second_sample():
    rate = Rate()
    assert rate.recent == 0.0
    rate.add(1.0, 100)
    assert rate.recent == 0.0


def test_the_recent_rate_forgets_what_is_older_than_its_window():
    rate = Rate(window=5.0)
    for second in range(10):
        rate.add(float(second), 1_000 * second)  # 1,000 a second
    for second in range(10, 20):
        rate.add(float(second), 9_000 + 10 * (second - 9))  # then 10 a second
    assert rate.recent == pytest.approx(10.0)


def test_samples_further_apart_than_the_window_still_give_a_rate():
    rate = Rate(window=5.0)
    for second in (0.0, 60.0, 120.0):
        rate.add(second, int(second) * 3)
    assert rate.recent == pytest.approx(3.0)


def test_the_memory_of_a_rate_is_bounded():
    rate = Rate(window=5.0)
    for tick in range(10_000):
        rate.add(tick * 0.2, tick)
    assert len(rate._samples) < 30


def test_two_samples_at_the_same_moment_divide_by_nothing():
    rate = Rate()
    rate.add(1.0, 1)
    rate.add(1.0, 2)
    assert rate.recent == 0.0
