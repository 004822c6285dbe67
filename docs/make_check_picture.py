"""What ``crawler check`` prints at a terminal, as the picture in the README.

``python -m docs.make_check_picture`` checks the annex of the fixture site, which is full of faults, and draws
what is printed, of each rule the first finding; in the place of the others stands an ellipsis. It is no part
of ``python -m docs``, since the picture has the time in it.
"""

import os
import pty
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

from rich.console import Console
from rich.text import Text

from crawler.lab.site.site_process import SiteProcess
from docs.build_site import DOCS

PICTURE = DOCS / "assets" / "check.svg"
COLUMNS = 100
PORT = 8000
"""That of ``crawler serve``."""


def printed(url: str, out: Path) -> str:
    """All that a terminal is sent."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "crawler", "check", url, "-o", str(out), "--no-progress"]
    environment = os.environ | {"COLUMNS": str(COLUMNS), "TERM": "xterm-256color"}
    with subprocess.Popen(command, stdout=theirs, stderr=theirs, env=environment) as process:
        os.close(theirs)
        pieces = []
        try:
            while piece := os.read(ours, 65_536):
                pieces.append(piece)
        except OSError:  # the terminal is gone with the last one who has it open
            pass
        process.wait()
    os.close(ours)
    return b"".join(pieces).decode().replace("\r\n", "\n").replace(str(out), "crawls/annex")


def shortened(text: str) -> Iterator[str]:
    """The lines, of each rule the first finding only."""
    told = set[str]()
    for paragraph in text.strip("\n").split("\n\n"):
        found = re.search(r"^ +(?:error|warning)  (\S+)", Text.from_ansi(paragraph).plain, re.MULTILINE)
        if found is None or found[1] not in told:
            yield from ("", *paragraph.split("\n"))
        elif f"{found[1]} …" not in told:
            told.add(f"{found[1]} …")
            yield "    …"
        told |= {found[1]} if found else set()


def draw(text: str) -> str:
    """As SVG, without the links."""
    plain = re.sub(r"\x1b\]8;[^\x1b\x07]*(?:\x1b\\\\|\x07)", "", text)
    console = Console(
        record=True, width=COLUMNS, file=StringIO(), force_terminal=True, color_system="truecolor"
    )
    console.print(Text(f"$ crawler check http://127.0.0.1:{PORT}/", style="bold"))
    for line in shortened(plain):
        console.print(Text.from_ansi(line))
    return console.export_svg(title="crawler check", unique_id="check")


if __name__ == "__main__":
    with SiteProcess(PORT, annex=True) as site, tempfile.TemporaryDirectory() as folder:
        PICTURE.write_text(draw(printed(site.url, Path(folder) / "annex")), encoding="utf-8")
