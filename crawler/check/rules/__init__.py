"""One small file for each family of rules; ``RULES`` are all of them."""

from crawler.check.rule import Rule
from crawler.check.rules import (
    answers,
    canonicals,
    content_types,
    fragments,
    links,
    markup,
    redirects,
    robots,
    security,
    sitemaps,
    soft_404,
    titles,
)
from crawler.model.findings import RULE_IDS

FAMILIES = (
    answers, canonicals, content_types, fragments, links, markup, redirects, robots, security, sitemaps, soft_404,
    titles,
)  # fmt: skip
RULES: tuple[Rule, ...] = tuple(
    sorted((rule for family in FAMILIES for rule in family.RULES), key=lambda rule: RULE_IDS.index(rule.id))
)
"""Every rule, in the order of :data:`crawler.model.findings.RULE_IDS`."""
