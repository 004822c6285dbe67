"""Draw ``docs/map.md`` from the code's own headers: the stations, and who starts what.

``python docs/make_map.py`` writes it; ``--print`` prints it (a test compares the two).
"""

import ast
import sys
from pathlib import Path

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
FLOORS = [
    "cli",
    "lab",
    "engine",
    "frontier",
    "fetch",
    "parse",
    "write",
    "watch",
    "plumbing",
    "trace",
    "rules",
]
FLOORS += ["config", "model"]


def docstring(path: Path) -> str:
    """The module's docstring, or an empty string."""
    return ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""


def first_sentence(text: str) -> str:
    """The docstring's first paragraph, on one line; of a station's header, its number and name."""
    return " ".join(text.split("\n\n")[0].partition(". In: ")[0].split())


def link(path: Path) -> str:
    """A Markdown link to a source file."""
    name = path.relative_to(ROOT).as_posix()
    return f"[`{name}`](../{name})"


def make() -> str:
    """The whole page."""
    sources = sorted(PACKAGE.rglob("*.py"))
    lines = [
        "# The map",
        "",
        "Made by `docs/make_map.py` from the headers of the code; a test checks that it is current.",
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
        owners = [path for path in sources if path.stem.endswith(suffix)]
        if owners:
            lines += [f"### {kind}", ""]
            lines += [f"- {link(path)}: {first_sentence(docstring(path))}" for path in owners]
            lines += [""]
    lines += ["## The floors", "", "A floor imports only lower ones.", ""]
    for room in FLOORS:
        text = docstring(PACKAGE / room / "__init__.py")
        lines += [f"- `crawler/{room}/`: {first_sentence(text)}"]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    if "--print" in sys.argv:
        sys.stdout.write(make())
    else:
        (ROOT / "docs" / "map.md").write_text(make(), encoding="utf-8")
