"""Pages that say the same under several URLs."""

from crawler.check.rule import Rule, by_sql
from crawler.model.outcomes import Purpose

_ODD = "('1', '3', '5', '7', '9', 'b', 'd', 'f')"
"""Last digits of a ``near_hash`` whose bit :data:`crawler.rules.near_duplicates.LONG_ENOUGH` is set."""
_SAME = f"""
WITH said AS MATERIALIZED (
    SELECT id, url, content_hash,
        CASE WHEN substr(near_hash, -1) IN {_ODD} THEN near_hash ELSE content_hash END AS what
    FROM answered WHERE purpose = {Purpose.PAGE} AND is_html AND outcome = 'ok' AND bytes > 0
        AND NOT noindex AND coalesce(canonical, url) IN (url, final_url)
        AND text_hash NOT IN
            (SELECT text_hash FROM answered WHERE purpose = {Purpose.PROBE} AND outcome = 'ok')
), shared AS MATERIALIZED (
    SELECT what, count(*) AS pages, count(DISTINCT content_hash) AS contents, min(url) AS first
    FROM said WHERE what IS NOT NULL GROUP BY what HAVING pages > 1
)
SELECT first, printf('%,d', pages) || iif(contents = 1, ' pages are the same.',
        ' pages say the same, but for numbers and dates where they begin and end.'),
    json_object('pages', pages, 'contents', contents), said.id, NULL, NULL, NULL, ''
FROM shared JOIN said USING (what)
"""

RULES = (
    Rule(
        "near-duplicate",
        "note",
        "Near duplicate",
        "Pages whose visible text is the same, but for numbers and dates in its first 200 and last 600 "
        "characters. With less than a hundred characters, their whole content must be the same. Not counted "
        "are pages that are not to be indexed, and those that name another page as the canonical one.",
        "Search engines show one of them and choose it by themselves; whoever mends one forgets the others. "
        "Where there are many, such as the days of a calendar, a crawler may find ever more of them.",
        "Redirect to one of them, or name it with `<link rel=canonical>`. Where each is wanted, say on each "
        "what is different.",
        by_sql("near-duplicate", _SAME),
    ),
)
