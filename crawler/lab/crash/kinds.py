"""Every way in which a crawl is killed here, and how it must end.

A way is a function of the scene that kills and returns how many processes it has hit, or the name
of a fault point (:mod:`crawler.plumbing.faults`) at which a process kills itself; or both: then who passes
the point stays there, until it is killed.
"""

import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from signal import SIGCONT, SIGINT, SIGKILL, SIGSTOP, SIGTERM

from crawler.lab.crash import power
from crawler.lab.crash.scene import Scene
from crawler.lab.crash.victims import Role, kill_group, signal_to
from crawler.sinks import SINKS
from crawler.sinks.appended_file import AppendedFile
from crawler.sinks.facts import FactsSink
from crawler.sinks.jsonl import JsonlSink
from crawler.sinks.sqlite import SqliteSink

PAGES = 150
"""Of the site; kills come after 1 to 90 records, so that the crawl is in the middle of its work."""
EVERY = tuple(name for name, sink in SINKS.items() if sink.holds_records and not sink.missing())
"""Every sink of records at once, as far as what it needs is installed."""
CHECK = (JsonlSink.name, SqliteSink.name, FactsSink.name)
"""With the last one, URLs are asked for that are no pages, and that the other two never see."""
DIES, GOES_ON, SAVES, MAY_GIVE_UP = {-SIGKILL}, {0}, {130}, {0, 3}
"""Exit codes that a run may have, of which all but 0 mean that it is gone on with."""


@dataclass(frozen=True)
class Kind:
    """One way."""

    name: str
    ends: set[int]
    kill: Callable[[Scene], int] | None = None
    fault: str | None = None
    passes: tuple[int, int] = (1, 1)
    """A fault comes at a pass between these two."""
    damage: power.Damage | None = None
    """What happens to the output folder afterwards."""
    sinks: tuple[str, ...] = EVERY
    resumes_killed: int = 0
    """So many of the runs that go on with it are killed as well, at any moment from their start."""
    by_run: bool = False
    """It is gone on with by ``run``: there may be nothing yet that ``resume`` could read."""
    methods: tuple[str, ...] = ("forkserver", "spawn")
    generation: int = 1
    """Which one is killed: 2 is a recrawl, after a first crawl that nothing happens to."""


def _group(scene: Scene) -> int:
    if not _wait(scene):
        return 0
    kill_group(scene.leader)
    return 1


def _at_start(scene: Scene) -> int:
    time.sleep(scene.chance.random() * 0.8)
    kill_group(scene.leader)
    return 1


def _one(role: Role, sink: str | None = None, times: int = 1) -> Callable[[Scene], int]:
    def kill(scene: Scene) -> int:
        hit = 0
        if not _wait(scene):
            return 0
        for _ in range(times):
            found = scene.victims(role, sink)
            if found:
                signal_to(scene.chance.choice(found).pid, SIGKILL)
                hit += 1
            time.sleep(scene.chance.random() * 0.1)
        return hit

    return kill


def _children_at_start(scene: Scene) -> int:
    """Whatever is a child by then: the first ones are killed before they are ready."""
    hit = 0
    for _ in range(4):
        time.sleep(0.05 + scene.chance.random() * 0.2)
        found = [victim for victim in scene.all_victims() if victim.role != "main"] if scene.lives() else []
        if found:
            signal_to(scene.chance.choice(found).pid, SIGKILL)
            hit += 1
    return hit


def _fork_server_first(scene: Scene) -> int:
    """The fork server, and then a child that only a new fork server can replace."""
    if not _wait(scene):
        return 0
    roles: list[Role] = ["fork server", "parser", "writer"]
    hit = 0
    for role in roles:
        for victim in scene.victims(role)[:1]:
            signal_to(victim.pid, SIGKILL)
            hit += 1
    return hit


def _while_one_is_behind(of_group: bool) -> Callable[[Scene], int]:
    """One writer is stopped, so that the other gets ahead of it; then comes the kill."""

    def kill(scene: Scene) -> int:
        if not _wait(scene):
            return 0
        ahead, behind = scene.chance.sample(scene.sinks, 2)
        stopped = scene.victims("writer", behind)
        for victim in stopped:
            signal_to(victim.pid, SIGSTOP)
        time.sleep(0.05 + scene.chance.random() * 0.15)
        if of_group:
            kill_group(scene.leader)
            return 1
        killed = scene.victims("writer", ahead)
        for victim in killed:
            signal_to(victim.pid, SIGKILL)
        time.sleep(scene.chance.random() * 0.2)
        for victim in stopped:
            signal_to(victim.pid, SIGCONT)
        return len(killed)

    return kill


def _signal(number: signal.Signals) -> Callable[[Scene], int]:
    def kill(scene: Scene) -> int:
        if not _wait(scene):
            return 0
        # To the whole group, as a terminal does.
        os.killpg(scene.leader, number)
        return 1

    return kill


def _wait(scene: Scene) -> bool:
    return scene.wait_for_records(scene.chance.randint(1, PAGES * 3 // 5))


def _while_sinks_close(scene: Scene) -> int:
    """Everything is written and committed by then; the writers wait before they close their sinks."""
    if not scene.wait_for_records(PAGES):
        return 0
    time.sleep(0.3 + scene.chance.random() * 0.3)
    kill_group(scene.leader)
    return 1


_WRITER = [f"writer:{at}" for at in ("before_write", "after_write", "before_sync", "after_sync", "after_ack")]
_CLOSING = ["writer:before_close", "writer:after_close"]
_PARSER = ["parser:before_parse", "parser:before_results"]
_MAIN = ["store:before_transaction", "store:inside_transaction", "store:after_transaction"]
_MAIN += ["commit:before_send", "commit:after_send"]
_END = ["end:before_summary", "end:before_state"]

_FILES = [sink for sink in map(SINKS.__getitem__, EVERY) if issubclass(sink, AppendedFile)]

_OF_ANY = [
    Kind("whole group", DIES, _group),
    Kind("whole group, at its start", DIES, _at_start, by_run=True),
    Kind("whole group, then resume too", DIES, _group, resumes_killed=2),
    Kind("whole group, one writer behind", DIES, _while_one_is_behind(of_group=True)),
    Kind("main process alone", DIES, _one("main")),
    Kind("a parser", GOES_ON, _one("parser")),
    Kind("parsers, several times", GOES_ON, _one("parser", times=4)),
    Kind("the only writer", GOES_ON, _one("writer"), sinks=(JsonlSink.name,)),
    Kind("one of the writers", GOES_ON, _one("writer")),
    Kind("the writer that is ahead", GOES_ON, _while_one_is_behind(of_group=False)),
    Kind("fork server", GOES_ON, _one("fork server"), methods=("forkserver",)),
    Kind("fork server, parser, writer", GOES_ON, _fork_server_first, methods=("forkserver",)),
    Kind("resource tracker", GOES_ON, _one("resource tracker")),
    Kind("any children, at the start", GOES_ON, _children_at_start),
    Kind("SIGTERM", SAVES, _signal(SIGTERM)),
    Kind("SIGINT", SAVES, _signal(SIGINT)),
    *(Kind(f"at {name}", MAY_GIVE_UP, fault=name, passes=(1, 4)) for name in _WRITER),
    *(Kind(f"at {name}", MAY_GIVE_UP, fault=name) for name in _CLOSING),
    *(
        Kind(f"at sink:{step}", MAY_GIVE_UP, fault=f"sink:{step}", sinks=(JsonlSink.name, sink))
        for sink in EVERY
        for step in SINKS[sink].steps
    ),
    Kind("whole group, while its sinks close", DIES, _while_sinks_close, fault=_CLOSING[0]),
    *(Kind(f"at {name}", GOES_ON, fault=name, passes=(2, 6)) for name in _PARSER),
    *(Kind(f"at {name}", DIES, fault=name, passes=(1, 4)) for name in _MAIN),
    *(Kind(f"at {name}", DIES, fault=name) for name in _END),
    *(Kind(f"power: {sink.file_name} cut", DIES, _group, damage=power.cut_file(sink)) for sink in _FILES),
    *(
        Kind(f"power: {sink.file_name} garbled", DIES, _group, damage=power.garble_file(sink))
        for sink in _FILES
    ),
    Kind("power: records.db rows gone", DIES, _group, damage=power.delete_rows(SqliteSink)),
    Kind("power: crawl.db log cut", DIES, _group, damage=power.cut_log),
    Kind("power: all of that", DIES, _group, damage=power.everything(EVERY)),
    Kind("whole group of a check", DIES, _group, sinks=CHECK, resumes_killed=1),
    Kind("writers of a check", GOES_ON, _one("writer", times=4), sinks=CHECK),
    Kind("a check at store:inside_transaction", DIES, fault=_MAIN[1], passes=(1, 4), sinks=CHECK),
    Kind("power: facts.db rows gone", DIES, _group, damage=power.delete_rows(FactsSink), sinks=CHECK),
]
RECRAWL = "a recrawl: "
"""How the names of kinds begin that kill one."""
_OPENING = [f"generation:{at}" for at in ("before_rename", "after_rename")]

KINDS = [
    *_OF_ANY,
    *(replace(kind, name=f"{RECRAWL}{kind.name}", generation=2) for kind in _OF_ANY),
    *(Kind(f"{RECRAWL}at {name}", DIES, fault=name, generation=2) for name in _OPENING),
]
