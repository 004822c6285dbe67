"""Links to what robots.txt forbids."""

from crawler.check.by_sql import by_sql
from crawler.check.rule import Rule
from crawler.model.outcomes import Purpose
from crawler.model.sources import SOURCES, Source

_LINKS = ", ".join(str(source) for source in Source if SOURCES[source].purpose is Purpose.PAGE)
"""Sitemap entries among them have a rule of their own."""
DISALLOWED = "({0}.kind = 'robots' AND {0}.message LIKE 'robots.txt does not allow%')"
"""Of an answer: a line of robots.txt forbids it. Where that file cannot be had, nothing is known."""
_DISALLOWED = f"""
SELECT target,
    CASE WHEN status IS NULL THEN 'It is linked, and robots.txt forbids it.'
        ELSE 'It is linked, and redirects to what robots.txt forbids: ' || final_url || '.' END,
    '{{}}', page, line, col, source, text
FROM suspects JOIN answered ON answered.id = answer
WHERE {DISALLOWED.format("answered")} AND purpose <> {Purpose.EXTERNAL}
    AND source IN ({_LINKS}) AND source <> {Source.SITEMAP}
"""

RULES = (
    Rule(
        "robots-disallowed",
        "note",
        "Linked, but forbidden by robots.txt",
        "A page that others link to, and that the site's robots.txt forbids. Whether the link is good is "
        "not known: the page was not asked for. Nothing is told where robots.txt itself could not be "
        "read.",
        "Search engines do not read it, though they may still list its URL. It is often meant so; a rule "
        "for a test server that went live is not.",
        "If it is meant so, ignore the rule for these URLs. Else mend robots.txt. To check such pages all "
        "the same, use `--ignore-robots` on a site of your own.",
        by_sql("robots-disallowed", _DISALLOWED),
    ),
)
