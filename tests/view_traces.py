"""Traces made by hand, as a crawl of so many pages would leave them; not measured, so always the same."""

import ast
import heapq
from collections.abc import Iterator
from pathlib import Path

import crawler
from crawler.trace.recorded import Model, Slice, Trace, Track, Where
from docs.parsed import parsed

PACKAGE = Path(crawler.__file__).parent
MAIN, CHILD, WRITER = 4000, 4001, 4009


def where(file: str, function: str, words: str) -> Where:
    """The first line with ``words`` in that function, as it is written now."""
    text = (PACKAGE / file).read_text("utf-8")
    found = [
        node
        for node in ast.walk(parsed(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == function
    ]
    first, last = found[0].lineno, found[0].end_lineno or 0
    for number, line in enumerate(text.splitlines(), 1):
        if first <= number <= last and words in line:
            return Where(file, function, number)
    raise AssertionError(f"{file}: {function} has no {words!r}")


def tracks(fetchers: int, parsers: int) -> dict[str, Track]:
    rows = [("page_queue", Model.QUEUE, "main", MAIN), ("lease", Model.COROUTINE, "main", MAIN)]
    rows += [(f"fetch-{n}", Model.COROUTINE, "main", MAIN) for n in range(fetchers)]
    rows += [("commit", Model.COROUTINE, "main", MAIN), ("state", Model.THREAD, "main", MAIN)]
    rows += [(f"parser-{n}", Model.PROCESS, f"parser-{n}", CHILD + n) for n in range(parsers)]
    rows += [
        ("writer-jsonl", Model.PROCESS, "writer-jsonl", WRITER),
        ("idle-one", Model.THREAD, "main", MAIN),
    ]
    return {name: Track(n, name, *more) for n, (name, *more) in enumerate(rows, 1)}


def steps() -> dict[str, Where]:
    fetcher = "fetch/fetcher.py"
    return {
        "wait for the answer": where(fetcher, "_ask", "WAIT_FOR_ANSWER"),
        "read": where(fetcher, "_ask", "Activity.READ"),
        "wait for a parser": where("fetch/fetch_task.py", "fetch_task", "WAIT_FOR_PARSER"),
        "idle": where("fetch/fetch_task.py", "fetch_task", "step.leave()"),
        "parsing": where("parse/parse_task.py", "parse_task", "Activity.PARSE"),
        "write a batch": where("write/writer_process.py", "_serve", "Activity.WRITE"),
        "syncing": where("write/writer_process.py", "_serve", "Activity.SYNC"),
        "committing": where("write/commit_task.py", "_commit_batches", "Activity.COMMIT"),
    }


def slices(pages: int, fetchers: int, parsers: int, parse: float) -> Iterator[Slice]:
    """Every page is asked for, read, waits for a parser, is parsed, is written and committed by eights."""
    rows, at = tracks(fetchers, parsers), steps()
    free = [(0.0, n) for n in range(fetchers)]
    idle = [0.0] * parsers
    found: list[Slice] = []

    def note(row: str, name: str, begin: float, end: float, waits: bool, *urls: int) -> float:
        cpu = (end - begin) * 0.9 if name == "parsing" else None
        found.append(Slice(rows[row].id, name, begin, end, waits, urls, at.get(name), cpu))
        return end

    batch: list[int] = []
    for page in range(1, pages + 1):
        now, number = heapq.heappop(free)
        who = f"fetch-{number}"
        now = note(who, "idle", now, now + 0.0002, True)
        now = note(who, "wait for the answer", now, now + 0.004 + page % 7 * 0.001, True, page)
        now = note(who, "read", now, now + 0.0008, False, page)
        parser = min(range(parsers), key=lambda n: idle[n])
        begins = max(now, idle[parser])
        note("page_queue", "page_queue", now, begins, True, page)
        if begins - now > 0.01:
            now = note(who, "wait for a parser", now, begins - 0.01, True, page)
        heapq.heappush(free, (now, number))
        idle[parser] = note(
            f"parser-{parser}", "parsing", begins, begins + parse + page % 5 * 3e-4, False, page
        )
        batch.append(page)
        if len(batch) == 8 or page == pages:
            end = note("writer-jsonl", "write a batch", idle[parser], idle[parser] + 0.001, False, *batch)
            end = note("writer-jsonl", "syncing", end, end + 0.002, True, *batch)
            note("commit", "committing", end, end + 0.0015, False, *batch)
            batch.clear()
    return iter(sorted(found, key=lambda each: each.end))


def trace(
    pages: int = 60, *, fetchers: int = 6, parsers: int = 2, parse: float = 0.002, **more: object
) -> Trace:
    """One trace; ``more`` are further attributes of it."""
    made = list(slices(pages, fetchers, parsers, parse))
    end = max((each.end for each in made), default=0.0)
    meta = {
        "executor": "process",
        "workers": parsers,
        "concurrency": fetchers,
        "cores": 2,
        "python": "3.11.2",
    }
    values = {
        "started_at": 1_700_000_000.0,
        "seconds": end,
        "is_cut_off": False,
        "meta": meta,
        "tracks": {each.id: each for each in tracks(fetchers, parsers).values()},
        "slices": lambda: iter(made),
        "url_of": lambda ids: {each: f"http://127.0.0.1:8000/books/{each}.html" for each in ids},
        "counters": {"committed": ((0.0, 0.0), (end, float(pages)))},
    }
    return Trace(**(values | more))  # type: ignore[arg-type]
