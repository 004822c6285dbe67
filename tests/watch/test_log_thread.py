import asyncio
import io
import logging
import multiprocessing
import re
import sys
import threading
from pathlib import Path

import pytest

from crawler.trace.logs import SendHandler, to_dict
from crawler.watch import log_thread
from crawler.watch.log_thread import LOG_FILE, start_logging


class Terminal(io.StringIO):
    """Takes what is written only once it is opened."""

    def __init__(self):
        super().__init__()
        self.open = threading.Event()
        self.reached = threading.Event()

    def write(self, text):
        self.reached.set()
        assert self.open.wait(20)
        return super().write(text)


def fields(message, **more):
    record = logging.makeLogRecord(
        {"name": "crawler.parse.work", "levelno": 30, "levelname": "WARNING", "msg": message}
    )
    return to_dict(record, "parser-1") | more


@pytest.fixture(autouse=True)
def standard_error_comes_back(monkeypatch):
    monkeypatch.setattr(sys, "stderr", sys.stderr)


def log_to(terminal, out=None, level="INFO"):
    sys.stderr = terminal
    return start_logging(level, out)


def lines_of(file):
    return file.getvalue().splitlines()


def test_main_and_children_write_one_log_to_terminal_and_file(tmp_path):
    file = io.StringIO()
    listener = log_to(file, tmp_path)
    logging.getLogger("crawler.fetch.robots").info("from %s", "main")
    listener.feed(fields("from a child, long enough that a console would break it"))
    listener.feed(fields("marked", stage="parse"))
    logging.getLogger("crawler.fetch").debug("too fine")
    listener.stop()

    rest = [line.split(maxsplit=1)[1] for line in lines_of(file)]
    assert rest == [
        "INFO    main         robots        from main",
        "WARNING parser-1     work          from a child, long enough that a console would break it",
        "WARNING parser-1     parse         marked",
    ]
    assert all(re.match(r"\d\d:\d\d:\d\d\.\d{3} ", line) for line in lines_of(file))
    in_file = (tmp_path / LOG_FILE).read_text().splitlines()
    assert [line.split(maxsplit=1)[1] for line in in_file] == rest
    assert all(re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z ", line) for line in in_file)


def test_a_childs_record_comes_through_its_own_pipe():
    ours, theirs = multiprocessing.Pipe(duplex=False)
    logger = logging.Logger("crawler.write.jsonl")
    logger.addHandler(SendHandler("writer-jsonl", theirs.send))
    logger.error("disk full")
    file = io.StringIO()
    listener = log_to(file)
    listener.feed(ours.recv())
    listener.stop()
    ours.close()
    theirs.close()
    assert lines_of(file)[0].endswith(" ERROR   writer-jsonl jsonl         disk full")


def test_without_a_console_lines_go_to_what_is_stderr_at_that_moment(capsys):
    listener = start_logging("INFO")
    logging.getLogger("crawler").warning("to stderr")
    listener.stop()
    captured = capsys.readouterr()
    assert captured.err.endswith("WARNING main         crawler       to stderr\n")
    assert captured.out == ""


def test_a_traceback_is_indented_so_that_no_line_passes_for_another_record():
    file = io.StringIO()
    listener = log_to(file)
    try:
        raise ValueError("first\n12:00:00.000 ERROR forged")
    except ValueError:
        logging.getLogger("crawler").exception("failed")
    listener.stop()
    first, *others = lines_of(file)
    assert first.endswith("failed")
    assert others[0] == "    Traceback (most recent call last):"
    assert all(line.startswith("    ") for line in others)
    assert "    12:00:00.000 ERROR forged" in others


def test_control_characters_are_shown_and_not_obeyed():
    file = io.StringIO()
    listener = log_to(file)
    logging.getLogger("crawler").info("a\x1b[2Jb\rc\x9bd")
    listener.stop()
    assert lines_of(file)[0].endswith(r"a\x1b[2Jb\x0dc\x9bd")


def test_markup_of_rich_means_nothing():
    file = io.StringIO()
    listener = log_to(file)
    logging.getLogger("crawler").info("[red]x[/nothing]")
    listener.stop()
    assert lines_of(file)[0].endswith("[red]x[/nothing]")


def test_the_level_has_a_colour_on_a_terminal_only(monkeypatch):
    monkeypatch.delenv("NO_COLOR", raising=False)
    for is_terminal in (True, False):
        file = io.StringIO()
        file.isatty = lambda here=is_terminal: here
        listener = log_to(file)
        logging.getLogger("crawler").error("x")
        listener.stop()
        assert ("[31mERROR" in file.getvalue()) is is_terminal


def test_stop_gives_the_loggers_back_and_may_come_twice():
    logger = logging.getLogger("crawler")
    before = (logging.NOTSET, True, [])
    assert (logger.level, logger.propagate, list(logger.handlers)) == before
    threads = threading.active_count()
    listener = log_to(io.StringIO(), None, "DEBUG")
    assert threading.active_count() == threads + 1
    assert not logger.propagate
    listener.stop()
    listener.stop()
    assert (logger.level, logger.propagate, list(logger.handlers)) == before
    assert threading.active_count() == threads


async def test_a_terminal_that_does_not_read_never_blocks_the_event_loop():
    terminal = Terminal()
    listener = await asyncio.to_thread(log_to, terminal)
    logger = logging.getLogger("crawler.fetch")
    logger.info("0")
    while not terminal.reached.is_set():
        await asyncio.sleep(0)
    for number in range(1, 500):
        logger.info("%d", number)
    listener.feed(fields("500"))
    terminal.open.set()
    await asyncio.to_thread(listener.stop)
    assert [line.split()[-1] for line in lines_of(terminal)] == [str(number) for number in range(501)]


def test_whoever_logs_waits_for_no_other_thread_that_logs():
    file = io.StringIO()
    listener = log_to(file)
    logger = logging.getLogger("crawler")
    [handler] = logger.handlers
    held, let_go = threading.Event(), threading.Event()

    def hold():
        with handler.lock:
            held.set()
            let_go.wait(20)

    holder = threading.Thread(target=hold)
    holder.start()
    assert held.wait(20)
    logger.info("through")
    assert holder.is_alive()
    let_go.set()
    holder.join()
    listener.stop()
    assert lines_of(file)[0].endswith("through")


def test_what_waits_is_bounded_and_the_loss_is_told(monkeypatch):
    monkeypatch.setattr(log_thread, "MAX_WAITING", 10)
    terminal = Terminal()
    listener = log_to(terminal)
    logger = logging.getLogger("crawler")
    logger.info("first")
    assert terminal.reached.wait(20)
    for number in range(50):
        logger.info("%d", number)
    terminal.open.set()
    listener.stop()
    lines = lines_of(terminal)
    assert len(lines) == 1 + 10 + 1
    [told] = [line for line in lines if "dropped" in line]
    assert "40 log lines were dropped" in told


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full, a disk that is always full")
def test_a_full_disk_costs_the_log_file_and_nothing_else(tmp_path):
    (tmp_path / LOG_FILE).symlink_to("/dev/full")
    file = io.StringIO()
    listener = log_to(file, tmp_path)
    for number in range(3):
        logging.getLogger("crawler").info("%d", number)
    listener.stop()
    assert len(lines_of(file)) == 3 + 1
    assert file.getvalue().count("the log file is given up") == 1


def test_a_log_file_that_cannot_be_opened_is_given_up_once(tmp_path):
    file = io.StringIO()
    listener = log_to(file, tmp_path / "absent")
    for number in range(3):
        logging.getLogger("crawler").info("%d", number)
    listener.stop()
    assert len(lines_of(file)) == 3 + 1
    assert file.getvalue().count("the log file is given up") == 1


def test_the_thread_outlives_a_log_file_and_a_terminal_that_are_both_gone(tmp_path):
    tried = []

    class Gone(io.StringIO):
        def write(self, text):
            tried.append(text)
            raise BrokenPipeError

    listener = log_to(Gone(), tmp_path / "absent")
    for number in range(3):
        logging.getLogger("crawler").info("%d", number)
    listener.stop()
    assert [text.split()[-1] for text in tried if "INFO" in text] == ["0", "1", "2"]


def test_half_a_character_is_written_as_what_it_is(tmp_path):
    listener = log_to(io.StringIO(), tmp_path)
    logging.getLogger("crawler").info("a\ud800b")
    listener.stop()
    assert (tmp_path / LOG_FILE).read_text().endswith("a\\ud800b\n")


def test_the_log_of_a_resumed_crawl_is_continued(tmp_path):
    for message in ("one", "two"):
        listener = log_to(io.StringIO(), tmp_path)
        logging.getLogger("crawler").info(message)
        listener.stop()
    assert [line.split()[-1] for line in (tmp_path / LOG_FILE).read_text().splitlines()] == ["one", "two"]
