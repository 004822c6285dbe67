"""What was read of an inspected page, as people read it. Imports rich."""

import json
from collections import Counter

from rich.console import Console
from rich.table import Table
from rich.text import Text

from crawler.view.inspect.inspection import ExtractSeen, LinkSeen, PageSeen
from crawler.watch.narrow_view import is_narrow
from crawler.watch.units import size
from crawler.watch.words import counted, visible

SHOWN = 20
"""Links that are shown, unless all are asked for."""
_LINES_SHOWN = 30
"""Lines of what the extract function returned."""
_STYLES = {
    "follow": "green",
    "asset": "dim",
    "external": "dim",
    "not http": "dim",
    "malformed": "red",
}
"""Of a link's verdict; of any other, yellow."""

Row = tuple[str, Text]
"""A word for what it is, and that."""


def of_page(page: PageSeen, asked: str) -> list[Row]:
    """What was read, and what the page says of itself, for which the URL ``asked`` was asked for."""
    kind = page.content_type or "none was sent"
    if page.sniffed is not None:
        kind += f"; by its first bytes {page.sniffed}"
    coded = f", sent as {', '.join(page.content_encoding)}" if page.content_encoding else ""
    cut = " that were kept: it is longer than fetch.max_body" if page.truncated else ""
    rows = [("type", kind), ("body", f"{page.bytes:,} bytes ({size(page.bytes)}){cut}{coded}")]
    if page.charset is not None:
        rows.append(("charset", f"{page.charset}, by: {page.charset_by}"))
    told: list[tuple[str, str | None]] = [
        ("from", None if page.url == asked else f"{page.url}, by redirects that set a cookie"),
        ("title", page.title),
        ("canonical", page.canonical),
        ("base", page.base),
        ("robots", ", ".join(page.meta_robots) and f"<meta> says {', '.join(page.meta_robots)}"),
        ("robots", ", ".join(page.x_robots_tag) and f"X-Robots-Tag says {', '.join(page.x_robots_tag)}"),
    ]
    rows += [(name, value) for name, value in told if value]
    if page.text_length is not None:
        rows.append(("text", f"{page.text_length:,} characters"))
    return [(name, Text(visible(value))) for name, value in rows]


def show_links(links: list[LinkSeen], console: Console, most: int | None) -> None:
    """Print where the page leads: of many links the first; with None all of them."""
    counts = Counter(link.verdict for link in links)
    told = ", ".join(f"{count:,} {verdict}" for verdict, count in counts.most_common())
    console.print(Text.assemble(("references", "bold"), f": {told or 'none'}"), soft_wrap=True)
    shown = links[:most]
    table = Table.grid(padding=(0, 2))
    table.add_column(justify="right", min_width=8)
    table.add_column()
    table.add_column(overflow="fold")
    narrow = is_narrow(console.width)  # then there is no room for a column more
    for link in shown:
        place = f"{link.line}:{link.column}" if link.line else ""
        target = Text(visible(link.url or link.href))
        if link.reason and link.verdict not in ("asset", "external"):
            target.append(f" ({visible(link.reason)})", style="dim")
        if narrow:
            target.append(f" {link.source}", style="dim")
        source = [] if narrow else [Text(link.source, style="dim")]
        table.add_row(place, Text(link.verdict, _STYLES.get(link.verdict, "yellow")), target, *source)
    console.print(table)
    if len(shown) < len(links):
        console.print(Text(f"          and {len(links) - len(shown):,} more: --all", style="dim"))
    console.print()


def show_extract(extract: ExtractSeen, console: Console) -> None:
    """Print what the function returned, or how it failed."""
    console.print(Text(f"extract: {extract.function}", style="bold"))
    if extract.error is not None:
        text = Text("\n".join(map(visible, extract.error.splitlines())), style="red")
    else:
        value = None if extract.returned is None else json.loads(bytes(extract.returned))
        lines = json.dumps(value, indent=2, ensure_ascii=False).splitlines()
        more = [f"… and {counted(len(lines) - _LINES_SHOWN, 'line')} more: --json"]
        text = Text("\n".join([*map(visible, lines[:_LINES_SHOWN]), *more * (len(lines) > _LINES_SHOWN)]))
    console.print(text, soft_wrap=True)
    console.print()
