"""Links that lead to where they should only by way of something else, or never arrive."""

from collections.abc import Iterable
from typing import Any

import msgspec

from crawler.check.rule import Rule
from crawler.check.rules.links import NOT_LINKS
from crawler.check.site import Site
from crawler.model.findings import RuleId


def _find(site: Site, rule: RuleId, where: str, *, by_end: bool = False) -> None:
    """Every link to a redirect for which ``where`` holds, under what it names, or under where it ends."""
    site.db.create_function("way", 2, _way, deterministic=True)
    name = "f.end_url" if by_end else "a.url"
    site.db.execute(
        f"CREATE TEMP TABLE told AS SELECT f.answer, {name} AS target, {_MESSAGES[rule]} AS message,"
        " json_object('status', a.status, 'location', f.end_url, 'hops', json(f.trail)) AS detail"
        f" FROM fates f CROSS JOIN answers a ON a.id = f.answer WHERE {where}"
    )
    site.db.execute("CREATE UNIQUE INDEX temp.told_of ON told (answer)")
    site.db.execute(
        "INSERT INTO found SELECT ?, t.target, t.message, t.detail, s.page, s.line, s.col, s.source, s.text"
        f" FROM suspects s JOIN told t ON t.answer = s.answer WHERE s.source NOT IN {NOT_LINKS}",
        (rule,),
    )
    site.db.execute("DROP TABLE told")


_MESSAGES: dict[RuleId, str] = {
    "redirect-permanent": "'It has moved for good (' || a.status || '): change the link to '"
    " || f.end_url || '.'",
    "redirect-temporary": "'It redirects (' || a.status || '), for the time being, to ' || f.end_url || '.'",
    "redirect-chain": "f.hops || ' redirects, one after the other: ' || way(f.trail, f.end_url) || '.'",
    "redirect-loop": "iif(f.fate = 'endless', 'There are more redirects than fetch.max_redirects.',"
    " 'The redirects lead in a circle: ' || way(f.trail, f.end_url) || '.')",
    "redirect-to-http": "'A redirect leads from https to http: ' || way(f.trail, f.end_url) || '.'",
}


def _way(trail: str, end: str) -> str:
    hops: Iterable[dict[str, Any]] = msgspec.json.decode(trail)
    return "".join(f"{hop['url']} → ({hop['status']}) " for hop in hops) + end


RULES = (
    Rule(
        "redirect-permanent",
        "warning",
        "Permanent redirect",
        "A link to a page of the site that has moved for good: it is answered with 301 or 308, and what"
        " stands behind that is well.",
        "Everybody who follows it waits for one more answer, and it breaks on the day on which the redirect"
        " is taken away.",
        "Change the link to where it leads; the message says where.",
        lambda site: _find(
            site, "redirect-permanent", "f.fate = 'moved' AND f.hops = 1 AND f.is_permanent AND f.is_own"
        ),
    ),
    Rule(
        "redirect-temporary",
        "note",
        "Temporary redirect",
        "A link to a page of the site that redirects for the time being (302, 303 or 307), to something that"
        " is well.",
        "It is often meant so, such as for a login or the newest version; now and then it is a permanent"
        " redirect that says the wrong thing.",
        "Nothing, if it is meant so; else have it answer 308, and change the link.",
        lambda site: _find(
            site, "redirect-temporary", "f.fate = 'moved' AND f.hops = 1 AND NOT f.is_permanent AND f.is_own"
        ),
    ),
    Rule(
        "redirect-chain",
        "warning",
        "Redirect chain",
        "A link to a page of the site that is reached by two or more redirects, one after the other.",
        "Each is one more answer to wait for, and one more thing that can break; search engines follow only"
        " a few.",
        "Have the first one redirect to where the last one leads, and change the link.",
        lambda site: _find(site, "redirect-chain", "f.fate = 'moved' AND f.hops >= 2 AND f.is_own"),
    ),
    Rule(
        "redirect-loop",
        "error",
        "Redirect loop",
        "A link to redirects that never arrive: they lead in a circle, or there are more of them than"
        " `fetch.max_redirects`.",
        "Browsers give up and show an error.",
        "Break the circle: two rules of the server usually undo each other's work, such as one that adds a"
        " slash at the end and one that takes it away.",
        lambda site: _find(site, "redirect-loop", "f.fate IN ('loop', 'endless')", by_end=True),
    ),
    Rule(
        "redirect-to-http",
        "warning",
        "Redirect from https to http",
        "A link to an https URL that redirects to one of http.",
        "From there on anybody on the way can read and change what is sent; browsers warn, or refuse it.",
        "Have the server redirect to https.",
        lambda site: _find(site, "redirect-to-http", "f.to_http"),
    ),
)
