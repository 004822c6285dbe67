"""The recorded crawl, replayed as it ran and with other settings: what each of them would change.

The recorded times of the network hold what a busy loop and busy cores added to them, which the simulation
adds once more. So the crawl is first replayed as it ran, and these times are shortened until that takes what
the real one took (:func:`calibrated`). What is left of a difference is told.
"""

from collections.abc import Mapping, Sequence
from statistics import fmean, quantiles

import msgspec
from msgspec.structs import replace

from crawler.config import Config
from crawler.model.rows import FirstNamed
from crawler.rules.politeness import limits_for
from crawler.rules.urls import is_loopback
from crawler.trace.recorded import Trace
from crawler.view.why.allowed import mostly_allowed
from crawler.view.why.measured import Measured
from crawler.view.why.simulation import seconds_for
from crawler.view.why.street_times import Host, Street, Visit
from crawler.view.why.turns import namer

MOST_SERVER_CPU = 0.00015
"""Seconds of CPU that a local server is taken to spend on a request, at most: what is more is waiting."""
PAGE_BYTES = 30_000
RECORD_BYTES = 10_000
"""Where the trace does not tell."""
_STEPS = 7
"""Of the search for the network's factor: to within a hundredth."""


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked: the crawl with these; None is as it was."""

    parsers: int | None = None
    at_once: int | None = None
    cores: int | None = None
    without_delay: bool = False
    per_host: int | None = None
    """Requests at once to each host."""
    quick_disk: bool = False
    """Writing and committing cost nothing."""


class Replay(msgspec.Struct):
    """A crawl that can be run again in the mind."""

    visits: Sequence[Visit]
    street: Street
    """As it ran."""
    origins: Sequence[str]
    crawl_delays: Mapping[str, float]
    """Seconds by origin, from its robots.txt."""
    config: Config
    seconds: float = 0.0
    """What the simulation takes as it ran."""
    fits: float = 1.0
    """That, divided by what the crawl took: 1 is exact."""

    def speed(self, setting: Setting) -> float:
        """How many times as fast the crawl would have been."""
        changed = seconds_for(self.visits, self.changed(setting))
        return self.seconds / changed

    def changed(self, setting: Setting) -> Street:
        """The street with another setting."""
        street = self.street
        at_once = setting.at_once or street.at_once
        return replace(
            street,
            parsers=setting.parsers or street.parsers,
            at_once=at_once,
            cores=setting.cores or street.cores,
            hosts=_hosts(self.config, self.origins, self.crawl_delays, at_once, setting),
            **(
                dict.fromkeys(("write", "write_batch", "sync", "commit", "commit_batch"), 0.0)
                if setting.quick_disk
                else {}
            ),
        )


def replay_of(
    trace: Trace,
    found: Measured,
    named_by: Mapping[int, FirstNamed],
    crawl_delays: Mapping[str, float],
    config: Config,
) -> Replay:
    """The simulation of this crawl, set right by what it took."""
    origins = list(dict.fromkeys(first.origin for first in named_by.values())) or [""]
    host_of = {origin: index for index, origin in enumerate(origins)}
    index_of: dict[int, int] = {}
    visits: list[Visit] = []
    for row, visit in found.visits.items():
        first = named_by.get(row)
        parent = -1
        if first is not None and first.referrer is not None and namer(found, named_by, row) is not None:
            parent = index_of.get(first.referrer, -1)
        index_of[row] = len(visits)
        visits.append(Visit(host_of[first.origin] if first else 0, visit.network, visit.parse, parent))
    street = _street(trace, found, config, is_local=any(is_loopback(origin) for origin in origins if origin))
    replay = Replay(visits, street, origins, crawl_delays, config)
    replay.street = replay.changed(Setting())
    share = len(visits) / max(found.urls, len(visits))
    return calibrated(replay, took=found.seconds * share)


def calibrated(replay: Replay, took: float) -> Replay:
    """Shorten the times of the network until the simulation takes as long as the crawl ``took``.

    Where it takes less as it is, or more with none of them, it stays so, and ``fits`` says it.
    """
    least, most = 0.0, 1.0
    factor = 1.0
    seconds = seconds_for(replay.visits, replay.street)
    if seconds > took:
        for _ in range(_STEPS):
            factor = (least + most) / 2
            seconds = seconds_for(replay.visits, replace(replay.street, network_factor=factor))
            least, most = (least, factor) if seconds > took else (factor, most)
    replay.street = replace(replay.street, network_factor=factor)
    replay.seconds, replay.fits = seconds, seconds / took
    return replay


def _street(trace: Trace, found: Measured, config: Config, *, is_local: bool) -> Street:
    urls, meta = max(found.urls, 1), trace.meta
    executor = meta.get("executor", config.parse.executor)
    loop = found.loop_cpu or 0.0
    if executor == "inline":
        loop = max(0.0, loop - found.parse_cpu)
    cores = int(meta.get("cores") or 1)
    left = cores * found.seconds - loop - found.parse_cpu - found.writes.seconds
    write_batch, write = found.writes.costs()
    commit_batch, commit = found.commits.costs()
    limits = config.limits
    records = limits.finished_queue + config.write.max_unacked
    page = _bytes_each(trace, found, "page_queue", PAGE_BYTES)
    return Street(
        cores=cores,
        at_once=mostly_allowed(found, int(meta.get("concurrency") or config.fetch.concurrency)),
        parsers=int(meta.get("workers") or config.parse.workers or 1),
        hosts=(),
        loop=loop / urls,
        server=min(_server(found), max(0.0, left / urls)) if is_local else 0.0,
        write=write,
        write_batch=write_batch,
        sync=found.sync / max(found.syncs, 1),
        commit=commit,
        commit_batch=commit_batch,
        page_room=max(1, int(limits.page_queue / page)),
        batch_pages=max(1, min(config.parse.batch_pages, int(config.parse.batch_bytes / page))),
        record_room=max(1, int(records / _bytes_each(trace, found, "finished_queue", RECORD_BYTES))),
        parses_in_main=executor in ("inline", "thread"),
    )


def _server(found: Measured) -> float:
    """What a server on this machine computes for a request: half of the shortest waits, and never much."""
    waits = [visit.answer for visit in found.visits.values() if visit.answer]
    return min(MOST_SERVER_CPU, quantiles(waits, n=50)[0] / 2) if len(waits) > 1 else 0.0


def _bytes_each(trace: Trace, found: Measured, queue: str, otherwise: int) -> float:
    """The mean bytes of what waited in a queue: its mean bytes by its mean number (Little's law)."""
    bytes_seen = trace.counters.get(queue) or ()
    items = found.queues.get(queue, 0.0) / found.seconds
    mean = fmean(value for _, value in bytes_seen) if bytes_seen else 0.0
    return max(1.0, mean / items) if mean and items > 0.5 else otherwise


def _hosts(
    config: Config, origins: Sequence[str], crawl_delays: Mapping[str, float], at_once: int, setting: Setting
) -> tuple[Host, ...]:
    polite = config.politeness
    found = []
    for origin in origins:
        limits = limits_for(
            origin or "http://127.0.0.1",
            setting.per_host or polite.per_host,
            0.0 if setting.without_delay else polite.delay,
            None if setting.without_delay else crawl_delays.get(origin),
            at_once,
            polite.max_crawl_delay,
        )
        found.append(Host(limits.per_host, limits.delay))
    return tuple(found)
