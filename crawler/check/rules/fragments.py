"""Links to a place within a page that is not there."""

from crawler.check.answers import SCRIPTED_TEXT
from crawler.check.rule import Rule
from crawler.check.rules.links import NOT_LINKS
from crawler.check.site import Site


def _find(site: Site) -> None:
    site.db.execute(
        "INSERT INTO found (rule, target, message, detail, page, line, col, source, text)"
        " SELECT 'broken-fragment', a.url || '#' || l.fragment,"
        "  'Nothing on the page has the id or name \"' || l.fragment || '\".',"
        "  json_object('page', a.url, 'fragment', l.fragment), l.page, l.line, l.col, l.source, l.text"
        " FROM lost l CROSS JOIN answers a ON a.id = l.answer WHERE l.unverified IS NULL"
        f" AND l.source NOT IN {NOT_LINKS}"
    )


RULES = (
    Rule(
        "broken-fragment",
        "error",
        "Broken fragment",
        "A link to a place within a page (`page.html#place`) where nothing on that page has such an id or"
        " name. It is looked for as browsers do: as it is written, then with `%C3%A9` as `é`; `#`, `#top` and"
        " `#:~:text=…` are always found. What cannot be known is told as not verified: places on other"
        " origins, in what is not HTML or was not read whole, and those that only a script could make: on a"
        f" page with scripts and at most {SCRIPTED_TEXT} characters of text, or `#/…` and `#!…`.",
        "The page opens at its top, and the reader does not find what the link promised.",
        "Correct the fragment, or give the place its id back: links from other sites may name it too.",
        _find,
    ),
)
