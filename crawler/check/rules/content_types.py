"""What is sent as something that it is not."""

from collections.abc import Callable
from typing import Any

from crawler.check.rule import Rule, by_sql
from crawler.check.site import Site
from crawler.model.facts import Odd
from crawler.model.outcomes import Purpose
from crawler.model.sources import Source
from crawler.rules.content_type import essence

_labels = {source.value: source.label for source in Source}

_PAGES = f"""
SELECT page.url, 'It is HTML, and sent as text/plain: a browser shows its source.',
    json_object('content_type', 'text/plain'), page.id, NULL, NULL, NULL, ''
FROM answered page
WHERE purpose = {Purpose.PAGE} AND outcome IN ('ok', 'truncated')
    AND content_type LIKE '%text/plain%' AND essence(content_type) = 'text/plain'
    AND (seems_html(url) OR NOT seems_text(url)
        AND page.id IN (SELECT marks.page FROM marks WHERE what = '{Odd.SENT_AS_TEXT}'))
"""
_REFERENCES = """
SELECT mistyped.target,
    'It is used by ' || label(mistyped.source) || ', and is sent as ' || essence(answers.content_type) || '.',
    json_object('content_type', essence(answers.content_type)),
    mistyped.page, mistyped.line, mistyped.col, mistyped.source, ''
FROM mistyped JOIN answers ON answers.id = mistyped.answer
"""
_HTML_NAMES = (".html", ".htm", ".xhtml", ".shtml")
_PAGE_NAMES = (*_HTML_NAMES, ".php", ".asp", ".aspx", ".jsp", ".cgi")


def _path(url: str) -> str:
    return url.partition("?")[0].lower()


def _seems_html(url: str) -> bool:
    return _path(url).endswith(_HTML_NAMES)


def _seems_text(url: str) -> bool:
    """It has a name that says otherwise: the source of a page, shown on purpose."""
    name = _path(url).rpartition("/")[2]
    return "." in name and not name.endswith(_PAGE_NAMES)


def _find(site: Site) -> None:
    functions: dict[str, Callable[[Any], str | bool]] = {
        "essence": lambda header: essence(header or ""),
        "label": _labels.__getitem__,
        "seems_html": _seems_html,
        "seems_text": _seems_text,
    }
    for name, function in functions.items():
        site.db.create_function(name, 1, function, deterministic=True)
    by_sql("wrong-content-type", _PAGES)(site)
    by_sql("wrong-content-type", _REFERENCES)(site)


RULES = (
    Rule(
        "wrong-content-type",
        "error",
        "Wrong content type",
        "A page of HTML that is sent as plain text; or a picture, script, style sheet, font or video for "
        "which the server sends something else, such as a page of HTML or plain text.",
        "The browser shows the page's source, or refuses what it has loaded: the page stands there "
        "without its style, or its picture. Often the file is missing and an error page is sent in its "
        "place with status 200, so that nothing else tells.",
        "Open the URL and look at its Content-Type. If it is an error page, put the file where it "
        "belongs, or let the server answer with status 404. Else tell the server the type of such files "
        "(nginx: mime.types, Apache: AddType).",
        _find,
    ),
)
