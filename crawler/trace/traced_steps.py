"""Workers' steps that are noted as they are entered, with the line of source that says so.

They stand where a plain :class:`crawler.trace.steps.Step` stands when no trace is written: whoever enters a
step does not know of it.
"""

import os
import sys
import time
from collections.abc import Callable
from types import CodeType
from typing import TYPE_CHECKING

from crawler.model.outcomes import Activity
from crawler.model.spans import ChildWork, Span
from crawler.trace.source_lines import where_of
from crawler.trace.steps import Step, Steps

if TYPE_CHECKING:
    from crawler.trace.recorder import Recorder

Enter = Callable[[str, Activity, str | None, CodeType, int], None]
"""Takes the worker's name, what it does now, for which URL, and the code and line that said so."""


class TracedStep(Step, kw_only=True):
    """A step of a worker in the main process's loop."""

    entered: Enter

    def enter(self, step: Activity, url: str | None = None) -> None:
        """The worker now does ``step``, for ``url`` if there is one."""
        self.step = step
        self.url = url
        self.since = time.time()
        caller = sys._getframe(1)
        self.entered(self.holder, step, url, caller.f_code, caller.f_lineno)


class TracedSteps(Steps):
    """All workers of one crawl that is traced."""

    def __init__(self, recorder: "Recorder") -> None:
        super().__init__()
        self._recorder = recorder

    def worker(self, stage: str, holder: str) -> Step:
        """Register a worker; the caller keeps its Step and updates it."""
        step = TracedStep(stage, holder, entered=self._recorder.entered)
        self._steps.append(step)
        self._recorder.worker(stage, holder)
        return step


class NotedStep(Step):
    """The step of a child's main thread, which keeps what it did until that is sent to the main process."""

    spans: list[Span] = []
    noted: Activity = Activity.IDLE
    """What is to be noted once it is over."""
    begun: tuple[int, int] = (0, 0)
    """When the step began, and how much CPU the thread had taken by then, in nanoseconds."""
    where: tuple[str, str, int] | None = None

    def enter(self, step: Activity, url: str | None = None) -> None:
        """The worker now does ``step``."""
        self._end()
        self.step = self.noted = step
        self.url = url
        self.since = time.time()
        caller = sys._getframe(1)
        where = where_of(caller.f_code, caller.f_lineno)
        self.where = where.file, where.function, where.line

    def taken(self) -> ChildWork | None:
        """What was done since this was last asked for; what is being done is noted as if it were over."""
        self._end()
        self.noted = Activity.IDLE
        spans, self.spans = self.spans, []
        return ChildWork(os.getpid(), tuple(spans)) if spans else None

    def _end(self) -> None:
        now, cpu = time.monotonic_ns(), time.thread_time_ns()
        if self.noted is not Activity.IDLE:
            began, had = self.begun
            self.spans.append(Span(self.noted, began, now, cpu - had, self.pid, self.where))
        self.begun = now, cpu
