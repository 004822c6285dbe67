"""The report for browsers: one page without any outside resource.

Everything of a site is escaped, and a Content-Security-Policy allows the page's own style and script alone,
told by their hashes, so that nothing in a title could run even if it were not.
"""

from collections import Counter
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import TextIO

from crawler.comparison.comparing import Comparison
from crawler.comparison.difference import Difference, What
from crawler.comparison.reports.page_item import item
from crawler.comparison.reports.words import SORTS, besides, of_side, result
from crawler.watch.one_file_page import policy, text_of
from crawler.watch.report_asked import Report
from crawler.watch.words import visible

MOST = 2_000
"""Differences of a sort that are in the page."""
MOST_CHARACTERS = 8_000_000
"""Of all differences: what a browser opens at once."""
_HERE = Path(__file__).parent


class Writer:
    """Collects what is in the page, and writes it when the totals are known, which come first."""

    def __init__(self, comparison: Comparison, stream: TextIO, _verbose: bool) -> None:
        self._comparison, self._stream = comparison, stream
        self._items: dict[What, list[str]] = {what: [] for what in SORTS}
        self._counts = Counter[What]()
        self._room = MOST_CHARACTERS

    def add(self, difference: Difference) -> None:
        """Take it in, while there is room for it."""
        what = difference.what
        self._counts[what] += 1
        if self._room > 0 and len(self._items[what]) < MOST:
            made = item(difference)
            self._room -= len(made)
            self._items[what].append(made)

    def finish(self, _files: Sequence[Report]) -> None:
        """Write the page."""
        totals, comparison = self._comparison.totals, self._comparison
        style, script = text_of(_HERE, "page.css"), text_of(_HERE, "page.js")
        title = f"Crawl comparison: {result(totals)}"
        write = self._stream.write
        write(
            '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
            f'<meta http-equiv="Content-Security-Policy" content="{policy(style, script)}">\n'
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
            '<meta name="referrer" content="no-referrer">\n'
            f"<title>{escape(title)}</title>\n<style>{style}</style>\n</head>\n<body>\n<main>\n"
            f"<h1>{escape(title)}</h1>\n"
        )
        write('<dl class="sides">')
        for label, side in (("old", comparison.old), ("new", comparison.new)):
            write(f"<dt>{label}</dt><dd>{escape(visible(side.name))} ")
            write(f'<span class="dim">{escape(visible(of_side(side)))}</span></dd>')
        write("</dl>\n")
        write("".join(f'<p class="note">{escape(visible(note))}</p>\n' for note in comparison.notes()))
        if said := besides(totals):
            write(f'<p class="dim">{escape("; ".join(said))}</p>\n')
        if self._counts:
            self._write_form()
        for what, count in self._counts.items():
            self._write_section(what, count)
        write(f"</main>\n{f'<script>{script}</script>' if self._counts else ''}\n</body>\n</html>\n")

    def _write_form(self) -> None:
        boxes = "".join(
            f'<label><input type="checkbox" name="sort" value="{what}" checked>{SORTS[what]}</label>'
            for what in self._counts
        )
        self._stream.write(
            '<form hidden role="search"><label>Filter <input type="search" name="words"'
            ' placeholder="URL, title or text" autocomplete="off"></label>'
            f"<fieldset><legend>Sorts of difference</legend>{boxes}</fieldset>"
            '<button type="button" id="open">Open all</button>'
            '<button type="button" id="close">Close all</button>'
            '<output id="told" class="dim" aria-live="polite"></output></form>\n'
        )

    def _write_section(self, what: What, count: int) -> None:
        items = self._items[what]
        self._stream.write(f'<section class="{what}">\n<h2>{count:,} {SORTS[what]}</h2>\n')
        if count > len(items):
            words = f"The first {len(items):,} are here; the JSON report has all of them."
            self._stream.write(f'<p class="note">{words}</p>\n')
        self._stream.write('<ul class="pages">\n')
        for made in items:
            self._stream.write(made)
        self._stream.write("</ul>\n</section>\n")
