"""Log records on their way from a child process to the main one.

A child writes no log itself: two processes writing to one terminal tear each other's lines, and
it knows nothing of the progress display. It turns each record into a small dict of plain values
and hands that to ``send``, which puts it on the child's own pipe; the main process turns it back
with :func:`to_record`.
"""

import logging
from collections.abc import Callable
from typing import Any

MAX_CHARACTERS = 8_000
"""Characters kept of a message, and of a traceback: a page's text logged by mistake costs no more."""

_formatter = logging.Formatter()


class SendHandler(logging.Handler):
    """Passes each record, as a dict of plain values, to ``send``."""

    def __init__(self, process_name: str, send: Callable[[dict[str, Any]], object]) -> None:
        super().__init__()
        self._process_name = process_name
        self._send = send

    def emit(self, record: logging.LogRecord) -> None:
        """Send ``record``. An OSError of ``send`` is swallowed; others go to ``handleError``."""
        try:
            self._send(to_dict(record, self._process_name))
        except OSError:
            # The pipe is broken because the main process is gone: nobody is left who could be told.
            return
        except Exception:
            self.handleError(record)


def configure_child_logging(level: str, process_name: str, send: Callable[[dict[str, Any]], object]) -> None:
    """Send everything that this process logs at ``level`` or above through ``send``.

    The handler sits on the root logger and takes warnings in too: a child process is all ours, and
    what a user's extract function logs or warns of should be seen where the crawl's own log is.
    """
    root = logging.getLogger()
    for handler in list(root.handlers):
        root.removeHandler(handler)
    root.addHandler(SendHandler(process_name, send))
    root.setLevel(level)
    logging.captureWarnings(True)


def to_dict(record: logging.LogRecord, process_name: str) -> dict[str, Any]:
    """``record`` as a picklable dict: message and traceback are text, nothing else is kept of them."""
    trace = record.exc_text
    if trace is None and record.exc_info:
        trace = _formatter.formatException(record.exc_info)
    if record.stack_info:
        trace = f"{trace}\n{record.stack_info}" if trace else record.stack_info
    return {
        "name": record.name,
        "level": record.levelno,
        "created": record.created,
        "pid": record.process,
        "process": process_name,
        "stage": getattr(record, "stage", None),
        "message": _shortened(record.getMessage()),
        # A traceback says at its end what happened.
        "trace": trace if trace is None else _shortened(trace, keep_end=True),
    }


def to_record(fields: dict[str, Any]) -> logging.LogRecord:
    """The record that :func:`to_dict` turned into ``fields``. Raises KeyError where one is missing."""
    created = fields["created"]
    attributes: dict[str, Any] = {
        "name": fields["name"],
        "levelno": fields["level"],
        "levelname": logging.getLevelName(fields["level"]),
        "created": created,
        "msecs": created % 1 * 1000,
        "process": fields["pid"],
        "processName": fields["process"],
        "msg": fields["message"],
        "args": None,
        "exc_text": fields["trace"],
    }
    if fields["stage"] is not None:
        attributes["stage"] = fields["stage"]
    return logging.makeLogRecord(attributes)


def _shortened(text: str, keep_end: bool = False) -> str:
    if not text.isascii():
        # A lone surrogate (a byte of a file name that is no UTF-8, say) could not be sent.
        text = text.encode("utf-8", "backslashreplace").decode()
    left_out = len(text) - MAX_CHARACTERS
    if left_out <= 0:
        return text
    note = f"… ({left_out:,} more characters)"
    return f"{note}\n{text[-MAX_CHARACTERS:]}" if keep_end else text[:MAX_CHARACTERS] + note
