import io
import itertools
import logging
import re
import subprocess
import sys
import threading
import time

import pytest
from rich.cells import cell_len
from rich.console import Console

from crawler.watch import progress_thread
from crawler.watch.log_thread import start_logging
from crawler.watch.progress_line import plain_line
from crawler.watch.progress_thread import ProgressDisplay
from crawler.watch.progress_view import render

from .pictures import busy
from .screens import Screen


class Pictures:
    """Gives a picture each time; ``seen`` is set once it gave so many."""

    def __init__(self, wanted):
        self.wanted = wanted
        self.given = 0
        self.seen = threading.Event()
        self.thread = None

    def __call__(self):
        self.thread = threading.current_thread().name
        self.given += 1
        if self.given > self.wanted:
            self.seen.set()
        return busy(done=1_000 * self.given)


def drawn(shown, width):
    console = Console(file=io.StringIO(), width=width, force_terminal=True, color_system=None)
    console.print(render(shown, width))
    return console.file.getvalue().splitlines()


@pytest.mark.parametrize("width", [40, 60, 80, 120, 200])
@pytest.mark.parametrize("scale", [1, 1_000])
def test_no_line_is_wider_than_the_terminal(width, scale):
    lines = drawn(busy(scale=scale), width)
    assert max(map(cell_len, lines)) <= width


def test_at_80_columns_everything_is_there():
    lines = drawn(busy(), 80)
    assert re.fullmatch(r"34,234 of 46,678 URLs done +━.* +73%  0:01:23", lines[1])
    assert lines[2] == "412 pages/s  ·  412 mean  ·  67 in flight  ·  43.2 MiB read  ·  26 retries"
    text = "\n".join(lines)
    assert re.search(r"^fetch +32/32 ━{8} +6\.2 s http://127\.0\.0\.1:8000/catalogue/.*…$", text, re.M)
    assert re.search(r"^commit +0/1 .* –", text, re.M)
    assert re.search(r"^page +31 ━.* 29\.8 MiB", text, re.M)
    assert re.search(r"^unacked +1\.0 MiB", text, re.M)
    assert "ok 33,000  ·  truncated 3  ·  error 112  ·  skipped 1,119" in lines
    assert lines[-1].startswith("redirected 900 · http_status 88 · robots 40 · timeout 14")
    assert len(lines) <= 20


@pytest.mark.parametrize("width", [40, 60])
@pytest.mark.parametrize("scale", [1, 1_000])
def test_on_a_narrow_terminal_figures_win_over_bars(width, scale):
    text = "\n".join(drawn(busy(scale=scale), width))
    assert "━" not in text
    numbers = ("34,234", "46,678", "33,000", "1,119") if scale == 1 else ("34,234,000", "46,678,000")
    for figure in (*numbers, "73%  0:01:23", " mean", " in flight", " read", " retries", "truncated 3"):
        assert figure in text
    assert re.search(r"^fetch +32/32 +6\.2 s http", text, re.M)
    assert re.search(r"^page +31.* 29\.8 [MG]iB$", text, re.M)


def test_at_120_columns_stages_and_queues_stand_beside_each_other():
    assert len(drawn(busy(), 120)) == len(drawn(busy(), 80)) - 6
    assert any(line.startswith("fetch ") and "32.0 KiB" in line for line in drawn(busy(), 120))


def test_a_crawl_that_has_just_begun_can_be_drawn():
    nothing = {"ok": 0, "truncated": 0, "error": 0, "skipped": 0, "pending": 0}
    begun = busy(discovered=0, counts=nothing, kinds={}, stations=(), queues=(), elapsed=0.0)
    assert "0 of 0 URLs done" in drawn(begun, 80)[1]
    assert plain_line(begun).startswith("0:00:00  0 of 0 URLs done")


def test_targets_are_shown_where_there_are_any():
    assert "targets" not in "\n".join([plain_line(busy()), *drawn(busy(), 80)])
    shown = busy(targets=1_500, targets_pending=300)
    assert "1,200 of 1,500 targets asked" in plain_line(shown)
    for width in (60, 80):
        line = drawn(shown, width)[1]
        assert line.startswith("34,234 of 46,678 URLs done, 1,200 of 1,500 targets")
    assert max(map(cell_len, drawn(shown, 40))) <= 40


@pytest.mark.parametrize("changed", [{"kinds": {}, "retries": 0}, {"state": "paused", "message": "memory"}])
def test_the_height_does_not_change_with_the_counts_or_the_state(changed):
    for width in (40, 80, 120):
        assert len(drawn(busy(**changed), width)) == len(drawn(busy(), width))


def test_the_plain_line_says_it_in_words():
    assert plain_line(busy(pages_per_second_now=7.2)) == (
        "0:01:23  34,234 of 46,678 URLs done, 7.2 pages/s (mean 412), 67 in flight, 112 errors, 43.2 MiB read"
    )


def test_a_crawl_that_does_not_go_on_says_so_and_why():
    waiting = busy(message="waiting for memory")
    assert plain_line(waiting).startswith("0:01:23  waiting for memory, 34,234 of 46,678 URLs done")
    assert drawn(waiting, 80)[2].startswith("waiting for memory  ·  412 pages/s")
    assert drawn(waiting, 40)[3].startswith("waiting for memory · 412 pages/s")
    assert plain_line(busy(state="paused")).startswith("0:01:23  paused, 34,234 of")
    ended = busy(state="stopped", message="to go on: crawler resume out")
    assert plain_line(ended).startswith("0:01:23  stopped: to go on: crawler resume out, 34,234 of")


@pytest.mark.parametrize("height", [40, 8])
def test_live_display_and_log_share_a_terminal_and_leave_it_clean(monkeypatch, height):
    file = io.StringIO()
    console = Console(file=file, force_terminal=True, width=100, height=height, _environ={"TERM": "xterm"})
    monkeypatch.setattr(sys, "stderr", file)
    pictures = Pictures(wanted=3)
    progress = ProgressDisplay(pictures, interval=0.001, console=console)
    listener = start_logging("INFO")
    logging.getLogger("crawler").info("before")
    progress.start()
    assert pictures.seen.wait(20)
    logging.getLogger("crawler").info("during")
    while "during" not in file.getvalue():  # the log's own thread writes it
        time.sleep(0.001)
    sys.stderr.write("printed by somebody else\n")
    progress.stop()
    listener.stop()

    screen = Screen(height).feed(file.getvalue())
    assert pictures.thread == "progress_thread"
    assert "URLs done" in file.getvalue()
    # Two threads write at the same time: an empty line may stand between theirs, nothing else.
    shown = [line.split()[-1] for line in screen.text() if line.strip()]
    assert shown[0] == "before"
    assert sorted(shown[1:]) == ["during", "else"]
    assert screen.cursor_shown
    assert screen.column == 0
    assert sys.stderr is file


def test_a_line_that_is_written_while_the_display_is_taken_down_leaves_nothing_of_it(monkeypatch):
    """The log's thread has worked out what to draw, and is late with it: the display waits for it."""
    drawn = threading.Event()

    class Late(Console):
        def _write_buffer(self):
            late = self._buffer_index == 0 and threading.current_thread().name != "progress_thread"
            if late and self._buffer:
                drawn.set()
                time.sleep(0.3)
            super()._write_buffer()

    file = io.StringIO()
    console = Late(file=file, force_terminal=True, width=100, height=40, _environ={"TERM": "xterm"})
    monkeypatch.setattr(sys, "stderr", file)
    pictures = Pictures(wanted=3)
    progress = ProgressDisplay(pictures, interval=0.001, console=console)
    listener = start_logging("INFO")
    progress.start()
    assert pictures.seen.wait(20)
    logging.getLogger("crawler").info("late")
    assert drawn.wait(20)
    progress.stop()
    listener.stop()

    shown = [line.split()[-1] for line in Screen(40).feed(file.getvalue()).text() if line.strip()]
    assert shown == ["late"]


def test_lines_elsewhere_and_no_control_codes(monkeypatch):
    monkeypatch.setattr(progress_thread, "PLAIN_INTERVAL", 0.001)
    file = io.StringIO()
    pictures = Pictures(wanted=3)
    progress = ProgressDisplay(pictures, interval=0.001, console=Console(file=file))
    progress.start()
    assert pictures.seen.wait(20)
    progress.stop()
    lines = file.getvalue().splitlines()
    assert len(lines) >= 3
    assert all("URLs done" in line for line in lines)
    assert "\x1b" not in file.getvalue()


def test_stderr_is_where_the_lines_go(monkeypatch, capsys):
    monkeypatch.setattr(progress_thread, "PLAIN_INTERVAL", 0.001)
    pictures = Pictures(wanted=1)
    progress = ProgressDisplay(pictures, interval=0.001)
    progress.start()
    assert pictures.seen.wait(20)
    progress.stop()
    captured = capsys.readouterr()
    assert "URLs done" in captured.err
    assert captured.out == ""


def test_not_shown_means_no_thread_and_no_picture():
    before = threading.active_count()
    pictures = Pictures(wanted=1)
    progress = ProgressDisplay(pictures, show=False)
    progress.start()
    assert threading.active_count() == before
    progress.stop()
    assert pictures.given == 0


def test_stop_before_start_and_twice():
    # Would catch a stop that waits for a thread that is not there, or that is over: it raises or hangs.
    progress = ProgressDisplay(Pictures(wanted=1), console=Console(file=io.StringIO()))
    progress.stop()
    progress.start()
    progress.stop()
    progress.stop()


def test_a_failing_picture_ends_the_display_with_one_log_line_and_a_clean_terminal(caplog):
    calls = itertools.count()
    failed = threading.Event()

    def fails_later():
        if next(calls) == 2:
            failed.set()
            raise RuntimeError("deque mutated during iteration")
        return busy()

    file = io.StringIO()
    console = Console(file=file, force_terminal=True, width=80, height=40, _environ={"TERM": "xterm"})
    progress = ProgressDisplay(fails_later, interval=0.001, console=console)
    progress.start()
    assert failed.wait(20)
    progress.stop()
    assert [record.message for record in caplog.records] == [
        "the progress display failed; the crawl goes on without it"
    ]
    screen = Screen(40).feed(file.getvalue())
    assert screen.text() == []
    assert screen.cursor_shown


def test_a_reader_that_has_gone_ends_the_display_quietly(monkeypatch, caplog):
    monkeypatch.setattr(progress_thread, "PLAIN_INTERVAL", 0.001)

    class Gone(io.StringIO):
        def write(self, text):
            raise BrokenPipeError

    pictures = Pictures(wanted=0)
    progress = ProgressDisplay(pictures, interval=0.001, console=Console(file=Gone()))
    progress.start()
    assert pictures.seen.wait(20)
    progress.stop()
    assert pictures.given == 1
    assert caplog.records == []


def test_stop_does_not_wait_for_ever_for_a_terminal_that_takes_nothing(monkeypatch):
    monkeypatch.setattr(progress_thread, "PLAIN_INTERVAL", 0.001)
    monkeypatch.setattr(progress_thread, "_STOP_TIMEOUT", 0.01)
    reached, let_go = threading.Event(), threading.Event()

    class Stuck(io.StringIO):
        def write(self, text):
            reached.set()
            assert let_go.wait(20)
            return super().write(text)

    progress = ProgressDisplay(Pictures(wanted=0), interval=0.001, console=Console(file=Stuck()))
    progress.start()
    assert reached.wait(20)
    progress.stop()
    assert progress._thread.daemon
    assert progress._thread.is_alive()
    let_go.set()
    progress._thread.join(20)
    assert not progress._thread.is_alive()


def test_nothing_of_the_room_imports_rich_before_it_shows_something():
    modules = ("log_thread", "progress_thread", "history", "summary", "status", "stall_task")
    code = "import sys;" + "".join(f"import crawler.watch.{module};" for module in modules)
    code += "print([name for name in ('rich', 'click', 'aiohttp') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
