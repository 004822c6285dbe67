"""The log of all processes, written by one thread.

Runs as: one thread (a logging.handlers.QueueListener). Stops when: stop() is called.
Fails as: a log file that cannot be written is given up with one line on the terminal.

::

    main process    "crawler" logger ─▶ QueueHandler ──┐
    child process   SendHandler ─▶ its own pipe ─▶ feed() ─▶ queue ─▶ this thread ─▶ terminal, crawl.log

Only this thread touches the terminal and the file, because both may block for seconds and the
event loop must not. Children do not share the queue: a process killed while it holds a shared
queue's lock would silence everybody else for ever.
"""

import logging
import os
import sys
import threading
from contextlib import suppress
from datetime import UTC, datetime
from logging.handlers import QueueHandler, QueueListener
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from crawler.trace.logs import to_record

LOG_FILE = "crawl.log"
"""Name of the log's file in the output folder."""

TERMINAL = threading.RLock()
"""Held while anything is written to the terminal. rich works out what to erase *before* it writes, so two
threads that write at once may erase the wrong lines, and once the display has ended nothing repairs that."""

MAX_WAITING = 10_000
"""Records that may wait for a slow terminal; further ones are dropped and counted."""

_LOGGERS = ("crawler", "asyncio")
"""asyncio logs there what became of a task that nobody waited for."""

# A terminal would obey these characters instead of showing them, and a message may hold a server's words.
_CONTROLS = {code: f"\\x{code:02x}" for code in (*range(32), *range(127, 160)) if chr(code) not in "\n\t"}

_COLOURS = {logging.WARNING: "\x1b[33m", logging.ERROR: "\x1b[31m", logging.CRITICAL: "\x1b[1;31m"}


class LineFormatter(logging.Formatter):
    """``12:03:04.567 WARNING parser-1     parse         message``; a traceback follows, indented."""

    def __init__(self, colour: bool = False, full_time: bool = False) -> None:
        super().__init__("%(message)s")
        self._colour = colour
        self._full_time = full_time

    def format(self, record: logging.LogRecord) -> str:
        """One line, or several of which all but the first are indented."""
        text = super().format(record).translate(_CONTROLS).replace("\n", "\n    ")
        process = "main" if record.processName in ("MainProcess", None) else record.processName
        stage = getattr(record, "stage", None) or record.name.rpartition(".")[2]
        level = f"{record.levelname:<7}"
        if self._colour and (colour := _COLOURS.get(record.levelno)):
            level = f"{colour}{level}\x1b[0m"
        return f"{self._time(record)} {level} {process:<12} {stage:<13} {text}"

    def _time(self, record: logging.LogRecord) -> str:
        if self._full_time:
            moment = datetime.fromtimestamp(record.created, UTC)
            return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return datetime.fromtimestamp(record.created).strftime("%H:%M:%S.%f")[:-3]


class _TerminalHandler(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(LineFormatter(colour="NO_COLOR" not in os.environ and sys.stderr.isatty()))

    def emit(self, record: logging.LogRecord) -> None:
        try:
            line = self.format(record)
            with TERMINAL:
                # Looked up each time: while the progress display is up, rich stands in for
                # sys.stderr and writes above the display.
                sys.stderr.write(line + "\n")
                sys.stderr.flush()
        except Exception:
            self.handleError(record)


class _LogFile(logging.FileHandler):
    def __init__(self, path: Path) -> None:
        # Opened at the first record, by the thread: opening may block too.
        super().__init__(path, encoding="utf-8", errors="backslashreplace", delay=True)
        self.setFormatter(LineFormatter(full_time=True))
        self.given_up = False

    def emit(self, record: logging.LogRecord) -> None:
        if self.given_up:
            return
        try:
            super().emit(record)
        except OSError as error:
            # Only the opening of the file comes this way; failed writes go to handleError.
            self._give_up(error)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
        error = sys.exception()
        if isinstance(error, OSError):
            self._give_up(error)
        else:
            super().handleError(record)

    def _give_up(self, error: OSError) -> None:
        # A full disk must stop the crawl through its sinks, in order, never through its log.
        self.given_up = True
        with suppress(OSError):  # the terminal may have gone too
            sys.stderr.write(f"the log file is given up: {error}\n")


class _Enqueue(QueueHandler):
    queue: "SimpleQueue[logging.LogRecord]"

    def __init__(self) -> None:
        super().__init__(SimpleQueue())
        self.dropped = 0

    def handle(self, record: logging.LogRecord) -> bool:
        # Without the handler's lock: the queue has its own, held for a moment only, while this
        # one would make the event loop wait for whoever is formatting a long traceback.
        self.emit(record)
        return True

    def enqueue(self, record: logging.LogRecord) -> None:
        if self.queue.qsize() >= MAX_WAITING:
            self.dropped += 1
        else:
            self.queue.put_nowait(record)


class LogListener(QueueListener):
    """The log of one crawl; made by :func:`start_logging`."""

    queue: "SimpleQueue[Any]"

    def __init__(self, enqueue: _Enqueue, handlers: list[logging.Handler]) -> None:
        super().__init__(enqueue.queue, *handlers)
        self._enqueue = enqueue
        self._reported = 0
        self._loggers: list[tuple[logging.Logger, int, bool]] = []

    def attach(self, level: str) -> None:
        """Take over the loggers of this process; :meth:`stop` gives them back."""
        for name in _LOGGERS:
            logger = logging.getLogger(name)
            self._loggers.append((logger, logger.level, logger.propagate))
            logger.addHandler(self._enqueue)
            # A handler further up would write in the event loop's own thread.
            logger.propagate = False
        logging.getLogger("crawler").setLevel(level)

    def feed(self, record: dict[str, Any]) -> None:
        """Put in a child's record, as :func:`crawler.trace.logs.to_dict` made it. Never blocks."""
        self._enqueue.enqueue(to_record(record))

    def handle(self, record: logging.LogRecord) -> None:
        """Write ``record`` everywhere; called in the thread."""
        super().handle(record)
        dropped = self._enqueue.dropped - self._reported
        if dropped and self.queue.qsize() < MAX_WAITING // 2:
            self._reported += dropped
            note = f"{dropped:,} log lines were dropped: the terminal or the disk was too slow for them"
            super().handle(
                logging.makeLogRecord(
                    {"name": __name__, "levelno": logging.WARNING, "levelname": "WARNING", "msg": note}
                )
            )

    def stop(self) -> None:
        """Write what waits, end the thread, give the loggers back. Blocks: not for the event loop.

        A second call does nothing.
        """
        if not self._loggers:
            return
        for logger, level, propagate in self._loggers:
            logger.removeHandler(self._enqueue)
            logger.setLevel(level)
            logger.propagate = propagate
        self._loggers.clear()
        super().stop()
        for handler in self.handlers:
            # What a full disk refused is still in the file's buffer, and is refused once more.
            with suppress(OSError):
                handler.close()


def start_logging(level: str, out: Path | None = None) -> LogListener:
    """Log everything at ``level`` (``"DEBUG"`` … ``"ERROR"``) or above to the terminal and to a file.

    The terminal is ``sys.stderr``; lines go above the progress display while there is one. ``out`` is the
    folder in which ``crawl.log`` is continued; None for no file.
    """
    handlers: list[logging.Handler] = [_TerminalHandler()]
    if out is not None:
        handlers.append(_LogFile(out / LOG_FILE))
    listener = LogListener(_Enqueue(), handlers)
    listener.start()
    listener.attach(level)
    return listener
