"""What runs inside a parse process: the child's end of :mod:`crawler.parse.single_worker_pool`.

Runs as: the single worker of a ProcessPoolExecutor. The executor carries only the call of
:func:`parse_batches` and its return; the pages and the results travel over this worker's
own two one-way pipes. The globals below exist once in each child: "globals are not shared" is
here not a pitfall but the plan.

The main process imports this too, and no HTML parser with it.
"""

import logging
import os
import platform
import sys
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any, Protocol

import msgspec
from msgspec.structs import replace

from crawler.model.messages import Finished, Page
from crawler.parse.captured_output import CapturedOutput, OutputQuota
from crawler.plumbing import faults
from crawler.plumbing.inside_child_process import Outbox, begin_child
from crawler.rules.scope import Scope
from crawler.trace.logs import configure_child_logging

log = logging.getLogger("crawler.parse")

EXIT_MEMORY = 77
"""Exit code of a child that ran out of the memory it may use."""
IDLE = 1.0
"""Seconds without a batch after which the call comes back. To make it anew takes two processes and three
threads, all in the way of the event loop, so under load it stays. But a program that forgets its parsers
could not end if it never came back: the interpreter waits for it."""
NO_PAGE = -1.0
LARGE = 2 * 1024 * 1024
"""Bytes of a batch after which freed memory is given back; a batch of usual pages has less."""

_decode_pages = msgspec.msgpack.Decoder(list[Page]).decode
_encode_pages = msgspec.msgpack.Encoder().encode
_encode_finished = msgspec.msgpack.Encoder().encode


class ParseJob(msgspec.Struct, frozen=True, kw_only=True):
    """All that a parser has to know of the crawl; plain values, so that a child imports no config."""

    scope: Scope
    """Its ``max_depth`` is obeyed here, where the depth of a link is known."""
    hash_seed: int
    """Of the URL fingerprints."""
    sitemap_scope: Scope | None = None
    """Where sitemaps may lie; None is where pages may."""
    sitemap_bytes: int = 50 * 1024 * 1024
    """Bytes of a sitemap's gzip file that are unpacked."""
    keep_text: bool = False
    notes_facts: bool = False
    """For a check: note references, anchors and what looks odd, and have assets asked for."""
    asks_external: bool = False
    """Have what lies on other origins asked for, too."""
    obey_robots: bool = True
    """Leave out links that a page marks as nofollow."""
    user_agent: str = "crawler"
    extract: str | None = None
    """MODULE:FUNCTION."""
    is_traced: bool = False
    """Results say when their pages were parsed."""


class Progress(Protocol):
    """Shared memory of a parser and the main process: [index of the page at work, monotonic start].

    Written by the child as it goes, read by the main process only when something is wrong; so
    the culprit of a crash or a hang is known without a message for each page.
    """

    def __getitem__(self, index: int, /) -> float: ...

    def __setitem__(self, index: int, value: float, /) -> None: ...


_batches: Connection
_outbox: Outbox
_progress: Progress
_parse: Callable[[Page], Finished]
_give_back_freed_memory: Callable[[], object]


def start(
    batches: Connection,
    results: Connection,
    progress: Progress,
    job: ParseJob,
    extract: Callable[..., Any] | None,
    name: str,
    max_memory: int,
    log_level: str,
) -> None:
    """The executor's initializer: runs once in the new child, before its first call."""
    global _batches, _outbox, _progress, _parse, _give_back_freed_memory
    begin_child()
    _batches, _outbox, _progress = batches, Outbox(results), progress
    limit_memory(max_memory)
    _give_back_freed_memory = keep_freed_memory()
    # What goes past Python (C code, programs) has no terminal to go to.
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    os.close(nowhere)
    # Imported here because the main process, which imports this module for its functions' names, needs no
    # HTML parser. The fork server has it ready for all children.
    from crawler.parse.work import Parser

    if extract is None and job.extract is None:
        configure_child_logging(log_level, name, _outbox.log)
        _parse = Parser(job).parse
    else:
        # Somebody else's code runs here.
        from crawler.parse.extract import look_here

        quota = OutputQuota(_outbox.log)
        configure_child_logging(log_level, name, quota.send)
        sys.stdout = sys.stderr = captured = CapturedOutput(quota)
        look_here()  # what an extract function imports as late as when it is called lies there too
        _parse = captured.of_each_page(Parser(job, extract).parse)
    if job.is_traced:
        from crawler.parse.timed import timed

        _parse = timed(_parse, Parser.parse.__code__, os.getpid)
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


def frame_of(pages: list[Page]) -> bytes:
    """A batch as it is sent to a child: without what only the main process keeps."""
    return _encode_pages([replace(page, exchanges=()) if page.exchanges else page for page in pages])


def parse_batches() -> None:
    """Parse batch after batch out of the pipe, until none comes for :data:`IDLE` seconds, or an empty one."""
    while _batches.poll(IDLE):
        size = _parse_batch()
        if size is None:
            return
        if size > LARGE:
            _give_back_freed_memory()


def _parse_batch() -> int | None:
    """Read a batch, parse it, send its results; how many bytes its pages had, or None where it was empty."""
    try:
        frame = _batches.recv_bytes()
        if not frame:
            return None
        pages = _decode_pages(frame)
        faults.hit("parser:before_parse")
        results: list[Finished] = []
        for index, page in enumerate(pages):
            _progress[1] = time.monotonic()
            _progress[0] = index
            results.append(_parse(page))
        message = _encode_finished(results)
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
    _outbox.send(message)
    return sum(page.size for page in pages)
