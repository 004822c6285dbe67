"""What is sent where others can read or change it."""

from crawler.check.rule import Rule, by_sql
from crawler.check.site import Site
from crawler.model.facts import Odd
from crawler.model.findings import RuleId
from crawler.rules.urls import is_loopback

_MIXED = f"""
SELECT detail, 'An https page loads it by http.', '{{}}', page, line, col, NULL, ''
FROM marks WHERE what = '{Odd.MIXED_CONTENT}' AND is_open(detail)
"""
_LOGIN = f"""
SELECT detail, 'A password is sent there by http.', '{{}}', page, line, col, NULL, ''
FROM marks WHERE what = '{Odd.LOGIN_FORM}' AND is_open(detail)
"""


def _is_open(url: str) -> bool:
    """Whether others than this machine may read what is sent there."""
    return url.startswith("http:") and not is_loopback(url)


def _find(site: Site, rule: RuleId, query: str) -> None:
    site.db.create_function("is_open", 1, _is_open, deterministic=True)
    by_sql(rule, query)(site)


RULES = (
    Rule(
        "mixed-content",
        "error",
        "Mixed content",
        "A picture, script, style sheet, frame or the like with an `http:` URL on a page that came by "
        "https. Links are none of these, and neither is what this machine serves to itself (localhost).",
        "Browsers block scripts, style sheets and frames of that kind, and ask for pictures by https "
        "whether they are there or not: what is missing is missing for every visitor.",
        "Write `https:` in the URL; if that server has no https, keep a copy of the file on your own.",
        lambda site: _find(site, "mixed-content", _MIXED),
    ),
    Rule(
        "insecure-login",
        "error",
        "Password sent over http",
        "A form with a password field that is sent to an `http:` URL. Forms sent to this machine itself "
        "(localhost) are not told.",
        "Everybody on the way can read the password, and browsers warn of it.",
        "Serve the page, and what the form is sent to, by https; redirect http to it.",
        lambda site: _find(site, "insecure-login", _LOGIN),
    ),
)
