"""Draw ``docs/map.md`` from the code's own headers, and from what a crawl was seen to start.

``python -m docs`` writes it; a test compares it with what the code says now.
"""

import ast
from pathlib import Path

from docs.drawing.kept import Kept
from docs.drawing.words import purpose
from docs.make_drawings import picture
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


def make(seen: Kept) -> str:
    """The whole page, with what a crawl was seen to start."""
    sources = sorted(PACKAGE.rglob("*.py"))
    lines = [
        "# The map",
        "",
        "Made by `docs/make_map.py` from the headers of the code and from what a crawl was seen to start;",
        "a test checks that it is current.",
        "",
        "## The four stations",
        "",
        *picture("street"),
        "",
    ]
    stations = sorted((text, path) for path in sources if (text := docstring(path)).startswith("Station "))
    for text, path in stations:
        header = text.split("\n\n")[0]
        lines += [link(path), "", "```", header, "```", ""]
    lines += ["## Who runs what", "", "The suffix of a file's name says who runs it.", ""]
    for suffix, kind in KINDS.items():
        owners = [path for path in sources if path.stem.endswith(suffix) and path.parent.name not in TELLING]
        if owners:
            lines += [f"### {kind}", ""]
            lines += [f"- {link(path)}: {first_sentence(docstring(path))}" for path in owners]
            lines += [""]
    lines += ["### What runs in a live crawl", ""]
    lines += [
        "Seen in a crawl, not read off the code: of a small site with a host name, with two sinks, a trace",
        "and the live page, and then once more for what has changed. N stands for a number. Other crawls",
        "start a little more: a frontier that nodes share, for instance, or one too large for the memory.",
        "",
        *picture("processes"),
        "",
    ]
    lines += ["| kind | name | runs or starts in | by | what for |", "| --- | --- | --- | --- | --- |"]
    for row in seen.started:
        process = ", ".join(filter(None, (row["process"], row["thread"])))
        file = link(PACKAGE / row["file"]) if row["file"] else "its library"
        said = purpose(row["process"], row["name"])
        lines += [f"| {row['kind']} | {row['name']} | {process} | {file} | {said} |"]
    lines += [""]
    lines += ["## The floors", "", "A floor imports only lower ones.", ""]
    for room in FLOORS:
        text = docstring(PACKAGE / room / "__init__.py")
        lines += [f"- `crawler/{room}/`: {first_sentence(text)}"]
    return "\n".join(lines) + "\n"
