"""What the spans of children and threads are, with the line of source that each said once."""

from typing import TypeAlias

from crawler.model.outcomes import Activity
from crawler.model.spans import Span
from crawler.trace.perfetto import Kind
from crawler.trace.recorded import Where
from crawler.trace.slices import WORK

_Worker: TypeAlias = tuple[int, str, Activity]
"""The process, its name, and what it does."""
_Line: TypeAlias = tuple[str, str, int]


class SpanKinds:
    """Keeps one :class:`Kind` for each worker, step and line of source."""

    def __init__(self) -> None:
        self._lines: dict[_Worker, _Line] = {}
        """Where a step of a worker begins, since it was last said."""
        self._kinds: dict[tuple[_Worker, _Line | None], Kind] = {}

    def of(self, pid: int, process: str, span: Span) -> Kind:
        """That of a span of a process."""
        worker = pid, process, span.step
        if span.where is not None:
            self._lines[worker] = span.where
        line = self._lines.get(worker)
        kind = self._kinds.get((worker, line))
        if kind is None:
            kind = Kind(span.step, WORK, None if line is None else Where(*line))
            self._kinds[worker, line] = kind
        return kind
