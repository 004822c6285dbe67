import pytest

from crawler.rules.content_range import is_part


@pytest.mark.parametrize("header", [None, "bytes 0-99/100", "Bytes  0-0/1 "])
def test_a_whole_page(header):
    assert not is_part(header)


@pytest.mark.parametrize(
    "header",
    ["bytes 0-9/100", "bytes 10-99/100", "bytes 0-99/*", "bytes */100", "lines 0-9/10", "", "0-9/10"],
)
def test_a_part_of_one(header):
    assert is_part(header)
