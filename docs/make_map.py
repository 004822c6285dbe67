"""Draw ``docs/map.md`` from the code's own headers, and from what a crawl was seen to start.

``python -m docs`` writes it; a test compares it with what the code says now.
"""

import ast
from collections.abc import Iterable
from pathlib import Path

from docs.parsed import parsed

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "crawler"
KINDS = {
    "_task": "Coroutines",
    "_thread": "Threads",
    "_process": "Processes",
    "_pool": "Pools",
    "_queue": "Queues",
    "_pipe": "Pipes",
}
TELLING = ("chinese", "lessons", "tables")
"""Folders of the lab whose files are named after an experiment, and start nothing."""
PURPOSES = {
    ("process", "MainProcess", "ForkServerProcess-N"): "a parser: one for each core, with a pool of its own",
    ("process", "MainProcess", "forkserver"): "forks all other children",
    ("process", "MainProcess", "resource_tracker"): "multiprocessing's own: removes what killed ones leave",
    ("process", "MainProcess", "writer-SINK"): "writes one sink's file",
    ("thread", "ForkServerProcess-N", "end-with-parent"): "ends the process when its parent is gone",
    ("thread", "MainProcess", "FILE events"): "reads what a writer says, to the end of its pipe",
    (
        "thread",
        "MainProcess",
        "QueueFeederThread",
    ): "multiprocessing's own: writes a queue's items to its pipe",
    ("thread", "MainProcess", "Thread-N"): "the executor's own: manages a parser's process",
    (
        "thread",
        "MainProcess",
        "Thread-N (_do_shutdown)",
    ): "asyncio's own: waits for the default executor's end",
    ("thread", "MainProcess", "Thread-N (_monitor)"): "writes the log",
    ("thread", "MainProcess", "libuv-worker"): "uvloop's own",
    ("thread", "MainProcess", "live page"): "serves the live page, with `--dashboard`",
    ("thread", "MainProcess", "look-up"): "looks one host name up, and nobody waits for it at the end",
    ("thread", "MainProcess", "parse_N"): "sends a parser its pages, and waits for the results",
    ("thread", "MainProcess", "prestart"): "starts the fork server while the main thread imports",
    ("thread", "MainProcess", "parser-N ends"): "waits for the end of a parser's pool",
    ("thread", "MainProcess", "progress_thread"): "draws the progress",
    ("thread", "MainProcess", "state_N"): "owns `crawl.db`",
    ("thread", "MainProcess", "earlier_N"): "reads the generation before, where there is one",
    ("thread", "MainProcess", "trace"): "writes the trace, with `--trace`",
    ("thread", "MainProcess", "uvloop_N"): "the loop's default executor: calls that would block the loop",
    ("thread", "writer-SINK", "end-with-parent"): "ends the process when its parent is gone",
    ("thread", "writer-SINK", "pings"): "answers the main process while the disk is slow",
}
"""What for: by kind, the process that starts it, and name."""
FLOORS = [
    "cli",
    "testing",
    "check",
    "cluster",
    "comparison",
    "export",
    "lab",
    "engine",
    "frontier",
    "fetch",
    "parse",
    "write",
    "watch",
    "config",
    "sinks",
    "plumbing",
    "trace",
    "rules",
]
FLOORS += ["model"]


def docstring(path: Path) -> str:
    """The module's docstring, or an empty string."""
    return ast.get_docstring(parsed(path.read_text(encoding="utf-8"))) or ""


def first_sentence(text: str) -> str:
    """The docstring's first paragraph, on one line; of a station's header, its number and name."""
    return " ".join(text.split("\n\n")[0].partition(". In: ")[0].split())


def link(path: Path) -> str:
    """A Markdown link to a source file."""
    name = path.relative_to(ROOT).as_posix()
    return f"[`{name}`](../{name})"


def make(started: Iterable[tuple[str, ...]]) -> str:
    """The whole page; ``started`` is what :func:`tests.walk.started` returns."""
    sources = sorted(PACKAGE.rglob("*.py"))
    lines = [
        "# The map",
        "",
        "Made by `docs/make_map.py` from the headers of the code and from what a crawl was seen to start;",
        "a test checks that it is current.",
        "",
        "## The four stations",
        "",
        "![The four stations and what passes between them](drawings/street.svg)",
        "",
    ]
    stations = sorted((text, path) for path in sources if (text := docstring(path)).startswith("Station "))
    for text, path in stations:
        header = text.split("\n\n")[0]
        lines += [link(path), "", "```", header, "```", ""]
    lines += ["## Who runs what", "", "The suffix of a file's name says who runs it.", ""]
    lines += ["![Coroutines, threads and processes, room by room](drawings/processes.svg)", ""]
    for suffix, kind in KINDS.items():
        owners = [path for path in sources if path.stem.endswith(suffix) and path.parent.name not in TELLING]
        if owners:
            lines += [f"### {kind}", ""]
            lines += [f"- {link(path)}: {first_sentence(docstring(path))}" for path in owners]
            lines += [""]
    lines += ["### What runs in a live crawl", ""]
    lines += [
        "Seen in a crawl with two sinks, not read off the code. The main thread runs the event loop.",
        "",
    ]
    lines += ["| kind | name | started in | by | what for |", "| --- | --- | --- | --- | --- |"]
    for kind, process, name, file in started:
        purpose = PURPOSES[kind, process, name]
        lines += [
            f"| {kind} | {name} | {process} | {link(PACKAGE / file) if file else 'its library'} | {purpose} |"
        ]
    lines += [""]
    lines += ["## The floors", "", "A floor imports only lower ones.", ""]
    for room in FLOORS:
        text = docstring(PACKAGE / room / "__init__.py")
        lines += [f"- `crawler/{room}/`: {first_sentence(text)}"]
    return "\n".join(lines) + "\n"
