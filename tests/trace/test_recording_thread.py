"""The files of a trace: rotated, cut off, refused by the disk, too slow for the loop, of an earlier run."""

import errno
import io
import logging
import sys
from pathlib import Path

import pytest

from crawler.model.messages import Ticket
from crawler.model.outcomes import Activity
from crawler.trace import recorder as recorder_module
from crawler.trace import recording_thread
from crawler.trace.recorder import Recorder
from crawler.trace.recording_thread import RecordingThread, move_up
from crawler.trace.traced_steps import TracedSteps
from tests import traces

MIB = 1024 * 1024
MARGIN = recording_thread._MARGIN


def leased(recorder: Recorder, first: int, count: int) -> None:
    for number in range(first, first + count):
        recorder.leased(Ticket(number, f"http://a.example/{number}", 1, 0))
        recorder.put("page_queue", number)
        recorder.taken("page_queue", [number])


def write(recorder: Recorder, out: Path, most: int = 100 * MIB) -> None:
    thread = RecordingThread(recorder, out, most, interval=0.01)
    thread.start()
    thread.stop()


def files(out: Path) -> list[Path]:
    return sorted(out.glob("trace*.pftrace"), key=lambda path: path.stat().st_mtime_ns)


def test_each_file_stays_below_its_bound_and_opens_alone(tmp_path):
    recorder = Recorder()
    step = TracedSteps(recorder).worker("fetch", "fetch-0")
    step.enter(Activity.WAIT_FOR_ANSWER, "http://a.example/1")  # over all files
    leased(recorder, 1, 3_000)
    write(recorder, tmp_path, MARGIN + 50_000)
    found = [tmp_path / "trace.pftrace", *(tmp_path / f"trace.{n}.pftrace" for n in range(1, 100))]
    found = [path for path in found if path.exists()]
    assert len(found) > 3
    assert len(found) == len(files(tmp_path))
    assert max(path.stat().st_size for path in found) < MARGIN + 50_000
    for path in found[:-1]:
        (spanning,) = traces.read(path).named(Activity.WAIT_FOR_ANSWER)
        assert spanning.end is not None, "what goes on ends with its file, and begins with the next"
    trace = traces.read(*found)
    assert [one.flows[0] for one in trace.named("lease")] == list(range(1, 3_001))
    assert trace.models["coroutine"] == {"fetch-0", "lease"}


def test_what_is_there_of_a_file_that_was_cut_off_is_whole(tmp_path):
    recorder = Recorder()
    leased(recorder, 1, 50)
    write(recorder, tmp_path)
    data = (tmp_path / "trace.pftrace").read_bytes()
    before = 0
    for end in range(1000, len(data), 37):
        (tmp_path / "cut").write_bytes(data[:end])
        now = len(traces.read(tmp_path / "cut").slices)
        assert now >= before
        before = now
    assert before >= 49


def test_a_disk_that_refuses_ends_the_trace_with_one_warning(tmp_path, monkeypatch, caplog):
    class Full(io.BytesIO):
        def write(self, data):
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "open", lambda *_, **__: Full())
    recorder = Recorder()
    thread = RecordingThread(recorder, tmp_path, MIB, interval=0.01)
    with caplog.at_level(logging.WARNING):
        thread.start()
        for _ in range(20):
            leased(recorder, 1, 100)
        thread.stop()
    (record,) = caplog.records
    assert record.getMessage() == (
        "the trace ends here, for it cannot be written: [Errno 28] No space left on device"
    )


def test_a_folder_that_is_gone_is_no_more_than_a_warning(tmp_path, caplog):
    with caplog.at_level(logging.WARNING):
        write(Recorder(), tmp_path / "gone")
    assert len(caplog.records) == 1


def test_what_the_thread_is_too_slow_for_is_dropped_counted_and_said(tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(recorder_module, "MAX_WAITING", 600)
    recorder = Recorder()
    step = TracedSteps(recorder).worker("fetch", "fetch-0")
    step.enter(Activity.READ, "http://a.example/1")
    recorder.put("page_queue", 7)
    leased(recorder, 1, 1_000)
    recorder.bound()
    leased(recorder, 2_000, 10)
    step.leave()
    with caplog.at_level(logging.WARNING):
        write(recorder, tmp_path)
    assert recorder.dropped == 3_003 - 600
    assert [record.getMessage() for record in caplog.records] == [
        "the trace lacks 2,403 events: the disk, or this machine, was too slow for them"
    ]
    trace = traces.read(tmp_path / "trace.pftrace")
    assert trace.named("dropped")[0].notes == {"dropped": "2403"}
    assert all(one.end is not None for one in trace.slices), "what was going on is not said to go on for ever"
    assert trace.named("lease")[-1].flows == (2_009,)


def test_a_trace_of_an_earlier_run_is_moved_up_never_overwritten(tmp_path):
    for turn in range(3):
        for name in ("trace.pftrace", "trace.1.pftrace", "trace.my-own.pftrace"):
            (tmp_path / name).write_text(f"{name} {turn}")
        move_up(tmp_path)
    assert {path.name: path.read_text() for path in files(tmp_path)} == {
        **{f"trace-run{turn + 1}.pftrace": f"trace.pftrace {turn}" for turn in range(3)},
        **{f"trace-run{turn + 1}.1.pftrace": f"trace.1.pftrace {turn}" for turn in range(3)},
        "trace.my-own.pftrace": "trace.my-own.pftrace 2",
    }


def test_a_folder_in_the_way_stays_and_ends_the_trace_with_one_warning(tmp_path, caplog):
    (tmp_path / "trace.pftrace").mkdir()
    (tmp_path / "trace.pftrace" / "mine").touch()
    with caplog.at_level(logging.WARNING):
        write(Recorder(), tmp_path)
    (record,) = caplog.records
    assert record.getMessage().startswith("the trace ends here, for it cannot be written: ")
    assert [path.name for path in tmp_path.rglob("*")] == ["trace.pftrace", "mine"]


def test_a_step_says_the_line_of_source_that_entered_it(tmp_path):
    recorder = Recorder()
    recorder.leased(Ticket(7, "http://a.example/", 1, 0))
    step = TracedSteps(recorder).worker("fetch", "fetch-0")
    line = sys._getframe().f_lineno + 1
    step.enter(Activity.READ, "http://a.example/")
    step.enter(Activity.READ, "http://elsewhere.example/")  # a redirect in place
    step.leave()
    step.enter(Activity.READ, "http://nobody-knows.example/")
    step.leave()
    write(recorder, tmp_path)
    first, second, third = traces.read(tmp_path / "trace.pftrace").named(Activity.READ)
    assert first.where == (__file__, "test_a_step_says_the_line_of_source_that_entered_it", line)
    assert (first.flows, second.flows, third.flows) == ((7,), (7,), ())


@pytest.mark.parametrize("length", [0.0, 1.0])
def test_only_a_wait_that_was_none_is_left_out(tmp_path, monkeypatch, length):
    now = [0]
    monkeypatch.setattr(recorder_module.time, "monotonic_ns", lambda: now[0])
    recorder = Recorder()
    for step in (Activity.WAIT_FOR_PARSER, Activity.READ):
        worker = TracedSteps(recorder).worker("fetch", "fetch-0")
        worker.enter(step, "http://a.example/")
        now[0] += int(length * 1e9)
        worker.leave()
    write(recorder, tmp_path)
    names = {one.name for one in traces.read(tmp_path / "trace.pftrace").slices}
    assert names == ({Activity.READ} if length == 0 else {Activity.READ, Activity.WAIT_FOR_PARSER})
