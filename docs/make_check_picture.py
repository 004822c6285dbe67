"""What ``crawler check`` prints at a terminal, as the picture in the README.

``python -m docs.make_check_picture`` checks the annex of the fixture site, which is full of faults, and draws
what is printed, of each rule the first finding; in the place of the others stands an ellipsis. It is no part
of ``python -m docs``, since the picture has the time in it.
"""

import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

from rich.text import Text

from crawler.lab.site.site_process import SiteProcess
from docs import DOCS
from docs.terminal import draw, printed

PICTURE = DOCS / "assets" / "check.svg"
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


if __name__ == "__main__":
    with SiteProcess(PORT, annex=True) as site, tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "annex"
        text = printed("check", site.url, "-o", out, "--no-progress").replace(str(out), "crawls/annex")
    picture = draw(f"crawler check http://127.0.0.1:{PORT}/", shortened(text), name="check")
    PICTURE.write_text(picture, encoding="utf-8")
