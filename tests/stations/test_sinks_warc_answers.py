"""Answers read back from an archive."""

from pathlib import Path

import pytest

from crawler.model.errors import OutputError
from crawler.sinks.warc import WarcSink
from tests.stations.archives import answered, exchange, opened, write
from tests.stations.test_sinks_warc_generations import LATER, unchanged

MOST = 1_000_000


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "archive"


def kept(path: Path, *generations: list, **options: object) -> list[int]:
    """Where the archive ends with each of these, which it has."""
    ends = []
    for items in generations:
        sink = opened(path, **options)
        ends.append(write(sink, items))
        sink.close()
    return ends


def read(path: Path, position: int, *numbers: int, most: int = MOST) -> dict[str, bytes]:
    urls = [f"http://a.example/{number}" for number in numbers]
    return {url[-1]: payload for url, _, payload in WarcSink.read_answers(path, position, urls, most)}


@pytest.mark.parametrize("part_bytes", [1, 1_000_000])
def test_what_was_answered_last_before_a_position(path, part_bytes):
    edited = answered(2, exchange(2, b"<p>edited", at=LATER))
    ends = kept(path, [answered(1), answered(2), answered(3)], [unchanged(1), edited], part_bytes=part_bytes)
    assert read(path, ends[0], 1, 2) == {"1": b"<p>page 1", "2": b"<p>page 2"}
    assert read(path, ends[1], 1, 2, 9) == {"1": b"<p>page 1", "2": b"<p>edited"}
    assert read(path, ends[1]) == read(path, 0, 1) == {}


def test_what_says_the_same_as_another_url_is_read_there(path):
    """And the place of that may be behind what is wanted of it."""
    (end,) = kept(path, [answered(1), answered(2, exchange(2, b"<p>page 1")), answered(3)])
    assert read(path, end, 2, 3) == {"2": b"<p>page 1", "3": b"<p>page 3"}
    assert read(path, end, 1, 2) == {"1": b"<p>page 1", "2": b"<p>page 1"}


def test_heads_and_payloads_are_what_was_sent(path):
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Encoding: br\r\n\r\n"
    payload = b"\r\n\r\nWARC/1.1\r\n\r\n" * 9
    (end,) = kept(path, [answered(1, exchange(1, payload, head=head))])
    ((url, found, body),) = WarcSink.read_answers(path, end, ["http://a.example/1"], MOST)
    assert (url, found + b"\r\n\r\n", body) == ("http://a.example/1", head, payload)


def test_what_is_too_long_is_left_out(path):
    (end,) = kept(path, [answered(1, exchange(1, bytes(3_000_000))), answered(2)])
    assert read(path, end, 1, 2) == {"2": b"<p>page 2"}
    assert len(read(path, end, 1, most=4_000_000)["1"]) == 3_000_000


def test_damage_is_said(path):
    (end,) = kept(path, [answered(1), answered(2)])
    file = path / "crawl-00001.warc.gz"
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 0xFF
    file.write_bytes(data)
    with pytest.raises(OutputError, match=r"crawl-00001\.warc\.gz cannot be read"):
        read(path, end, 1, 2)
