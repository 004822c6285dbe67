"""What starts when two small crawls are made, the second one of what has changed, and what joins it.

``python -m docs.make_drawings`` keeps it in ``docs/drawings/started.json``; ``docs/map.md`` and the drawings
are made from that, and a test holds it against what starts now.
"""

import functools
import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any, NamedTuple

from crawler.sinks import SINKS
from tests.walk import traced_crawl

OPTIONS = (
    "--set", 'write.sinks=["jsonl", "sqlite"]', "--workers", "2", "--trace", "--dashboard",
)  # fmt: skip
LIBRARY = "of its libraries"
"""The name of every coroutine that is none of the program's: they are others with another event loop."""
MAIN, MAIN_THREAD = "MainProcess", "MainThread"
COUNTED = (
    "lease_task",
    "fetch_task",
    "parse_task",
    "WriterKeeper.keep",
    "ForkServerProcess-N",
    "writer-SINK",
)
"""Of these there are as many as the settings say, on every machine."""
PASSING = re.compile(r"uvloop_N|asyncio_N")
"""Threads of the default executor: which of them makes a call is chance."""
_FILES = "|".join(re.escape(sink.file_name) for sink in SINKS.values())

Lines = list[tuple[str, ...]]


class Started(NamedTuple):
    """A coroutine, thread or process that was started."""

    kind: str
    process: str
    """The one that starts it, or in which it runs."""
    thread: str
    """That in which a coroutine runs; else empty."""
    name: str
    file: str
    """Of a thread or a process, the file that starts it; of a coroutine, its own. Empty: a library's."""


@functools.cache
def seen() -> dict[str, Any]:
    """All of it, as it is kept. Each once, with N for a number, SINK and FILE for a sink's."""
    lines = traced_crawl(("STARTS_OUT", "JOINS_OUT"), "localhost", *OPTIONS, again=True)
    lines = [tuple(map(_general, line)) for line in lines]
    by_kind: dict[str, Lines] = defaultdict(list)
    for line in lines:
        by_kind[line[0]].append(line)
    starts = Counter(
        [Started(kind, process, "", name, file) for kind, process, name, file in _starts(by_kind)]
        + [_coroutine(*words) for _, *words in by_kind["coroutine"]]
    )
    return {
        "crawl": f"crawler run http://localhost/ {' '.join(OPTIONS)}, and once more with --again",
        "started": [
            one._asdict() | ({"count": count // 2} if one.name in COUNTED else {})
            for one, count in sorted(starts.items())
        ],
        "queues": _queues(by_kind["queue"]),
        "pipes": _pipes(by_kind["pipe"]),
        "files": _files(by_kind["file"]),
    }


def of(kept: dict[str, Any], *kinds: str) -> list[Started]:
    """What of it is of these kinds."""
    rows = [{key: value for key, value in row.items() if key != "count"} for row in kept["started"]]
    return [Started(**row) for row in rows if row["kind"] in kinds]


def started() -> list[tuple[str, ...]]:
    """Its threads and processes: kind, the process that starts it, name, file."""
    return [(one.kind, one.process, one.name, one.file) for one in of(seen(), "thread", "process")]


def _general(word: str) -> str:
    word = re.sub(
        rf"^({_FILES}|records@2\.jsonl)( |$)", r"FILE\2", re.sub(r"^writer-\w+$", "writer-SINK", word)
    )
    return word if word.isdigit() else re.sub(r"\d+", "N", word)


def _starts(by_kind: dict[str, Lines]) -> Lines:
    return by_kind["process"] + by_kind["thread"]


def _coroutine(process: str, thread: str, name: str, file: str) -> Started:
    name = name.rpartition("<locals>.")[2] if file else LIBRARY
    return Started("coroutine", process, thread, name, file)


def _queues(lines: Lines) -> list[dict[str, Any]]:
    ends: dict[str, dict[str, set[str]]] = defaultdict(lambda: {"put": set(), "get": set()})
    for _, _, name, how, coroutine, _ in lines:
        ends[name][how].add(coroutine.rpartition("<locals>.")[2])
    return [
        {"name": name} | {how: sorted(ends[name][how]) for how in ("put", "get")} for name in sorted(ends)
    ]


def _pipes(lines: Lines) -> list[dict[str, Any]]:
    """Those between two processes: from where, to where, who writes, who reads, and the file that reads."""
    ends: dict[str, dict[str, set[tuple[str, str, str]]]] = defaultdict(
        lambda: {"read": set(), "write": set()}
    )
    for _, process, number, how, thread, file in lines:
        ends[number][how].add((process, thread, file))
    found: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for end in ends.values():
        for reader, thread, file in end["read"]:
            writers = {process for process, *_ in end["write"]} or {MAIN}
            if writers != {reader}:
                writing = _names(name for _, name, _ in end["write"])
                found[*writers, reader, thread, file] |= writing
    return [
        {
            "from": key[0],
            "to": key[1],
            "written_by": sorted(found[key]),
            "read_by": key[2],
            "reads_in": key[3],
        }
        for key in sorted(found)
    ]


def _files(lines: Lines) -> list[dict[str, str]]:
    """Those that stay: no locks, none half written, none of the generation before."""
    found = {
        (name, process, thread)
        for _, process, thread, name in lines
        if not re.search(r"@|\.tmp$|\.lock$|^\.", name) and not PASSING.fullmatch(thread)
    }
    return [dict(zip(("name", "process", "thread"), words, strict=True)) for words in sorted(found)]


def _names(names: Iterable[str]) -> set[str]:
    return {name for name in names if not PASSING.fullmatch(name)}
