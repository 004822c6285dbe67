"""What a command prints at a terminal, and a picture of that."""

import os
import pty
import re
import subprocess
import sys
from collections.abc import Iterable
from io import StringIO
from pathlib import Path

from rich.console import Console
from rich.text import Text

COLUMNS, NARROW_COLUMNS = 100, 48
"""Of a terminal whose picture is read on a screen, and on a telephone."""


def printed(*arguments: object, cwd: Path | None = None, columns: int = COLUMNS) -> str:
    """All that ``crawler ARGUMENTS`` sends to a terminal, without the links in it."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "crawler", *map(str, arguments)]
    environment = os.environ | {"COLUMNS": str(columns), "TERM": "xterm-256color"}
    environment["PYTHONPATH"] = f"{Path(__file__).parents[1]}"  # wherever it runs
    with subprocess.Popen(command, stdout=theirs, stderr=theirs, env=environment, cwd=cwd) as process:
        os.close(theirs)
        pieces = []
        try:
            while piece := os.read(ours, 65_536):
                pieces.append(piece)
        except OSError:  # the terminal is gone with the last one who has it open
            pass
        process.wait()
    os.close(ours)
    text = b"".join(pieces).decode().replace("\r\n", "\n")
    return re.sub(r"\x1b\]8;[^\x1b\x07]*(?:\x1b\\|\x07)", "", text)


def draw(command: str, lines: Iterable[str], *, name: str, columns: int = COLUMNS) -> str:
    """As SVG: a terminal in which ``command`` was typed. ``name`` keeps its styles apart from others'."""
    console = Console(
        record=True, width=columns, file=StringIO(), force_terminal=True, color_system="truecolor"
    )
    console.print(Text(f"$ {command}", style="bold"))
    for line in lines:
        console.print(Text.from_ansi(line))
    return console.export_svg(title=f"crawler {name}", unique_id=name)
