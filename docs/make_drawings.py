"""Draw the street and its processes from the code's own headers, as SVG in ``docs/drawings/``.

``python -m docs`` writes both; a test compares them with what the code says now. The
street comes from the stations' headers (what goes in, what comes out, what runs it); the other
drawing puts every suffixed file of the rooms that a crawl uses where its suffix says that it runs.
"""

import re
import textwrap
from html import escape
from pathlib import Path
from typing import NamedTuple

from docs.make_map import KINDS, PACKAGE, docstring

DRAWINGS = Path(__file__).parent / "drawings"
FONT = "system-ui, 'Noto Sans', 'DejaVu Sans', Arial, sans-serif"
STYLE = """
  .back{fill:#ffffff;stroke:#c9ced6} text{font-family:FONT;font-size:13px;fill:#1f2430}
  .name{font-weight:700;font-size:15px} .small{font-size:11.5px;fill:#4d5566}
  .edge{font-size:12px;font-weight:600}
  .frame{fill:none;stroke:#8a93a5;stroke-dasharray:5 4} .line{fill:none;stroke:#4d5566;stroke-width:1.6}
  .head{fill:#4d5566} .task{fill:#dcebfa;stroke:#2b6cb0} .thread{fill:#fdebc8;stroke:#a86b00}
  .process{fill:#e3f3dc;stroke:#3d7a26} .pool{fill:#e3f3dc;stroke:#3d7a26} .store{fill:#eef0f4;stroke:#6b7385}
  .queue,.pipe{fill:#f3e3f3;stroke:#8a3f8a}
  @media (prefers-color-scheme: dark) {
    .back{fill:#171a21;stroke:#3a4150} text{fill:#e8ebf2} .small{fill:#b4bccb}
    .frame{stroke:#7a8498} .line{stroke:#b4bccb} .head{fill:#b4bccb} .task{fill:#17324d;stroke:#6aa9e0}
    .thread{fill:#46340f;stroke:#e0ab4a} .process,.pool{fill:#1e3a16;stroke:#7cc15f}
    .store{fill:#262b36;stroke:#8a93a5}
    .queue,.pipe{fill:#3d2340;stroke:#cf8fcf}
  }""".replace("FONT", FONT)
HEADER = re.compile(
    r"Station (?P<number>\d) of 4, (?P<name>\w+)\. In: (?P<taken>.+?)\. Out: (?P<given>.+?)\. "
    r"Runs as: (?P<runs>.+?)\. Stops when: .+?\. Fails as: (?P<fails>.+?)\."
)
ROOMS = ("frontier", "fetch", "parse", "write", "watch", "plumbing")
COLUMNS = (
    ("Coroutines, in one event loop", ("_task",)),
    ("Threads", ("_thread",)),
    ("Pools, queues, pipes", ("_pool", "_queue", "_pipe")),
    ("Child processes", ("_process",)),
)


class Station(NamedTuple):
    """What a station's header says."""

    name: str
    file: str
    taken: str
    given: list[str]
    runs: str
    fails: str


def stations() -> list[Station]:
    """The four, in their order."""
    found = {}
    for path in PACKAGE.rglob("*_task.py"):
        header = HEADER.fullmatch(" ".join(docstring(path).split("\n\n")[0].split()))
        if header:
            name = f"{header['number']} · {header['name']}"
            file = path.relative_to(PACKAGE).as_posix()
            given = header["given"].split(", ")
            found[name] = Station(name, file, header["taken"], given, header["runs"], header["fails"])
    return [found[name] for name in sorted(found)]


# -- pieces --------------------------------------------------------------------------------------


def text(x: float, y: float, said: str, kind: str = "", anchor: str = "start") -> str:
    """One line of text."""
    return f'<text x="{x:g}" y="{y:g}" class="{kind}" text-anchor="{anchor}">{escape(said)}</text>'


def box(x: float, y: float, width: float, height: float, kind: str, radius: float = 8) -> str:
    """A rectangle."""
    return f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="{radius:g}" class="{kind}"/>'


def arrow(*points: tuple[float, float]) -> str:
    """A line through ``points``, with a head at its end."""
    path = " ".join(f"{x:g},{y:g}" for x, y in points)
    return f'<polyline points="{path}" class="line" marker-end="url(#head)"/>'


def lines(x: float, y: float, said: str, width: int, kind: str = "small", most: int = 9) -> list[str]:
    """Text wrapped after ``width`` characters."""
    wrapped = textwrap.wrap(said, width, max_lines=most, placeholder=" …")
    return [text(x, y + 15 * number, line, kind) for number, line in enumerate(wrapped)]


def svg(width: int, height: int, title: str, parts: list[str]) -> str:
    """The whole drawing."""
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img"'
            f' width="{width}" height="{height}">',
            f"<title>{escape(title)}</title>",
            f"<style>{STYLE}\n</style>",
            '<defs><marker id="head" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="8" markerHeight="8"'
            ' orient="auto"><path d="M0,0 L10,5 L0,10 z" class="head"/></marker></defs>',
            box(0.5, 0.5, width - 1, height - 1, "back", 10),
            *parts,
            "</svg>",
            "",
        ]
    )


# -- drawings --------------------------------------------------------------------------------------


def street() -> str:
    """The four stations, what goes from one to the next, and what goes back to the frontier."""
    wide, gap, left, top, high = 196, 112, 24, 60, 190
    found = stations()
    parts = [text(left, 32, "The street: one way, from the frontier to the disk", "name")]
    floor = top + high + 92
    full = len(found) * wide + (len(found) - 1) * gap
    parts += [
        box(left, floor, full, 64, "store"),
        text(left + 12, floor + 26, "the frontier", "name"),
        text(left + 12, floor + 46, "what to fetch next, when; one thread owns crawl.db", "small"),
    ]
    for number, station in enumerate(found):
        x = left + number * (wide + gap)
        parts += [
            box(x, top, wide, high, "task"),
            text(x + 12, top + 26, station.name, "name"),
            text(x + 12, top + 45, station.file, "small"),
            *lines(x + 12, top + 70, f"Runs as: {station.runs}", 26, most=4),
            *lines(x + 12, top + 142, f"Fails as: {station.fails}", 26, most=3),
        ]
        if station.taken == "the frontier":
            parts.append(arrow((x + 40, floor), (x + 40, top + high + 4)))
            parts.append(text(x + 50, floor - 36, "leases", "edge"))
        for place, given in enumerate(station.given):
            what, _, where = given.partition(" to ")
            if where == "the frontier":
                down = x + wide / 2 + 40 * place - 20
                parts.append(arrow((down, top + high), (down, floor - 4)))
                parts.append(text(down + 10, floor - 36, what, "edge"))
            else:
                start, end = x + wide, x + wide + gap
                parts += [
                    arrow((start, top + 86), (end - 3, top + 86)),
                    text(start + gap / 2, top + 76, what, "edge", "middle"),
                    box(start + 3, top + 96, gap - 10, 22, "queue", 11),
                    text(start + gap / 2 - 2, top + 111, where.replace("_", " "), "small", "middle"),
                ]
    return svg(
        full + 2 * left, floor + 88, "The four stations of a crawl and what passes between them", parts
    )


def processes() -> str:
    """Every file that starts or is a coroutine, thread, process, pool, queue or pipe: room by column."""
    wide, left, top, label = 232, 24, 96, 84
    parts = [text(left, 32, "Who runs what: the suffix of a file's name says it", "name")]
    y = float(top)
    for room in ROOMS:
        cells = [
            [path for path in sorted((PACKAGE / room).glob("*.py")) if path.stem.endswith(suffixes)]
            for _, suffixes in COLUMNS
        ]
        high = 58 * max(map(len, cells)) + 8
        parts.append(text(left, y + 30, room, "name"))
        for column, paths in enumerate(cells):
            for row, path in enumerate(paths):
                parts += chip(path, left + label + column * wide + 10, y + 58 * row + 6, wide - 20)
        y += high
        parts.append(
            f'<line x1="{left}" x2="{left + label + 4 * wide}" y1="{y:g}" y2="{y:g}" class="frame"/>'
        )
    inside = left + label
    parts += [
        text(inside + column * wide + wide / 2, top - 8, title, "edge", "middle")
        for column, (title, _) in enumerate(COLUMNS)
    ]
    parts += [
        box(inside, top - 44, 3 * wide - 4, y - top + 56, "frame"),
        text(inside + 1.5 * wide, top - 28, "the main process", "small", "middle"),
        box(inside + 3 * wide + 4, top - 44, wide - 4, y - top + 56, "frame"),
        text(inside + 3.5 * wide, top - 28, "outside the main process", "small", "middle"),
    ]
    return svg(
        left + label + 4 * wide + left, int(y) + 30, "Coroutines, threads and processes, room by room", parts
    )


def chip(path: Path, x: float, y: float, width: float) -> list[str]:
    """One file, with the beginning of what it says of itself."""
    kind = next(suffix for suffix in KINDS if path.stem.endswith(suffix))
    said = re.split(r"(?<=\w)[.:](?:\s|$)", " ".join(docstring(path).replace("``", "").split()), maxsplit=1)[
        0
    ]
    if header := HEADER.match(" ".join(docstring(path).split())):
        said = f"station {header['number']}, {header['name']}: {header['runs']}"
    said = re.sub(r":\w+:`([^`]+)`", r"\1", said)
    return [
        box(x, y, width, 52, kind.removeprefix("_")),
        text(x + 10, y + 17, path.stem),
        *lines(x + 10, y + 32, said, 31, most=2),
    ]


DRAWN = {"street.svg": street, "processes.svg": processes}
