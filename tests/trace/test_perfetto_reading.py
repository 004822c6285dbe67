"""Traces read back: what was written is what is read, and whatever a file holds, nothing breaks."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crawler.model.errors import UsageError
from crawler.trace import perfetto_reading, perfetto_slices, protobuf_reading
from crawler.trace.perfetto_reading import begun_with, read_trace
from crawler.trace.protobuf import packet, sized
from crawler.trace.protobuf_reading import Malformed, fields, whole_varint
from crawler.trace.recorded import Model, Slice
from tests.made_traces import PARSER, PID, SITE, WRITER, write_trace


@pytest.fixture
def written(tmp_path, monkeypatch):
    return lambda *urls, **more: write_trace(tmp_path, monkeypatch, *urls, **more)


def lived(slices: list[Slice], trace, row: int) -> list[tuple[str, str, float, bool]]:
    """What is told of a URL: step, track, milliseconds, and whether it waited."""
    found = sorted((each for each in slices if row in each.urls), key=lambda each: each.begin)
    return [
        (each.name, trace.tracks[each.track].name, round((each.end - each.begin) * 1000, 3), each.waits)
        for each in found
    ]


def test_what_was_written_is_read(written):
    trace = read_trace(written(3))
    assert not trace.is_cut_off
    assert trace.meta["executor"] == "process"
    assert trace.meta["loop_cpu_seconds"] == 0.5
    assert trace.seconds == pytest.approx(0.084)
    assert list(trace.urls()) == [(row, f"{SITE}/{row}") for row in (1, 2, 3)]
    assert trace.url_of([2, 9]) == {2: f"{SITE}/2"}
    assert lived(list(trace.slices()), trace, 2) == [
        ("lease", "lease", 0.0, False),
        ("wait for the answer", "fetch-1", 5.0, True),
        ("read", "fetch-1", 2.0, False),
        ("waiting", "page_queue", 3.0, True),
        ("parsing", "parser-0", 6.0, False),
        ("waiting", "finished_queue", 1.0, True),
        ("write a batch", "writer-jsonl", 1.0, False),
        ("syncing", "writer-jsonl", 2.0, False),
        ("committing", "commit", 3.0, True),
    ]


def test_tracks_know_what_they_run_as_and_in_which_process(written):
    trace = read_trace(written(3))
    tracks = {track.name: track for track in trace.tracks.values()}
    assert {name: (track.model, track.process, track.pid) for name, track in tracks.items()} == {
        "main": (Model.THREAD, "main", PID),
        "lease": (Model.COROUTINE, "main", PID),
        "fetch-0": (Model.COROUTINE, "main", PID),
        "fetch-1": (Model.COROUTINE, "main", PID),
        "page_queue": (Model.QUEUE, "main", PID),
        "finished_queue": (Model.QUEUE, "main", PID),
        "commit": (Model.COROUTINE, "main", PID),
        "parser-0": (Model.PROCESS, "parser-0", PARSER),
        "writer-jsonl": (Model.PROCESS, "writer-jsonl", WRITER),
    }


def test_slices_know_their_line_of_source_and_their_cpu(written):
    slices = list(read_trace(written(3)).slices())
    parsed = [each for each in slices if each.name == "parsing"]
    assert [(each.where.file, each.where.function, each.where.line) for each in parsed] == [
        ("parse/work.py", "parse", 7)
    ] * 3
    assert [each.cpu for each in parsed] == [0.005] * 3
    asked = next(each for each in slices if each.name == "wait for the answer")
    assert asked.where.line == 10
    assert asked.cpu is None
    assert slices == sorted(slices, key=lambda each: each.end)


def test_counters_come_with_their_times_and_lags_in_seconds(written):
    counters = read_trace(written(3)).counters
    assert [value for _, value in counters["committed"]] == [1, 2, 3]
    assert {value for _, value in counters["loop lag"]} == {0.25}
    assert counters["memory"][0][0] == pytest.approx(0.028)


def test_of_a_counter_no_more_than_is_bounded_is_kept(written, monkeypatch):
    monkeypatch.setattr(perfetto_reading, "MAX_POINTS", 10)
    points = read_trace(written(100)).counters["committed"]
    assert len(points) <= 10
    assert points[0][1] == 1
    assert points[-1][1] > 80


def test_what_goes_on_where_one_file_ends_is_one_slice(written, tmp_path, monkeypatch):
    whole = read_trace(written(6))
    expected = [lived(list(whole.slices()), whole, row) for row in range(1, 7)]
    paths = written(6, files=3)
    assert [path.name for path in paths] == ["trace.pftrace", "trace.1.pftrace", "trace.2.pftrace"]
    trace = read_trace(paths)
    slices = list(trace.slices())
    assert [lived(slices, trace, row) for row in range(1, 7)] == expected
    assert [row for row, _ in trace.urls()] == [1, 2, 3, 4, 5, 6]
    assert not trace.is_cut_off


def test_a_file_of_several_opens_alone(written):
    _, second, _ = written(6, files=3)
    trace = read_trace([second])
    assert trace.is_cut_off  # it has no end
    assert {row for row, _ in trace.urls()} == {3, 4}
    assert "wait for the answer" in {each.name for each in trace.slices()}


def test_it_does_not_matter_where_blocks_end(written, monkeypatch):
    paths = written(4)
    whole = read_trace(paths)
    expected = list(whole.slices())
    for size in (1, 7, 64):
        monkeypatch.setattr(protobuf_reading, "_BLOCK", size)
        monkeypatch.setattr(perfetto_reading, "_BLOCK", size)
        trace = read_trace(paths)
        assert list(trace.slices()) == expected
        assert list(trace.urls()) == list(whole.urls())
        assert (trace.seconds, trace.counters, trace.tracks) == (whole.seconds, whole.counters, whole.tracks)


def test_cut_off_anywhere_it_is_read_up_to_there(written, tmp_path):
    (path,) = written(2)
    data = path.read_bytes()
    whole = read_trace([path])
    names = {track.name for track in whole.tracks.values()}
    most = 0
    for size in range(len(data)):
        path.write_bytes(data[:size])
        trace = read_trace([path])
        assert trace.is_cut_off
        slices = list(trace.slices())
        assert len(slices) >= most - 4  # one that had begun may turn out to be two
        most = max(most, len(slices))
        assert all(0 <= each.begin <= each.end <= trace.seconds + 1e-9 for each in slices)
        assert {track.name for track in trace.tracks.values()} <= names
        assert set(trace.urls()) <= set(whole.urls())
    assert most == len(list(whole.slices()))


def test_zeros_at_the_end_are_a_cut(written):
    (path,) = written(2)
    path.write_bytes(path.read_bytes() + bytes(100_000))
    trace = read_trace([path])
    assert trace.is_cut_off
    assert len(list(trace.urls())) == 2


@settings(
    max_examples=300,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(at=st.floats(0, 1, exclude_max=True), bytes_=st.binary(min_size=1, max_size=12))
def test_damage_is_told_or_read_over(tmp_path, monkeypatch, at, bytes_):
    (path,) = write_trace(tmp_path, monkeypatch, 2)
    data = path.read_bytes()
    place = int(at * len(data))
    path.write_bytes(data[:place] + bytes_ + data[place + len(bytes_) :])
    said = str(path)
    try:
        trace = read_trace([path])
        list(trace.slices())
        list(trace.urls())
    except UsageError as error:
        said = str(error)
    assert str(path) in said


@pytest.mark.parametrize(
    "data",
    [
        b'{"traceEvents": []}',
        b"\nA text that is longer than its first letter, taken for a length, says.\n" * 9,
        b"\x89PNG\r\n\x1a\n" + bytes(50),
        b"\x0a\x03\xff\xff\xff" * 5,
        b"\x0a\xff\xff\xff\xff\x0f",
        packet(sized(11, b"\x48\x01\x58\x05")),
    ],
)
def test_what_is_no_trace_of_a_crawl_is_refused(tmp_path, data):
    path = tmp_path / "trace.pftrace"
    path.write_bytes(data)
    with pytest.raises(UsageError, match="no trace of a crawl"):
        read_trace([path])


def test_an_empty_file_is_a_trace_that_was_cut_off_before_all(tmp_path):
    path = tmp_path / "trace.pftrace"
    path.touch()
    trace = read_trace([path])
    assert trace.is_cut_off
    assert list(trace.slices()) == list(trace.urls()) == []
    assert begun_with(path) == {}


def test_a_file_that_cannot_be_read_is_told(tmp_path):
    with pytest.raises(UsageError, match="cannot be read: No such file"):
        read_trace([tmp_path / "trace.pftrace"])


def test_a_trace_says_at_its_begin_of_which_crawl_it_is(written):
    assert begun_with(written(1)[0])["generation"] == 1


def test_slices_come_in_order_though_some_are_told_late(monkeypatch):
    monkeypatch.setattr(perfetto_slices, "MAX_LATE", 3)
    ends = [1, 2, 5, 3, 4, 9, 6, 7, 8]
    slices = [Slice(1, "a", 0.0, float(end), waits=True) for end in ends]
    assert [each.end for each in perfetto_slices.in_order(slices)] == sorted(ends)


@pytest.mark.parametrize("data", [b"\x08", b"\x08" + b"\xff" * 10, b"\x0a\x05ab", b"\x09abc", b"\x0b"])
def test_what_is_no_message_is_malformed(data):
    with pytest.raises(Malformed):
        list(fields(data))


def test_a_number_is_read_whole():
    assert whole_varint(b"\xac\x02") == 300
    for data in (b"", b"\xac", b"\xac\x02\x01"):
        with pytest.raises(Malformed):
            whole_varint(data)
