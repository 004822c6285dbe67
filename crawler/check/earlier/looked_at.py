"""Whether a check has looked where something was once: only then is it gone, if it was not found."""

from collections.abc import Collection, Iterator

from crawler.check.causes import severities
from crawler.check.earlier.names import kept_names, url_of
from crawler.check.finding import Entry
from crawler.check.site import Facts
from crawler.frontier.view import FrontierView
from crawler.model.findings import RULE_IDS
from crawler.model.outcomes import Purpose

_READ = "SELECT url FROM current JOIN answers USING (id) WHERE outcome IN ('ok', 'truncated')"
_GONE = """
    purpose <= 1 AND (kind IN ('redirected', 'out_of_scope', 'content_type')
    OR kind = 'http_status' AND status IN (404, 410))
"""
_NO_PAGES = f"SELECT url FROM current JOIN answers USING (id) WHERE {_GONE}"
_IN_DOUBT = f"""
    SELECT 1 FROM current JOIN answers USING (id) WHERE purpose <= 1 AND
    (outcome = 'truncated' OR outcome = 'error' AND NOT coalesce({_GONE}, 0)) LIMIT 1
"""
"""Pages of which nobody knows to what other pages they lead."""
_UNASKED = """
    SELECT DISTINCT s.target FROM suspects s LEFT JOIN fates f USING (answer)
    WHERE s.answer IS NULL OR f.reason IS NOT NULL
    UNION SELECT end_url FROM fates WHERE reason IS NOT NULL
    UNION SELECT target FROM elsewhere
    UNION SELECT a.url || '#' || fragment FROM lost JOIN answers a ON a.id = answer
        WHERE unverified IS NOT NULL
"""
_COMPARING = frozenset({
    "canonical-broken", "canonical-conflict", "duplicate-title", "near-duplicate", "orphan",
    "robots-disallowed", "sitemap-broken", "sitemap-noindex", "sitemap-outside", "sitemap-redirect",
    "soft-404",
})  # fmt: skip
"""Rules that hold a page against others: what one of these finds shows where all of them were read."""


class LookedAt:
    """What a check has looked at: rules, pages, and what these refer to."""

    def __init__(self, facts: Facts, view: FrontierView) -> None:
        """Once the rules have looked. Raises sqlite3.Error."""
        self._db, self._config = facts.site.db, facts.site.config
        self._name = kept_names(self._config)
        self._scope = facts.answers.scope
        self._rules = severities(self._config)
        self._read = set(self._names(_READ))
        self._no_pages = set(self._names(_NO_PAGES)) - self._read
        self._others = set(self._names("SELECT url FROM current JOIN answers USING (id)"))
        self._unasked = set(self._names(_UNASKED))
        self._has_all = self._is_whole(view)

    def has(self, entry: Entry) -> bool:
        """Whether it would have been found if it were still there."""
        if entry.rule not in RULE_IDS:
            return True  # nothing finds that, now or later
        if entry.rule not in self._rules or not self._has_seen(entry.page):
            return False
        if entry.rule in _COMPARING and entry.page in self._read and not self._has_all:
            return False
        return not {entry.target, entry.target.partition("#")[0]} & self._unasked

    def is_another_site(self, pages: Collection[str]) -> bool:
        """Whether it has read at most half of ``pages``, and not more pages than these are.

        So it is with a maintenance page in the place of a site, or a start page that lost its links.
        """
        seen = sum(page in self._read or page in self._no_pages for page in pages)
        (read,) = self._db.execute(f"SELECT count(*) FROM ({_READ} AND purpose = {Purpose.PAGE})").fetchone()
        return 2 * seen <= len(pages) and bool(read <= len(pages))

    def _has_seen(self, page: str) -> bool:
        """Whether the page was read, or there is none any more."""
        if page in self._read or page in self._no_pages:
            return True
        if page in self._others or not self._has_all:
            return False
        url = url_of(self._config, page)
        return url is not None and self._scope.allows(url)

    def _is_whole(self, view: FrontierView) -> bool:
        """Whether every page that can be reached was read, and no limit kept the crawl from others."""
        if view.meta().get("state") != "finished" or next(view.waiting(), None) is not None:
            return False
        return not view.totals()["links_too_deep"] and self._db.execute(_IN_DOUBT).fetchone() is None

    def _names(self, query: str) -> Iterator[str]:
        return (self._name(text) for (text,) in self._db.execute(query))
