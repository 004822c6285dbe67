"""One difference as an entry of the page for browsers. All that a site has written is escaped here."""

from collections.abc import Iterator, Sequence
from html import escape

from crawler.comparison.difference import Difference, What
from crawler.comparison.reports.words import first, short, value, why_gone
from crawler.watch.words import counted, visible

MOST_LINKS = 200
"""Of a page, added and gone each."""
MOST_TEXT = 200
"""Lines of a text's diff."""
_CLOSED_FROM = 30
"""Lines from which on an entry is closed at first."""


def item(difference: Difference) -> str:
    """The entry."""
    body = "".join(_body(difference))
    head = link(difference.old_url if difference.what is What.MOVED else difference.url)
    if difference.what is What.GONE:
        head += f'<span class="tag">{escape(why_gone(difference))}</span>'
    elif difference.what is What.MOVED:
        answer = "" if difference.status is None else f'<span class="tag">there: {difference.status}</span>'
        head += f"{answer}<br>→ {link(difference.url)}"
    elif difference.fields:
        head += f'<span class="tag">{", ".join(difference.fields)}</span>'
    if not body:
        return f"<li>{head}</li>\n"
    lines = len(difference.text) + len(difference.links_added) + len(difference.links_gone)
    is_open = " open" if lines < _CLOSED_FROM else ""
    return f"<li><details{is_open}><summary>{head}</summary>{body}</details></li>\n"


def link(url: str | None) -> str:
    """A URL to be followed, if it is one; by path it is none."""
    shown = escape(short(url or ""))
    if url is None or not url.startswith(("http://", "https://")):
        return f"<code>{shown}</code>"
    return f'<a href="{escape(url)}" rel="noreferrer noopener">{shown}</a>'


def _body(difference: Difference) -> Iterator[str]:
    if difference.changes:
        yield '<table class="fields"><thead><tr><th scope="col">what</th><th scope="col">old</th>'
        yield '<th scope="col">new</th></tr></thead><tbody>'
        for change in difference.changes:
            old, new = value(change, is_old=True), value(change, is_old=False)
            yield f'<tr><th scope="row">{change.field}</th>'
            yield f'<td data-of="old" class="value"><del>{escape(old)}</del></td>'
            yield f'<td data-of="new" class="value"><ins>{escape(new)}</ins></td></tr>'
        yield "</tbody></table>"
    yield from _links("added", difference.links_added)
    yield from _links("gone", difference.links_gone)
    if difference.text:
        yield from _text(difference.text)
    if difference.text_note:
        yield f'<p class="dim">The text has changed; {escape(visible(difference.text_note))}.</p>'
    if difference.is_content_changed:
        yield '<p class="dim">It has changed in what is not text.</p>'


def _links(label: str, links: Sequence[str]) -> Iterator[str]:
    if links:
        some, more = first(links, MOST_LINKS)
        yield f"<p>{counted(len(links), 'link')} {label}:</p><ul>"
        yield from (f"<li>{link(each)}</li>" for each in some)
        yield f"</ul>{f'<p class=dim>and {more:,} more</p>' if more else ''}"


def _text(lines: Sequence[str]) -> Iterator[str]:
    """The diff side by side: what went beside what came in its place."""
    some, more = first(lines, MOST_TEXT)
    yield '<table class="diff"><caption>Visible text</caption><thead><tr><th scope="col">old</th>'
    yield '<th scope="col">new</th></tr></thead><tbody>'
    minus: list[str] = []
    plus: list[str] = []
    for line in [*some, "@"]:
        sign, words = line[0], escape(visible(line[1:]))
        if sign == "-" and not plus:
            minus.append(words)
            continue
        if sign == "+":
            plus.append(words)
            continue
        for number in range(max(len(minus), len(plus))):
            yield f"<tr>{_cell(minus, number, 'minus')}{_cell(plus, number, 'plus')}</tr>"
        minus, plus = ([words], []) if sign == "-" else ([], [])
        if sign == " ":
            yield f"<tr><td>{words}</td><td>{words}</td></tr>"
        elif sign == "@" and words:
            yield f'<tr><td class="at" colspan="2">@{words}</td></tr>'
    yield "</tbody></table>"
    if more:
        yield f'<p class="dim">and {more:,} more lines</p>'


def _cell(lines: Sequence[str], number: int, style: str) -> str:
    return f'<td class="{style}">{lines[number]}</td>' if number < len(lines) else "<td></td>"
