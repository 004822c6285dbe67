"""The encoder's bytes, read by another hand."""

import time

import pytest

from crawler.trace.perfetto import Encoder, Kind
from crawler.trace.protobuf import double, number, sized, varint
from crawler.trace.recorded import Where
from tests import traces

HOUR = 3_600_000_000_000


@pytest.mark.parametrize(
    ("value", "encoded"),
    [(0, "00"), (1, "01"), (127, "7f"), (128, "8001"), (300, "ac02"), (4095, "ff1f"), (4096, "8020")],
)
def test_a_varint_has_seven_bits_a_byte_the_lowest_first(value: int, encoded: str):
    assert varint(value).hex() == encoded


def test_fields_have_their_number_and_kind_before_them():
    assert number(1, 150).hex() == "089601"
    assert sized(2, "testing").hex() == "120774657374696e67"
    assert double(44, 1.0).hex() == "e102" + "000000000000f03f"
    assert sized(2, "\udcff").hex() == sized(2, rb"\udcff").hex(), "what is no UTF-8 is written all the same"


def test_the_head_says_how_the_clock_stands_to_the_time_of_day(tmp_path):
    (tmp_path / "file").write_bytes(Encoder().head())
    clocks = traces.read(tmp_path / "file").clocks
    assert abs(clocks[3] - time.monotonic_ns()) < 10_000_000_000
    assert abs(clocks[1] - time.time_ns()) < 10_000_000_000


# 2**49 ns and 2**56 ns: a time takes one byte more from there on. 2**28 ns: what is kept ready ends there.
@pytest.mark.parametrize("start", [1, 2**28 - 2, HOUR, 2**49 - 2, 2**49, 2**56 - 2, 2**60])
def test_slices_come_back_as_they_were_given(tmp_path, start):
    encoder, where = Encoder(), Where("fetch/fetcher.py", "Fetcher._ask", 115)
    kind, other = Kind("wait for the answer", "wait", where), Kind("read", "work")
    data = encoder.head() + encoder.process(1, 77, "main") + encoder.track(2, 1, "fetch-0", "coroutine")
    for n in range(5):
        data += encoder.begin(start + n, 2, kind, (n + 1,)) + encoder.end(start + n, 2)
        data += encoder.begin(start + n, 2, other, (n + 1, 2**63)) + encoder.end(start + n + 1, 2, 7_000_999)
    data += encoder.instant(start, 2, other, (1, 2), (3,), {"url": "http://a.example/ü", "more": "x" * 200})
    (tmp_path / "file").write_bytes(data)
    trace = traces.read(tmp_path / "file")
    *slices, instant = trace.slices
    assert [one.begin for one in slices] == [start + n for n in range(5) for _ in range(2)]
    assert [one.flows for one in slices[::2]] == [(n + 1,) for n in range(5)]
    assert [one.flows for one in slices[1::2]] == [(n + 1, 2**63) for n in range(5)]
    assert {one.where for one in slices[::2]} == {("fetch/fetcher.py", "Fetcher._ask", 115)}
    assert {(one.name, one.category, one.pid) for one in slices} == {
        ("wait for the answer", "wait", 77),
        ("read", "work", 77),
    }
    assert [one.notes for one in slices[1::2]] == [{"cpu_us": 7000}] * 5
    assert (instant.flows, instant.ends) == ((1, 2), (3,))
    assert instant.notes == {"url": "http://a.example/ü", "more": "x" * 200}


def test_counters_hold_counts_and_fractions(tmp_path):
    encoder = Encoder()
    data = encoder.head() + encoder.process(1, 77, "main") + encoder.counter_track(2, 1, "memory", 3)
    data += encoder.counter(5, 2, 10**12) + encoder.counter(6, 2, 0.5) + encoder.counter(7, 2, -1)
    (tmp_path / "file").write_bytes(data)
    assert traces.read(tmp_path / "file").counters["memory"] == [(5, 10**12), (6, 0.5), (7, -1.0)]
