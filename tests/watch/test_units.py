import pytest

from crawler.watch.units import age, clock, per_second, size


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1.0 KiB"),
        (33_554_432, "32.0 MiB"),
        (5 * 1024**3, "5.0 GiB"),
        (3 * 1024**4, "3.0 TiB"),
        (4096 * 1024**4, "4096.0 TiB"),
    ],
)
def test_size(count, text):
    assert size(count) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(-1, "0:00:00"), (7.9, "0:00:07"), (3723, "1:02:03"), (360_000, "100:00:00")]
)
def test_clock(seconds, text):
    assert clock(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-3, "0.0 s"),
        (0.31, "0.3 s"),
        (9.96, "10 s"),
        (42, "42 s"),
        (420, "7 min"),
        (3 * 3600, "3 h"),
        (5 * 86400, "5 days"),
    ],
)
def test_age(seconds, text):
    assert age(seconds) == text


@pytest.mark.parametrize(("rate", "text"), [(0, "0.0"), (0.44, "0.4"), (99.96, "100"), (1234.5, "1,234")])
def test_per_second(rate, text):
    assert per_second(rate) == text
