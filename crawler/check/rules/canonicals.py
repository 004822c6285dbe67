"""``<link rel=canonical>``: a page that says under which URL it wants to be known."""

from crawler.check.rule import Rule, by_sql
from crawler.check.site import Site
from crawler.model.sources import Source

_BROKEN = f"""
SELECT named.target,
    CASE WHEN target.outcome = 'error' THEN 'The canonical page cannot be had: ' || target.said || '.'
        WHEN target.outcome = 'skipped' THEN 'The canonical page redirects to ' || target.final_url || '.'
        ELSE 'The canonical page is not to be indexed (noindex).' END,
    json_object('status', target.status, 'kind', target.kind),
    named.page, named.line, named.col, named.source, ''
FROM relations named JOIN answered target ON target.id = named.answer
WHERE named.source = {Source.CANONICAL} AND (
    target.outcome = 'error'
    OR target.outcome = 'skipped' AND target.status BETWEEN 300 AND 399
    OR target.noindex AND target.id <> named.page)
"""
_SEVERAL = f"""
WITH canonical AS (SELECT * FROM relations WHERE source = {Source.CANONICAL}),
    several AS (SELECT page, count(DISTINCT target) AS names FROM canonical GROUP BY page HAVING names > 1)
SELECT url, 'It names ' || names || ' different pages as canonical.', json_object('canonicals', names),
    page, line, col, source, target
FROM several JOIN canonical USING (page) JOIN answers ON answers.id = page
"""
_ELSEWHERE = f"""
WITH canonical AS MATERIALIZED (SELECT * FROM relations WHERE source = {Source.CANONICAL}),
    onward AS MATERIALIZED (
        SELECT page AS id, min(target) AS further FROM canonical
        GROUP BY page HAVING NOT max(answer IS page) AND count(DISTINCT target) = 1)
SELECT target, 'It is named as canonical, and itself names ' || further || '.',
    json_object('canonical', further), page, line, col, source, ''
FROM onward JOIN canonical ON canonical.answer = onward.id
"""


def _find_conflicts(site: Site) -> None:
    by_sql("canonical-conflict", _SEVERAL)(site)
    by_sql("canonical-conflict", _ELSEWHERE)(site)


RULES = (
    Rule(
        "canonical-broken",
        "warning",
        "Broken canonical link",
        "A page that names as canonical one that is dead, redirects, or is not to be indexed. That a page "
        "which is not to be indexed names itself is well.",
        "Search engines are told to know this page by a URL that they cannot show: they drop both, or "
        "choose by themselves.",
        "Name the page that is really there, behind its redirects, with the URL by which it is reached.",
        by_sql("canonical-broken", _BROKEN),
    ),
    Rule(
        "canonical-conflict",
        "warning",
        "Conflicting canonical links",
        "A page that names several pages as canonical; or one that is named by others as canonical, and "
        "itself names yet another.",
        "Search engines follow neither, and choose by themselves.",
        "Let each page name one canonical page, and let that name itself, or none.",
        _find_conflicts,
    ),
)
