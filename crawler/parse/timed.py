"""When each page was parsed, noted where that is done: it travels with the results, if a trace is written."""

import time
from collections.abc import Callable
from types import CodeType

from msgspec.structs import replace

from crawler.model.messages import Finished, Page
from crawler.model.outcomes import Activity
from crawler.model.spans import Span
from crawler.trace.source_lines import where_of


def timed(
    parse: Callable[[Page], Finished], code: CodeType, thread: Callable[[], int]
) -> Callable[[Page], Finished]:
    """``parse``, and its results say from when to when.

    ``code`` is what does it, which is said once; ``thread`` gives the number of the thread that it runs in.
    """
    found = where_of(code, code.co_firstlineno)
    where: tuple[str, str, int] | None = (found.file, found.function, found.line)

    def timed_parse(page: Page) -> Finished:
        nonlocal where
        began, had = time.monotonic_ns(), time.thread_time_ns()
        finished = parse(page)
        cpu = time.thread_time_ns() - had
        span = Span(Activity.PARSE, began, time.monotonic_ns(), cpu, thread(), where)
        where = None
        return replace(finished, span=span)

    return timed_parse
