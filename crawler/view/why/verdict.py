"""What limits a crawl, judged from its trace: the rules, and what would change it.

A figure is the share of the time in which something was busy. The rules, in this order:

1. Less than :data:`SHORTEST` seconds or :data:`FEWEST` URLs say nothing.
2. **disk**: the writer or the commits are busy for :data:`BUSY` of the time, or stations wait for them for
   :data:`HELD` of it.
3. **parsers**: all of them are busy for :data:`BUSY`, or fetchers wait for them for :data:`HELD`, or for
   :data:`OFTEN` places are free, no URL is known, and pages wait for a parser.
4. **loop**: the main process's event loop computes for :data:`BUSY`.
5. **cores**: all that computes takes :data:`BUSY` of what the machine has.
6. For :data:`OFTEN` of the time places are free. **held**: the live page allows no more requests, or has
   paused the crawl. **politeness**: URLs are known, but their hosts' limits or rests keep them back; where
   hosts have neither, that is the loop's doing and not counted. **again**: the only URLs left are tried
   again, or the host rested meanwhile. **links**: no URL is known that was not asked for.
7. **network**: for :data:`OFTEN` all places are taken, while loop, parsers and cores have room
   (:data:`ROOM`).
8. Else nothing alone; the busiest is named.

What is behind the network comes first, since a slow station fills the places before it too.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from crawler.config import Config
from crawler.model.outcomes import Activity
from crawler.model.rows import FirstNamed
from crawler.trace.recorded import Trace
from crawler.view.why.allowed import Allowed, allowed_of
from crawler.view.why.changes import Change, changes_of
from crawler.view.why.measured import Measured, measure
from crawler.view.why.replay import Replay, replay_of
from crawler.view.why.turns import FEW, Again, Turns, tried_again, turns

SHORTEST = 0.3
FEWEST = 50
BUSY = 0.85
HELD = 0.3
OFTEN = 0.5
ROOM = 0.6
ALONE = 0.7
"""Parsers that have a core for less of their time share it with somebody."""
FITS = 0.25
"""By how much the simulation may miss what it is set right with; beyond, its predictions are doubtful."""


class Why(msgspec.Struct, kw_only=True):
    """What limits a crawl. All shares are of the time between the first request and the last commit."""

    limit: str
    """``disk``, ``parsers``, ``loop``, ``cores``, ``held``, ``politeness``, ``again``, ``links``,
    ``network``, ``too short``."""
    is_clear: bool = True
    """False: nothing alone; ``limit`` is what is busiest."""
    seconds: float
    urls: int
    pages: int
    cores: int
    parsers: int
    at_once: int
    loop: float
    parsers_busy: float
    parsers_computing: float | None
    """Share of that in which they had a core; None where no page was parsed."""
    cores_busy: float
    writer_busy: float
    commit_busy: float
    held_by_parsers: float
    """Share of the fetchers' time in which they waited for one."""
    held_by_writer: float
    """The same of fetchers and parsers."""
    has_limits: bool
    """Hosts have a delay, or fewer may ask one than there are places; or more than :data:`FEW` URLs were
    tried again."""
    turns: Turns
    allowed: list[Allowed]
    """Where the live page allowed fewer requests at once than the settings."""
    waits_again: int
    """URLs that were tried again, and that the crawl waited for."""
    again: list[Again]
    """The longest of these."""
    means: dict[str, float]
    """Mean seconds of a URL, by where it is."""
    changes: list[Change] = []
    fits: float | None = None
    """What the simulation takes for the crawl as it ran, by what that took; None without a simulation."""
    replayed: int = 0
    """URLs in the simulation."""

    @property
    def is_disturbed(self) -> bool:
        """Parsers waited for a core, and what had it was not the crawl."""
        computing = self.parsers_computing
        return computing is not None and computing < ALONE and self.cores_busy < BUSY

    @property
    def is_doubtful(self) -> bool:
        """The simulation does not even come to what it was set right with."""
        return self.fits is not None and abs(self.fits - 1.0) > FITS


def why(
    trace: Trace,
    config: Config,
    named_by: Mapping[int, FirstNamed],
    crawl_delays: Mapping[str, float] | None = None,
    found: Measured | None = None,
) -> Why:
    """Judge a crawl. ``named_by`` tells of URLs by row id, as ``crawl.db`` has it; it may be empty.

    ``crawl_delays`` are what robots.txt asks for, in seconds by origin. ``found`` is what :func:`measure`
    gave, where that was asked before.
    """
    found = measure(trace) if found is None else found
    delays = crawl_delays or {}
    if not found.visits:
        return judged(trace, found, named_by, None)
    replay = replay_of(trace, found, named_by, delays, config)
    judgement = judged(trace, found, named_by, replay)
    if judgement.limit != "too short":
        judgement.changes = changes_of(replay, judgement.limit)
        judgement.fits, judgement.replayed = replay.fits, len(replay.visits)
    return judgement


def judged(trace: Trace, found: Measured, named_by: Mapping[int, FirstNamed], replay: Replay | None) -> Why:
    """The figures, and the limit by the rules above."""
    seconds, urls, meta = found.seconds, max(found.urls, 1), trace.meta
    at_once, parsers = int(meta.get("concurrency") or 1), int(meta.get("workers") or 1)
    cores, loop = int(meta.get("cores") or 1), found.loop_cpu or 0.0
    server = replay.street.server * found.urls if replay else 0.0
    inline = found.parse_cpu if meta.get("executor") == "inline" else 0.0
    computed = loop - inline + found.parse_cpu + found.writes.seconds + server
    waits_for_parser = found.places[Activity.WAIT_FOR_PARSER]
    waits_for_writer = found.places[Activity.WAIT_FOR_WRITER] + found.parsers_held
    network = sum(visit.network for visit in found.visits.values()) / max(len(found.visits), 1)
    limited = replay is not None and any(
        host.delay or host.per_host < replay.street.at_once for host in replay.street.hosts
    )
    shares, waits = turns(found, named_by, at_once, limited=limited)
    judgement = Why(
        limit="",
        seconds=seconds,
        urls=found.urls,
        pages=found.pages,
        cores=cores,
        parsers=parsers,
        at_once=at_once,
        loop=loop / seconds,
        parsers_busy=found.parse_busy / seconds / parsers,
        parsers_computing=found.parse_cpu / found.parse_busy if found.parse_busy else None,
        cores_busy=computed / seconds / cores,
        writer_busy=found.write_busy / seconds,
        commit_busy=found.commits.seconds / seconds,
        held_by_parsers=waits_for_parser / seconds / at_once,
        held_by_writer=waits_for_writer / seconds / (at_once + parsers),
        has_limits=limited or found.tried_again > FEW,
        turns=shares,
        allowed=allowed_of(found, at_once),
        waits_again=len(waits),
        again=tried_again(trace, found, waits),
        means={
            "network": network,
            "wait for a parser": waits_for_parser / urls,
            **{name: total / urls for name, total in found.queues.items()},
            "parsing": found.parse_busy / max(found.pages, 1),
        },
    )
    judgement.limit, judgement.is_clear = limit_of(judgement)
    return judgement


def limit_of(judgement: Why) -> tuple[str, bool]:
    """What limits it, and whether that is clear: the rules at the head of this module."""
    cores, turns = judgement.cores_busy, judgement.turns
    kept_back = turns.kept_back + turns.resting
    behind = {"parsers": judgement.parsers_busy, "loop": judgement.loop, "cores": cores}
    rules = {
        "too short": judgement.seconds < SHORTEST or judgement.urls < FEWEST,
        "disk": max(judgement.writer_busy, judgement.commit_busy) >= BUSY or judgement.held_by_writer >= HELD,
        "parsers": judgement.parsers_busy >= BUSY
        or judgement.held_by_parsers >= HELD
        or turns.behind >= OFTEN,
        "loop": judgement.loop >= BUSY,
        "cores": cores >= BUSY,
        "held": turns.held >= OFTEN,
        "politeness": kept_back >= OFTEN
        and (judgement.has_limits or (not judgement.again and turns.resting >= OFTEN)),
        "again": turns.again + turns.resting >= OFTEN,
        "links": turns.nothing_known >= OFTEN,
        "network": turns.taken >= OFTEN and max(behind.values()) < ROOM,
    }
    for limit, holds in rules.items():
        if holds:
            return limit, True
    return max(behind, key=lambda name: behind[name]), False


def as_dict(judgement: Why) -> dict[str, Any]:
    """The judgement as JSON has it."""
    found: dict[str, Any] = msgspec.to_builtins(judgement)
    found["changes"] = [
        {"name": change.name, "speed": change.speed, "extrapolated": change.extrapolated}
        for change in judgement.changes
    ]
    found["is_disturbed"], found["is_doubtful"] = judgement.is_disturbed, judgement.is_doubtful
    return found
