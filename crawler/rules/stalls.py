"""Who is stuck: a worker that does the same thing, to the same URL, for too long. ``now`` is an argument.

Waiting on purpose is no stall. A host that may not be asked yet holds no worker at all; and that a fetcher
waits for a parser, or a parser for a writer, is back-pressure: the worker that holds up the others is stuck.
"""

from collections.abc import Iterable, Mapping

import msgspec

from crawler.model.outcomes import WAITS_ON_PURPOSE, Activity


class Worker(msgspec.Struct, frozen=True):
    """What a worker says of itself."""

    stage: str
    holder: str
    pid: int
    step: Activity
    url: str | None
    progress: tuple[float, ...]
    """Whatever changes when the worker gets on, such as when it began its step."""


class Stuck(msgspec.Struct, frozen=True):
    """A worker without progress."""

    worker: Worker
    seconds: float
    is_first: bool
    """No other worker of its stage was stuck, so it is worth a word."""


class Recovered(msgspec.Struct, frozen=True):
    """A stage of which nobody is stuck any more."""

    stage: str
    seconds: float
    """Since its first worker was found stuck."""


class StallRule:
    """Remembers what each worker was last seen doing, and since when.

    What counts is how long the worker was watched, not its own clock: when the whole program was stopped
    (Ctrl-Z, a sleeping laptop), hours pass between two looks and nobody is to blame.
    """

    def __init__(self, timeouts: Mapping[str, float], default: float, longest_look: float) -> None:
        """``timeouts`` in seconds by stage, else ``default``; a look counts ``longest_look`` at most."""
        self._timeouts = timeouts
        self._default = default
        self._longest_look = longest_look
        self._watched = 0.0
        self._last: float | None = None
        self._seen: dict[tuple[str, str], tuple[Worker, float]] = {}
        self._stuck: dict[tuple[str, str], Worker] = {}
        self._since: dict[str, float] = {}

    def look(self, workers: Iterable[Worker], now: float) -> tuple[list[Stuck], list[Recovered]]:
        """Workers that became stuck, the longest first, and stages that recovered. ``now`` in seconds.

        A worker that stays as it is is named again each time its timeout has passed once more.
        """
        self._watched += min(now - self._last, self._longest_look) if self._last is not None else 0.0
        self._last = now
        found: list[tuple[float, Worker]] = []
        seen = {}
        for worker in workers:
            name = (worker.stage, worker.holder)
            before, since = self._seen.get(name, (None, 0.0))
            timeout = self._timeouts.get(worker.stage, self._default)
            if before != worker:
                since = self._watched
                self._stuck.pop(name, None)
            elif worker.step not in WAITS_ON_PURPOSE and self._watched - since >= timeout:
                found.append((self._watched - since, worker))
                since = self._watched
            seen[name] = worker, since
        self._seen = seen
        self._stuck = {name: worker for name, worker in self._stuck.items() if name in seen}
        stuck = []
        for seconds, worker in sorted(found, key=lambda item: -item[0]):
            stuck.append(Stuck(worker, seconds, is_first=worker.stage not in self._since))
            self._stuck[worker.stage, worker.holder] = worker
            self._since.setdefault(worker.stage, self._watched - seconds)
        still = {stage for stage, _ in self._stuck}
        over = [stage for stage in self._since if stage not in still]
        return stuck, [Recovered(stage, self._watched - self._since.pop(stage)) for stage in over]
