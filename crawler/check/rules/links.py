"""Links, and whatever else a page asks for, that lead to nothing."""

import msgspec

from crawler.check.fates import Fate
from crawler.check.rule import Rule
from crawler.check.site import Site
from crawler.model.facts import Odd
from crawler.model.findings import RuleId
from crawler.model.sources import Source

NOT_LINKS = f"({Source.CANONICAL:d}, {Source.SITEMAP:d})"
"""What names a page without leading anybody there: other rules look at it."""
_MOST_NAMED = 3
_MOST_TOLD = 20
"""Redirects that lead to a dead page: in the message, and in the detail."""
_EMPTY = """
'<' || detail || CASE WHEN detail IN ('a', 'area', 'link') THEN ' href=""'
    WHEN detail = 'object' THEN ' data=""' ELSE ' src=""' END || '>'
"""
"""What is at fault where an element leads nowhere: all that look alike are one finding."""


def find_dead(site: Site, rule: RuleId, fate: Fate, *, own: bool | None = None) -> None:
    """Every reference that leads to something of this fate, directly or by redirects.

    ``own``: on the crawl's own origins only, or on others only. What is dead is one finding, under its own
    URL, whatever leads there.
    """
    site.db.execute("CREATE TEMP TABLE told (target TEXT PRIMARY KEY, message TEXT, detail TEXT)")
    where = "f.fate = :fate AND (:own IS NULL OR f.is_own = :own)"
    given = {"rule": rule, "fate": fate, "own": own}
    ends = site.db.execute(
        "SELECT f.end_url, e.status, e.kind, e.message, group_concat(iif(f.hops, a.url, NULL), char(10))"
        " FROM fates f CROSS JOIN answers a ON a.id = f.answer JOIN answers e ON e.id = f.last"
        f" WHERE {where} AND (f.hops = 0 OR f.answer IN"
        f"   (SELECT answer FROM suspects WHERE answer IS NOT NULL AND source NOT IN {NOT_LINKS}))"
        " GROUP BY f.end_url",
        given,
    )
    site.db.executemany("INSERT INTO told VALUES (?, ?, ?)", map(_told, ends))
    site.db.execute(
        "INSERT INTO found"
        " SELECT :rule, t.target, t.message, t.detail, s.page, s.line, s.col, s.source, s.text"
        " FROM suspects s JOIN fates f ON f.answer = s.answer JOIN told t ON t.target = f.end_url"
        f" WHERE {where} AND s.source NOT IN {NOT_LINKS}",
        given,
    )
    # A URL that the crawl began with is asked for by nobody's page.
    site.db.execute(
        "INSERT INTO found SELECT :rule, t.target, t.message, t.detail, a.id, NULL, NULL, NULL, 'start URL'"
        " FROM fates f JOIN answers a ON a.id = f.answer JOIN told t ON t.target = f.end_url"
        f" WHERE {where} AND a.depth = 0 AND a.referrer IS NULL AND a.purpose = 0",
        given,
    )
    site.db.execute("DROP TABLE told")


def _told(row: tuple[str, int | None, str, str | None, str | None]) -> tuple[str, str, str]:
    url, status, kind, message, through = row
    redirects = sorted(set(through.split("\n"))) if through else []
    words = (message or f"It ended as {kind}").rstrip(".")
    if redirects:
        more = len(redirects) - _MOST_NAMED
        named = ", ".join(redirects[:_MOST_NAMED]) + (f" and {more:,} more" if more > 0 else "")
        words += f"; {named} {'redirects' if len(redirects) == 1 else 'redirect'} there"
    detail = {"status": status, "kind": kind} | ({"through": redirects[:_MOST_TOLD]} if redirects else {})
    return url, f"{words}.", msgspec.json.encode(detail).decode()


def _find_marks(site: Site, rule: RuleId, odd: Odd, message: str, target: str = "detail") -> None:
    site.db.execute(
        "INSERT INTO found (rule, target, message, page, line, col)"
        f" SELECT ?, {target}, ?, page, line, col FROM marks WHERE what = ?",
        (rule, message, odd),
    )


RULES = (
    Rule(
        "broken-link",
        "error",
        "Broken link",
        "A link, or whatever else a page loads (a picture, a style sheet, a script), that the site itself"
        " answers with an error: 404 Not Found, any other 4xx, or a 5xx.",
        "Whoever follows it sees an error instead of a page; of a page that lacks its style sheet or"
        " pictures, everybody sees it.",
        "Correct the link, put back what was there, or have its old address redirect to the new one.",
        lambda site: find_dead(site, "broken-link", Fate.BROKEN, own=True),
    ),
    Rule(
        "broken-external",
        "error",
        "Broken link to another site",
        "A link to another origin that answers with an error (4xx or 5xx). Other origins are asked only with"
        " `check.external`.",
        "Your readers meet the error on somebody else's site, and hold yours for out of date.",
        "Find where the page has gone, or take the link away. A site that refuses only programs (often 403)"
        " can be ignored, with its reason, in `check.ignore`.",
        lambda site: find_dead(site, "broken-external", Fate.BROKEN, own=False),
    ),
    Rule(
        "unreachable",
        "error",
        "Unreachable",
        "A link to where no answer comes from that can be used: there is no such host, it refuses the"
        " connection or breaks it, its certificate is not valid, or it takes too long. The message has the"
        " system's own words.",
        "Whoever follows it waits, and then sees the browser's own error page.",
        "See whether the host's name is right and its server is up; renew its certificate. Where it is only"
        " slow, `fetch.timeout` gives it longer.",
        lambda site: find_dead(site, "unreachable", Fate.UNREACHABLE),
    ),
    Rule(
        "flaky",
        "warning",
        "Temporarily unavailable",
        "A link that was answered with 429 Too Many Requests or 503 Service Unavailable, and so again at"
        " every further attempt.",
        "It may be well tomorrow, so it is not called broken; but nobody could see that it is well.",
        "Check again later, and more gently (`politeness.delay`, `politeness.per_host`); give your own server"
        " more room.",
        lambda site: find_dead(site, "flaky", Fate.FLAKY),
    ),
    Rule(
        "malformed-url",
        "error",
        "Malformed URL",
        "A link whose URL the URL standard refuses, such as `http://exa mple/` or `https://host:port/`.",
        "Browsers do nothing at all when it is followed.",
        "Correct it. A link to a mail address begins with `mailto:`.",
        lambda site: _find_marks(
            site, "malformed-url", Odd.MALFORMED_URL, "It is no URL: the URL standard refuses it."
        ),
    ),
    Rule(
        "empty-href",
        "warning",
        "Empty link",
        'A link that is there and says nothing: `href=""`, or `src=""`.',
        "It leads to the page itself, which is seldom meant; an empty `src` may load the whole page again as"
        " a picture.",
        "Say where it leads, or take the attribute away. `#` is a link to the top of the page.",
        lambda site: _find_marks(
            site, "empty-href", Odd.EMPTY_HREF, "It is empty, and leads to its own page.", _EMPTY
        ),
    ),
)
