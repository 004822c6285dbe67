"""What ``crawler inspect`` prints of a page of the fixture site, as a picture.

``python -m docs.make_inspect_picture`` writes it. It is no part of ``python -m docs``, since the picture has
the time in it. ``books`` below is the extract function that is shown at work.
"""

from io import StringIO
from typing import Any

from rich.console import Console
from rich.text import Text

from crawler.config import Config
from crawler.lab.site.site_process import SiteProcess
from crawler.parse.extract_page import ExtractPage
from crawler.view.inspect.inspecting import inspect
from crawler.view.inspect.words import show
from docs import DOCS

PICTURE = DOCS / "assets" / "inspect.svg"
COLUMNS = 110
PORT = 8000
"""That of ``crawler serve``."""
PATH = "catalogue.html#new"
"""It redirects."""
LINKS = 9


def books(page: ExtractPage) -> dict[str, Any]:
    """How many books a page offers, and its first price."""
    found = page.css(".price")
    return {"title": page.title, "books": len(found), "first price": found[0].text if found else None}


def draw(site: str) -> str:
    """As SVG, what is printed of a page of the fixture site, which is served at ``site``."""
    url, spec = f"{site}{PATH}", f"{__spec__.name if __spec__ else 'docs.make_inspect_picture'}:books"
    command = f"crawler inspect '{url}' --exclude /letters/ --extract {spec}"
    seen = inspect(url, Config(scope={"exclude": ["/letters/"]}, parse={"extract": spec}))
    console = Console(
        record=True, width=COLUMNS, file=StringIO(), force_terminal=True, color_system="truecolor",
        highlight=False,
    )  # fmt: skip
    console.print(Text(f"$ {command}", style="bold"))
    show(seen, console, most_links=LINKS)
    return console.export_svg(title="crawler inspect", unique_id="inspect")


if __name__ == "__main__":
    with SiteProcess(PORT) as served:
        PICTURE.write_text(draw(served.url), encoding="utf-8")
