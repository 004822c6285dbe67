"""What ``crawler check`` prints at a terminal, as the picture in the README.

``python -m docs.make_screenshots check.svg`` checks the annex of the fixture site, which is full of faults,
and draws what is printed, of each rule the first finding; in the place of the others stands an ellipsis.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from rich.text import Text

from crawler.lab.site.site_process import SiteProcess
from docs.terminal import COLUMNS, draw, printed

PORT = 8000
"""That of ``crawler serve``."""


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


def take(folder: Path, columns: int = COLUMNS) -> str:
    """The picture, as SVG; the check is kept in ``folder``."""
    with SiteProcess(PORT, annex=True) as site:
        text = printed("check", site.url, "-o", "crawls/annex", "--no-progress", cwd=folder, columns=columns)
    return draw(f"crawler check http://127.0.0.1:{PORT}/", shortened(text), name="check", columns=columns)
