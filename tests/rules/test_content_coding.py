"""What a Content-Encoding header may hold that is no coding, and what is told of it."""

import pytest

from crawler.rules.content_coding import codings, notes


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ([], []),
        (["GZIP"], ["gzip"]),
        (["identity, gzip, "], ["gzip"]),
        (["deflate", "none, br"], ["deflate", "br"]),
        (["UTF-8"], []),
        (["sdch"], ["sdch"]),
    ],
)
def test_the_codings_are_found_among_what_is_none(values, found):
    assert codings(values) == found


@pytest.mark.parametrize(
    "value", ["none", "UTF-8", "binary", "8bit", "base64", "text/html", "null", "no", "*", "iso-8859-1", "\0"]
)
def test_what_is_no_coding_is_told(value):
    (note,) = notes([("content-type", "text/html"), ("content-encoding", value)])
    assert note == f"its Content-Encoding, {value.lower()!r}, is none: read as it came"


@pytest.mark.parametrize("value", ["", "gzip", "identity", "gzip, identity", "sdch"])
def test_of_codings_there_is_nothing_to_tell(value):
    assert notes([("content-encoding", value), ("x", "none")]) == []


def test_a_long_one_is_cut():
    (note,) = notes([("content-encoding", "x" * 5_000)])
    assert len(note) < 150
