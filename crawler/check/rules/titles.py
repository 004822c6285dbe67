"""Titles: what a tab, a bookmark and a search result are called by."""

from crawler.check.rule import Rule, by_sql
from crawler.model.outcomes import Purpose

_PLACE = "page.id, nullif(title_line, 0), nullif(title_column, 0), NULL, ''"
_PAGES = f"answered page WHERE purpose = {Purpose.PAGE} AND is_html AND outcome = 'ok'"
"""Whole pages: a title may lie behind the cut of others."""

_MISSING = f"""
SELECT url, 'The page has no title.', '{{}}', {_PLACE} FROM {_PAGES} AND NOT title_line
"""
_EMPTY = f"""
SELECT url, 'The title is empty.', '{{}}', {_PLACE}
FROM {_PAGES} AND title_line AND trim(coalesce(title, '')) = ''
"""
_DUPLICATE = f"""
WITH named AS MATERIALIZED (
    SELECT id, title, title_line, title_column FROM {_PAGES}
        AND title_line AND trim(coalesce(title, '')) <> ''
        AND NOT noindex AND coalesce(canonical, url) IN (url, final_url)
), shared AS MATERIALIZED (SELECT title, count(*) AS pages FROM named GROUP BY title HAVING pages > 1)
SELECT title, printf('%,d pages have this title.', pages), json_object('pages', pages), {_PLACE}
FROM shared JOIN named page USING (title)
"""

RULES = (
    Rule(
        "missing-title",
        "warning",
        "Missing title",
        "A page of HTML without a `<title>`.",
        "Tabs, bookmarks and search results show the URL in its place, and a screen reader has nothing to "
        "say when the page opens.",
        "Give the page a `<title>` in its `<head>` that says what is on this page.",
        by_sql("missing-title", _MISSING),
    ),
    Rule(
        "empty-title",
        "warning",
        "Empty title",
        "A page with a `<title>` in which nothing stands, or nothing but white space.",
        "As with a page without a title: tabs, bookmarks and search results show its URL. Often a "
        "template has a title, and the page did not set it.",
        "Set the title of this page; if a template makes it, give it a default.",
        by_sql("empty-title", _EMPTY),
    ),
    Rule(
        "duplicate-title",
        "note",
        "Duplicate title",
        "A title that several pages have. Not counted are pages that are not to be indexed, and those "
        "that name another page as the canonical one.",
        "Nobody can tell these pages apart in a list of tabs or search results. Where the pages are the "
        "same, too, search engines choose one by themselves.",
        "Say in each title what is different. Where it is one page under several URLs, redirect to one of "
        "them, or name it with `<link rel=canonical>`.",
        by_sql("duplicate-title", _DUPLICATE),
    ),
)
