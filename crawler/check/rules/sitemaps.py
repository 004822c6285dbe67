"""Sitemaps: entries that should not be there, and pages that only a sitemap knows."""

import json

from crawler.check.rule import Parameters, Rule, by_sql
from crawler.check.rules.robots import DISALLOWED
from crawler.check.site import Site
from crawler.model.outcomes import Purpose
from crawler.model.sources import Source
from crawler.rules.scope import Scopes
from crawler.rules.urls import origin, resolve

_IS_ENTRY = f"""entry.source = {Source.SITEMAP} AND entry.page NOT IN (
    SELECT id FROM answers WHERE url IN (SELECT value FROM json_each(:made_up)))"""
_ENTRIES = f"relations entry JOIN answered target ON target.id = entry.answer AND {_IS_ENTRY}"
_PLACE = "entry.page, entry.line, entry.col, entry.source"
_BROKEN = f"""
SELECT entry.target, 'It is in the sitemap, and cannot be had: ' || target.said || '.',
    json_object('status', target.status, 'kind', target.kind), {_PLACE}, ''
FROM {_ENTRIES} WHERE target.outcome = 'error'
"""
_REDIRECT = f"""
SELECT entry.target, 'It is in the sitemap, and redirects to ' || target.final_url || '.',
    json_object('status', target.status, 'to', target.final_url), {_PLACE}, ''
FROM {_ENTRIES} WHERE target.outcome = 'skipped' AND target.status BETWEEN 300 AND 399
"""
_NOINDEX = f"""
SELECT entry.target, 'It is in the sitemap, and is not to be indexed (noindex).', '{{}}', {_PLACE}, ''
FROM {_ENTRIES} WHERE target.noindex AND target.outcome IN ('ok', 'truncated')
"""
_FORBIDDEN = f"""
SELECT entry.target, 'It is in the sitemap, and robots.txt forbids it.', json_object('kind', target.kind),
    {_PLACE}, ''
FROM {_ENTRIES} WHERE {DISALLOWED.format("target")}
"""
_ELSEWHERE = f"""
SELECT elsewhere(entry.target) || '/', 'The sitemap has entries on an origin that is not checked.',
    '{{}}', {_PLACE}, entry.target
FROM relations entry LEFT JOIN answers target ON target.id = entry.answer
WHERE {_IS_ENTRY} AND coalesce(target.purpose, -1) <> {Purpose.SITEMAP}
    AND elsewhere(entry.target) IS NOT NULL
"""
_WAITING = f"""
SELECT 1 FROM relations WHERE source = {Source.SITEMAP} AND answer IS NULL AND in_scope(target) LIMIT 1
"""
_ORPHANS = f"""
WITH RECURSIVE hops AS MATERIALIZED (
    SELECT url, final_url FROM answered WHERE outcome = 'skipped' AND status BETWEEN 300 AND 399
), reached(url) AS (
    SELECT url FROM linked JOIN answers USING (id)
    UNION SELECT value FROM json_each(:seeds)
    UNION SELECT hops.final_url FROM reached JOIN hops USING (url)
), listed AS MATERIALIZED (
    SELECT answer AS id,
        min(CASE WHEN url IN (SELECT value FROM json_each(:made_up)) THEN NULL ELSE url END) AS url
    FROM relations JOIN answers ON answers.id = page WHERE source = {Source.SITEMAP} GROUP BY answer
)
SELECT page.url, 'No page that was read links to it.', json_object('sitemap', listed.url),
    page.id, NULL, NULL, NULL, ''
FROM listed JOIN answered page USING (id)
WHERE page.purpose = {Purpose.PAGE} AND page.is_html AND page.outcome IN ('ok', 'truncated')
    AND NOT page.noindex AND coalesce(page.canonical, page.url) IN (page.url, page.final_url)
    AND page.url NOT IN (SELECT url FROM reached)
"""


def _find_outside(site: Site) -> None:
    origins = Scopes.of_crawl(site.config).pages.origins

    def elsewhere(url: str) -> str | None:
        found = origin(url)
        return None if found in origins else found

    site.db.create_function("elsewhere", 1, elsewhere, deterministic=True)
    by_sql("sitemap-outside", _ELSEWHERE, _made_up)(site)
    by_sql("sitemap-outside", _FORBIDDEN, _made_up)(site)


def _find_orphans(site: Site) -> None:
    site.db.create_function("in_scope", 1, Scopes.of_crawl(site.config).pages.allows, deterministic=True)
    # What has not been read yet may link to any of them.
    if site.db.execute(_WAITING).fetchone() is None:
        by_sql("orphan", _ORPHANS, _of_orphans)(site)


def _made_up(site: Site) -> Parameters:
    """The sitemaps by which a check of a folder gets at every page: nobody has written them."""
    if site.config.check.folder is None:
        return {"made_up": "[]"}
    from crawler.check.folder import LIST

    name = f"/{LIST.partition('{')[0]}"
    return {"made_up": json.dumps([url for url in site.config.sitemaps.urls if name in url])}


def _of_orphans(site: Site) -> Parameters:
    return {"seeds": json.dumps([resolve(seed) for seed in site.config.seeds]), **_made_up(site)}


RULES = (
    Rule(
        "sitemap-broken",
        "warning",
        "Broken sitemap entry",
        "A sitemap names a URL that cannot be had: it answers with an error, or not at all.",
        "Search engines ask for it again and again, and trust the sitemap less.",
        "Take the entry out of the sitemap, or bring the page back. If a program makes the sitemap, make "
        "it anew.",
        by_sql("sitemap-broken", _BROKEN, _made_up),
    ),
    Rule(
        "sitemap-redirect",
        "warning",
        "Redirecting sitemap entry",
        "A sitemap names a URL that redirects.",
        "A sitemap is a list of the pages as they are to be known; search engines ask twice for each such "
        "entry, or pass it over.",
        "Name the redirect's target in its place.",
        by_sql("sitemap-redirect", _REDIRECT, _made_up),
    ),
    Rule(
        "sitemap-noindex",
        "warning",
        "Sitemap entry marked noindex",
        "A sitemap names a page that says `noindex`, by a meta element or by the header X-Robots-Tag.",
        "The sitemap asks for the page to be shown in search results, the page forbids it.",
        "If the page is to be found, take `noindex` away; a test server often leaves it behind. Else take "
        "the entry out.",
        by_sql("sitemap-noindex", _NOINDEX, _made_up),
    ),
    Rule(
        "sitemap-outside",
        "warning",
        "Sitemap entry outside the site",
        "A sitemap names URLs on an origin that is not the crawl's (one finding for each origin), or one "
        "that robots.txt forbids.",
        "Search engines pass over entries of other hosts, http for https and `www.` for none among them, "
        "and cannot read what robots.txt forbids.",
        "Write the entries with the scheme and host under which the site is served, and take out what is "
        "not to be read.",
        _find_outside,
    ),
    Rule(
        "orphan",
        "warning",
        "Orphan page",
        "A page that is in a sitemap, and that no page that was read links to. Not counted are the seeds, "
        "pages that are not to be indexed, and those that name another page as canonical. Nothing is told "
        "while entries of the sitemap wait to be asked for, since what is not read may link to anything.",
        "Visitors cannot get there, and search engines think little of a page that its own site does not "
        "link to.",
        "Link to it from where visitors would look for it, or take it down.",
        _find_orphans,
    ),
)
