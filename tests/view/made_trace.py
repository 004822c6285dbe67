"""Traces of crawls that never ran: each URL gets the first free place, then the first free parser."""

from collections.abc import Iterator, Sequence

from crawler.config import Config
from crawler.model.outcomes import Activity
from crawler.model.rows import FirstNamed
from crawler.trace.recorded import Model, Slice, Trace, Track

ORIGIN = "http://127.0.0.1:8000"
MAIN = 1


def made_trace(
    urls: int = 400,
    *,
    at_once: int = 8,
    parsers: int = 1,
    cores: int = 2,
    network: float = 0.05,
    parse: float = 0.001,
    loop: float = 0.0003,
    write: float = 0.00002,
    delay: float = 0.0,
    chain: bool = False,
    executor: str = "process",
) -> tuple[Trace, dict[int, FirstNamed]]:
    """A trace, and who named whom: the seed all others, or in a ``chain`` each its next one."""
    names = [f"fetch-{number}" for number in range(at_once)]
    children = [f"parser-{number}" for number in range(parsers)]
    tracks = {number: Track(number, name, Model.COROUTINE, "main", MAIN) for number, name in enumerate(names)}
    for number, name in enumerate(children, at_once):
        tracks[number] = Track(number, name, Model.PROCESS, name, MAIN + number)
    writer, commit = len(tracks), len(tracks) + 1
    tracks[writer] = Track(writer, "writer-jsonl", Model.PROCESS, "writer-jsonl", 99)
    tracks[commit] = Track(commit, "commit", Model.COROUTINE, "main", MAIN)
    slices: list[Slice] = []
    places, free = [0.0] * at_once, [0.0] * parsers
    next_start, written = 0.0, 0.0
    parsed: dict[int, float] = {}

    def note(track: int, name: str, begin: float, took: float, row: int, *, waits: bool = False) -> float:
        slices.append(Slice(track, name, begin, begin + took, waits, (row,)))
        return begin + took

    for row in range(1, urls + 1):
        named_by = None if row == 1 else row - 1 if chain else 1
        place = min(range(at_once), key=places.__getitem__)
        begin = max(places[place], next_start, parsed[named_by] if named_by else 0.0)
        next_start = begin + delay
        places[place] = note(place, Activity.WAIT_FOR_ANSWER, begin, network, row, waits=True)
        parser = min(range(parsers), key=free.__getitem__)
        begin = max(places[place], free[parser])
        parsed[row] = free[parser] = note(at_once + parser, Activity.PARSE, begin, parse, row)
    waiting = sorted(parsed, key=parsed.__getitem__)
    while waiting:
        begin = max(written, parsed[waiting[0]])
        batch = [row for row in waiting[:256] if parsed[row] <= begin]
        waiting = waiting[len(batch) :]
        written = begin + write * len(batch)
        slices.append(Slice(writer, Activity.WRITE, begin, written, False, tuple(batch)))
        slices.append(
            Slice(commit, Activity.COMMIT, written, written + 0.00001 * len(batch), True, tuple(batch))
        )
        written = slices[-1].end
    slices.sort(key=lambda piece: piece.end)
    meta = {
        "cores": cores,
        "executor": executor,
        "workers": parsers,
        "concurrency": at_once,
        "loop_cpu_seconds": loop * urls,
        "settings": {},
    }

    def url_of(rows: Sequence[int]) -> dict[int, str]:
        return {row: f"{ORIGIN}/{row}" for row in rows}

    def all_slices() -> Iterator[Slice]:
        return iter(slices)

    trace = Trace(0.0, written, False, meta, tracks, all_slices, url_of, {})
    named = {
        row: FirstNamed(ORIGIN, None if row == 1 else row - 1 if chain else 1) for row in range(1, urls + 1)
    }
    return trace, named


def config(concurrency: int = 32, **politeness: float) -> Config:
    """The configuration of a crawl that has these limits."""
    values = {f"politeness.{key}": value for key, value in politeness.items()}
    return Config.load(None, {"seeds": [f"{ORIGIN}/1"], "fetch.concurrency": concurrency, **values})
