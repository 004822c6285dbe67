"""What a page shows of a trace: so many of its slices, in columns of numbers that a browser reads quickly."""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from crawler.trace.recorded import Model, Slice, Trace, Track
from crawler.view.timeline.source import Lines, Sources

MAX_URL = 200
"""Characters of a URL that are shown: a page of many long ones would be hard to load."""
_GRAINS = 10_000
"""Into so many moments a trace is divided, in order to find the one up to which it fits into a page."""
_STREET = ("lease", "state", "fetch_queue", "tickets", "fetch", "page", "parse", "finished", "writ", "commit")
"""How the names of workers and queues begin, along the street; what is none of them comes last."""
_MODELS = (Model.COROUTINE, Model.QUEUE, Model.THREAD, Model.PROCESS)


class Window(NamedTuple):
    """Seconds of a trace."""

    begin: float = 0.0
    end: float = float("inf")


ALL = Window()


class Kind(NamedTuple):
    """What many bars have in common."""

    name: str
    waits: bool
    lines: Lines | None
    function: str | None
    """Where it ran, as it is called; also where its source is not at hand."""


def fitting(trace: Trace, window: Window, limit: int) -> Window:
    """As much of ``window`` from its begin on as at most ``limit`` slices take, in whole moments."""
    end = min(window.end, trace.seconds)
    grain = max(end - window.begin, 1e-9) / _GRAINS
    counts = [0] * _GRAINS
    for each in _within(trace, Window(window.begin, end)):
        counts[min(int(max(each.begin - window.begin, 0) / grain), _GRAINS - 1)] += 1
    total = 0
    for number, count in enumerate(counts):
        total += count
        if total > limit:
            return Window(window.begin, window.begin + max(number, 1) * grain)
    return Window(window.begin, end)


def pack(trace: Trace, window: Window, sources: Sources) -> dict[str, Any]:
    """The slices of ``window``, row by row, as ``data.js`` reads them. ``sources`` learns their functions."""
    found: dict[int, list[Slice]] = {}
    for each in _within(trace, window):
        found.setdefault(each.track, []).append(each)
    tracks = sorted((trace.tracks[number] for number in found if number in trace.tracks), key=_place)
    kinds: dict[Kind, int] = {}
    kind_of: dict[object, int] = {}
    ids: dict[int, int] = {}
    bars: dict[str, list[Any]] = {"kind": [], "begin": [], "length": [], "cpu": [], "urls": []}
    for track in tracks:
        for each in sorted(found[track.id], key=lambda each: (each.begin, -each.end)):
            key = each.name, each.waits, each.where
            if key not in kind_of:
                kind_of[key] = kinds.setdefault(_kind(each, sources), len(kinds))
            bars["kind"].append(kind_of[key])
            bars["begin"].append(round(each.begin * 1e6))
            bars["length"].append(max(round((each.end - each.begin) * 1e6), 0))
            bars["cpu"].append(-1 if each.cpu is None else round(each.cpu * 1e6))
            about = [ids.setdefault(url, len(ids)) for url in each.urls]
            bars["urls"].append(about[0] if len(about) == 1 else about or -1)
    if all(cpu < 0 for cpu in bars["cpu"]):
        del bars["cpu"]
    urls = trace.url_of(list(ids))
    return {
        "tracks": [[t.name, t.model, t.process, t.pid, len(found[t.id])] for t in tracks],
        "still": sum(number not in found for number in trace.tracks),
        "kinds": [[k.name, int(k.waits), k.function, *(k.lines or (-1, 0, 0))] for k in kinds],
        "bars": bars,
        "urls": [_shortened(urls[number]) if number in urls else None for number in ids],
        "from": window.begin,
        "to": window.end,
    }


def _within(trace: Trace, window: Window) -> Iterator[Slice]:
    return (each for each in trace.slices() if each.end >= window.begin and each.begin <= window.end)


def _kind(each: Slice, sources: Sources) -> Kind:
    lines = sources.lines_of(each.where) if each.where else None
    function = f"{each.where.function} · {each.where.file}:{each.where.line}" if each.where else None
    return Kind(each.name, each.waits, lines, function)


def _place(track: Track) -> tuple[object, ...]:
    """The main process first; in each process along the street, and ``fetch-2`` before ``fetch-10``."""
    rank = next((n for n, begin in enumerate(_STREET) if track.name.startswith(begin)), len(_STREET))
    words = [(int(word), "") if word.isdigit() else (-1, word) for word in re.split(r"(\d+)", track.name)]
    process = (track.process != "main", track.process if track.process != "main" else "", track.pid)
    return *process, rank, _MODELS.index(track.model), words, track.id


def _shortened(url: str) -> str:
    half = MAX_URL // 2
    return url if len(url) <= MAX_URL else f"{url[:half]}…{url[-half + 1 :]}"
