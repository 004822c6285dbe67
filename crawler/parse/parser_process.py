"""What runs inside a parse process: the child's end of :mod:`crawler.parse.single_worker_pool`.

Runs as: the single worker of a ProcessPoolExecutor. The executor carries only a token, the call of
:func:`parse_batches`, and a small number back; the pages and the results travel over this worker's
own two one-way pipes. The globals below exist once in each child: "globals are not shared" is
here not a pitfall but the plan.
"""

import logging
import os
import platform
import signal
import sys
import threading
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from crawler.model.messages import Finished, Page
from crawler.parse.job import ParseJob
from crawler.parse.said import Allowance, PrintedLines, take_over_output
from crawler.plumbing import faults
from crawler.plumbing.child_process import end_with_parent
from crawler.trace.logs import configure_child_logging

if TYPE_CHECKING:
    from crawler.parse.work import Parser

log = logging.getLogger("crawler.parse")

EXIT_MEMORY = 77
"""Exit code of a child that ran out of the memory it may use."""
RESULT, LOG = b"R", b"L"
"""First byte of a frame on the result pipe."""
NO_PAGE = -1.0
LARGE = 2 * 1024 * 1024
"""Bytes of a batch after which freed memory is given back; a batch of usual pages has less."""

decode_pages = msgspec.msgpack.Decoder(list[Page]).decode
encode_finished = msgspec.msgpack.Encoder().encode


class Progress(Protocol):
    """Shared memory of a parser and the main process: [index of the page at work, monotonic start].

    Written by the child as it goes, read by the main process only when something is wrong; so
    the culprit of a crash or a hang is known without a message for each page.
    """

    def __getitem__(self, index: int, /) -> float: ...

    def __setitem__(self, index: int, value: float, /) -> None: ...


_tasks: Connection
_results: Connection
_progress: Progress
_parser: "Parser"
_allowance: Allowance
_printed: PrintedLines
_sending = threading.Lock()
_give_back_freed_memory: Callable[[], object]


def start(
    tasks: Connection,
    results: Connection,
    progress: Progress,
    job: ParseJob,
    extract: Callable[..., Any] | None,
    name: str,
    max_memory: int,
    log_level: str,
) -> None:
    """The executor's initializer: runs once in the new child, before its first task."""
    global _tasks, _results, _progress, _parser, _allowance, _printed, _give_back_freed_memory
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    end_with_parent()
    limit_memory(max_memory)
    _give_back_freed_memory = keep_freed_memory()
    _tasks, _results, _progress = tasks, results, progress
    _allowance = Allowance(lambda record: _send(LOG + encode_finished(record)))
    configure_child_logging(log_level, name, _allowance.send)
    _printed = take_over_output(_allowance)
    # Imported here because the main process imports this module too, for its functions' names,
    # and needs no HTML parser. The fork server has it ready for all children.
    from crawler.parse.extract import look_here
    from crawler.parse.work import Parser

    look_here()  # what an extract function imports as late as when it is called lies there too
    _parser = Parser(job, extract)
    log.debug("ready, pid %d", os.getpid())


def limit_memory(most: int) -> None:
    """Let this process use at most ``most`` bytes of data (rlimit; not on every system)."""
    if sys.platform != "linux":
        return
    import resource

    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    soft = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))


def keep_freed_memory() -> Callable[[], object]:
    """Have glibc keep what a page's tree took, for the next page; what is returned gives it back.

    Parsing frees megabytes after each page; asking the kernel for them again, page by page, cost
    up to 30 % of the parse time (mallopt(3): M_TRIM_THRESHOLD is -1, M_MMAP_THRESHOLD is -3).
    But what one page of ten megabytes took, no page of the usual size needs.
    """
    if platform.libc_ver()[0] != "glibc":
        return lambda: None
    import ctypes

    libc = ctypes.CDLL(None)
    libc.mallopt(-1, 64 * 1024 * 1024)
    libc.mallopt(-3, 32 * 1024 * 1024)
    return lambda: libc.malloc_trim(0)


def ping() -> int:
    """The pid: the first answer, which says that this child is ready."""
    return os.getpid()


def parse_batches() -> int:
    """Parse one batch out of the task pipe, then each further one that waits there; how many it were.

    To give back the token and be given another costs two processes and three threads a turn, all of them
    in the way of the event loop: under load it is kept.
    """
    number = 1
    _parse_batch()
    while _tasks.poll():
        _parse_batch()
        number += 1
    return number


def _parse_batch() -> None:
    """Read a batch, parse it, write its results to the result pipe."""
    if _parse_and_send() > LARGE:
        _give_back_freed_memory()


def _parse_and_send() -> int:
    """Read a batch, parse it, send its results; how many bytes its pages had."""
    try:
        pages = decode_pages(_tasks.recv_bytes())
        faults.hit("parser:before_parse")
        results: list[Finished] = []
        for index, page in enumerate(pages):
            _progress[1] = time.monotonic()
            _progress[0] = index
            _allowance.begin(page.ticket.url)
            results.append(_parser.parse(page))
            _printed.end()
        frame = RESULT + encode_finished(results)
    except MemoryError:
        # Whatever is left of this process's memory is not worth trusting.
        os._exit(EXIT_MEMORY)
    except EOFError:
        os._exit(1)  # the main process has closed its end, or is gone: there is nobody to tell
    except BaseException:
        # No error of a page's gets here; whatever this is, nobody should wait for results.
        log.exception("the parse process cannot go on")
        os._exit(1)
    _progress[0] = NO_PAGE
    faults.hit("parser:before_results")
    _send(frame)
    return sum(page.size for page in pages)


def _send(frame: bytes) -> None:
    # A thread that an extract function has started may log at any time.
    with _sending:
        _results.send_bytes(frame)
