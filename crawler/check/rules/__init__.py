"""One small file for each family of rules."""

from crawler.check.rule import Rule
from crawler.check.rules import (
    answers,
    canonicals,
    content_types,
    fragments,
    links,
    markup,
    near_duplicates,
    redirects,
    robots,
    security,
    sitemaps,
    soft_404,
    titles,
)
from crawler.model.findings import RULE_IDS

FAMILIES = (
    links,
    fragments,
    redirects,
    answers,
    canonicals,
    content_types,
    markup,
    near_duplicates,
    robots,
    security,
    sitemaps,
    soft_404,
    titles,
)
RULES: tuple[Rule, ...] = tuple(
    sorted((rule for family in FAMILIES for rule in family.RULES), key=lambda rule: RULE_IDS.index(rule.id))
)
"""All there are, in the order of their ids."""
