import logging
import pickle
import warnings

import pytest

from crawler.trace import logs
from crawler.trace.logs import SendHandler, configure_child_logging, to_record


@pytest.fixture
def root_restored():
    root = logging.getLogger()
    before = (list(root.handlers), root.level)
    yield root
    logging.captureWarnings(False)
    root.handlers[:], root.level = before


def sent_by(act, process_name="parser-1"):
    sent = []
    logger = logging.Logger("crawler.parse.work")
    logger.addHandler(SendHandler(process_name, sent.append))
    act(logger)
    return sent


def fail_inside(logger):
    try:
        raise ValueError("bad byte")
    except ValueError:
        logger.exception("page %s failed", "http://a/")


def test_a_record_comes_back_as_it_was_sent():
    [fields] = sent_by(lambda logger: logger.warning("%d of %s", 3, "x", extra={"stage": "parse"}))
    record = to_record(pickle.loads(pickle.dumps(fields)))
    assert record.getMessage() == "3 of x"
    assert record.levelname == "WARNING"
    assert record.name == "crawler.parse.work"
    assert record.processName == "parser-1"
    assert record.stage == "parse"
    assert record.created == fields["created"]
    assert 0 <= record.msecs < 1000


def test_a_percent_sign_in_the_message_is_not_formatted_again():
    [fields] = sent_by(lambda logger: logger.warning("100%d%s"))
    assert to_record(fields).getMessage() == "100%d%s"


def test_an_exception_travels_as_text():
    [fields] = sent_by(fail_inside)
    assert all(isinstance(value, str | int | float | None) for value in fields.values())
    text = logging.Formatter().format(to_record(fields))
    assert text.startswith("page http://a/ failed\nTraceback")
    assert text.endswith("ValueError: bad byte")


def test_long_texts_are_cut_and_a_traceback_keeps_its_end(monkeypatch):
    monkeypatch.setattr(logs, "MAX_CHARACTERS", 20)
    [fields] = sent_by(lambda logger: logger.info("x" * 1_020))
    assert fields["message"] == "x" * 20 + "… (1,000 more characters)"
    [fields] = sent_by(fail_inside)
    assert fields["trace"].endswith("ValueError: bad byte"[-20:])
    assert len(fields["trace"]) < 60


def test_a_broken_pipe_is_no_error_of_the_child(capsys):
    def broken(_):
        raise BrokenPipeError

    logger = logging.Logger("crawler")
    logger.addHandler(SendHandler("parser-1", broken))
    logger.error("nobody hears this")
    assert capsys.readouterr().err == ""


def test_a_child_sends_its_own_and_the_users_logs_and_warnings(root_restored):
    sent = []
    configure_child_logging("INFO", "parser-1", sent.append)
    logging.getLogger("crawler.parse").debug("too fine")
    logging.getLogger("crawler.parse").info("ours")
    logging.getLogger("their.extract").error("theirs")
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn("old call", DeprecationWarning, stacklevel=1)
    assert [fields["message"] for fields in sent[:2]] == ["ours", "theirs"]
    assert "DeprecationWarning: old call" in sent[2]["message"]
    assert len(sent) == 3


def test_configuring_a_child_twice_sends_once(root_restored):
    sent = []
    configure_child_logging("INFO", "parser-1", sent.append)
    configure_child_logging("INFO", "parser-2", sent.append)
    logging.getLogger("crawler").info("once")
    assert [fields["process"] for fields in sent] == ["parser-2"]
